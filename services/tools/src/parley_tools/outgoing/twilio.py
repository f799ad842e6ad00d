"""Text messages by Twilio's REST API (2010-04-01). Twilio knows no idempotency key for messages: after a lost answer it
is asked for what it has sent to this number with this text since.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from aiohttp import encode_basic_auth
from parley_core.errors import BadReply

from parley_tools.credentials.references import Secret
from parley_tools.http import HttpClient
from parley_tools.outgoing.answers import accepted, fields
from parley_tools.outgoing.message import Message
from parley_tools.outgoing.settings import SmsSettings

_HOME = "https://api.twilio.com"
_SLACK = timedelta(minutes=2)  # between their clock and ours


class TwilioSender:
    name = "twilio"

    def __init__(self, client: HttpClient, settings: SmsSettings, secret: Secret) -> None:
        self._client = client
        self._settings = settings
        home = (settings.url or _HOME).rstrip("/")
        self._url = f"{home}/2010-04-01/Accounts/{settings.account}/Messages.json"
        self._secret = secret

    async def send(self, message: Message) -> str:
        sender = self._settings.sender
        by = {"MessagingServiceSid": sender} if sender.startswith("MG") else {"From": sender}
        body = urlencode({"To": message.recipient, **by, "Body": message.text}).encode()
        headers = {**await self._headers(), "Content-Type": "application/x-www-form-urlencoded"}
        answer = await self._client.request("POST", self._url, headers=headers, body=body)
        return str(accepted(self.name, answer).get("sid") or "")

    async def find(self, message: Message) -> str | None:
        since = datetime.fromtimestamp(message.created_us / 1e6, UTC) - _SLACK
        query = urlencode({"To": message.recipient, "DateSent>": since.date().isoformat(), "PageSize": 100})
        answer = await self._client.request("GET", f"{self._url}?{query}", headers=await self._headers())
        for one in fields(self.name, accepted(self.name, answer), "messages"):
            if one.get("body") == message.text and one.get("status") not in ("failed", "canceled"):
                try:
                    created = parsedate_to_datetime(str(one.get("date_created")))
                except ValueError:
                    raise BadReply(self.name, "a message without its date") from None
                if created >= since:
                    return str(one.get("sid"))
        return None

    async def _headers(self) -> dict[str, str]:
        return {"Authorization": encode_basic_auth(self._settings.account, await self._secret.reveal())}
