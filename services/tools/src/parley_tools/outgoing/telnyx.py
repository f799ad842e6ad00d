"""Text messages by Telnyx's REST API (v2), with an Idempotency-Key: the same message asked for again within a day is
the same message.
"""

import json
from datetime import timedelta

from parley_core.clock import Clock
from parley_core.errors import BadReply, NotFound

from parley_tools.credentials.references import Secret
from parley_tools.http import HttpClient
from parley_tools.outgoing.answers import accepted
from parley_tools.outgoing.message import Message
from parley_tools.outgoing.settings import SmsSettings

_HOME = "https://api.telnyx.com"
_KEPT_US = timedelta(hours=23) // timedelta(microseconds=1)  # keys are known for 24 hours


class TelnyxSender:
    name = "telnyx"

    def __init__(self, client: HttpClient, settings: SmsSettings, secret: Secret, clock: Clock) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._url = f"{(settings.url or _HOME).rstrip('/')}/v2/messages"
        self._secret = secret

    async def send(self, message: Message) -> str:
        wanted = {"from": self._settings.sender, "to": message.recipient, "text": message.text}
        answer = await self._client.request(
            "POST",
            self._url,
            headers={
                "Authorization": f"Bearer {await self._secret.reveal()}",
                "Content-Type": "application/json",
                "Idempotency-Key": message.message_id,
            },
            body=json.dumps(wanted, sort_keys=True).encode(),  # the same bytes each time: others would be refused
        )
        data = accepted(self.name, answer).get("data")
        if not isinstance(data, dict) or not data.get("id"):
            raise BadReply(self.name, "no message id")
        return str(data["id"])

    async def find(self, message: Message) -> str | None:
        if self._clock.time_us() - message.created_us > _KEPT_US:
            raise NotFound("message", message.message_id)
        return None  # the same key again
