"""JetStream's direct get: many stored messages in one request, without a consumer. Used by `connection`."""

import json
from collections.abc import Mapping

from nats.aio.client import Client
from nats.aio.msg import Msg

from parley_core.errors import Unavailable

TIMEOUT_S = 5.0  # between two messages of an answer


async def direct_get(client: Client, stream: str, request: Mapping[str, object]) -> tuple[list[Msg], int]:
    """The stored messages, and how many are left behind them.

    Raises Unavailable and the client's own errors, which the caller translates.
    """
    inbox = client.new_inbox()
    answers = await client.subscribe(inbox, pending_msgs_limit=0)
    found: list[Msg] = []
    try:
        await client.publish(f"$JS.API.DIRECT.GET.{stream}", json.dumps(request).encode(), reply=inbox)
        while True:
            message = await answers.next_msg(timeout=TIMEOUT_S)
            headers = message.headers or {}
            status = headers.get("Status")
            if status == "204":  # end of the batch
                return found, int(headers.get("Nats-Num-Pending", "0"))
            if status == "404":
                return found, 0
            if status is not None:
                raise Unavailable("the stream", f"read refused with {status} {headers.get('Description', '')}")
            found.append(message)
    finally:
        await answers.unsubscribe()
