"""A tool that is somebody's web server, asked by signed webhooks (Standard Webhooks 1.0).

`webhook-id` is the call's key and stays the same when the request is made again: by the standard, receivers do what
they have seen before only once. The answer's JSON object is the tool's result.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from parley_core.clock import Clock
from parley_core.errors import BadInput
from parley_core.ids import new_id

from parley_tools.credentials.references import Secret
from parley_tools.http import HttpClient
from parley_tools.sources.answers import outcome_of
from parley_tools.sources.openapi.tool import key_of
from parley_tools.sources.settings import WebhookSource
from parley_tools.tool import CallContext, Outcome, ToolSpec

_PREFIX = "whsec_"


class WebhookTool:
    def __init__(self, source: WebhookSource, client: HttpClient, secret: Secret, clock: Clock) -> None:
        client.policy.check_url(source.url)
        self._source = source
        self._client = client
        self._secret = secret
        self._clock = clock
        self.spec = ToolSpec(
            name=source.tool,
            description=source.description,
            parameters={"type": "object", "additionalProperties": False, **source.parameters},
            result=dict(source.result),
            side_effects=source.side_effects is not False,
            timeout_s=source.timeout_s,
            needs_approval=source.needs_approval,
            effects=tuple(source.effects),
        )

    async def send(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        now_us = self._clock.time_us()
        name, seconds = (key_of(context) if context.idempotency_key else new_id("msg_")), now_us // 1_000_000
        data = {
            "tool": self.spec.name,
            "tenant": context.tenant,
            "call": context.call,
            "agent": context.agent,
            "arguments": dict(arguments),
        }
        at = datetime.fromtimestamp(now_us / 1e6, UTC).isoformat()
        body = json.dumps({"type": "tool.called", "timestamp": at, "data": data}, sort_keys=True).encode()
        secret = await self._secret.reveal()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(seconds),
            "webhook-signature": signature(secret, name, seconds, body),
        }
        answer = await self._client.request("POST", self._source.url, headers=headers, body=body)
        return outcome_of(self.spec.name, answer, (secret,), self._source.keep, self._source.success)

    async def check(self) -> str:
        """The secret can be had and is one; nothing is sent: a receiver would take it for a call."""
        signature(await self._secret.reveal(), "check", 0, b"")
        return ""

    async def find(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome | None:
        return None  # the same webhook-id again


def signature(secret: str, name: str, seconds: int, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over id, timestamp and body."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("key", "of a webhook must be whsec_ and base64") from None
    signed = hmac.new(key, f"{name}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"
