"""E-mail by SMTP (RFC 5321), through aiosmtplib. The message's id is its Message-ID: a mail that a server took although
its answer was lost is the same mail when it is sent again, and readers show it once.
"""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

import aiosmtplib
from parley_core.errors import BadInput, Rejected, Throttled, TimedOut, Unavailable, Unreachable

from parley_tools.credentials.references import Secret
from parley_tools.outgoing.message import Message
from parley_tools.outgoing.settings import EmailSettings

_TIMEOUT_S = 20.0


class SmtpSender:
    name = "smtp"

    def __init__(self, settings: EmailSettings, secret: Secret) -> None:
        self._settings = settings
        self._secret = secret

    async def find(self, message: Message) -> str | None:
        return None  # the same Message-ID again

    async def send(self, message: Message) -> str:
        made, settings = self._made(message), self._settings
        password = await self._secret.reveal() if settings.username else ""
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            timeout=_TIMEOUT_S,
        )
        connected = False
        try:
            await client.connect()
            if settings.username:
                await client.login(settings.username, password)
            connected = True
            _, answer = await client.send_message(made)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients[0].code) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error.code) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            if not connected:
                raise Unreachable("smtp", type(error).__name__) from None
            if isinstance(error, aiosmtplib.SMTPTimeoutError):
                raise TimedOut("smtp", _TIMEOUT_S) from None
            raise Unavailable("smtp", type(error).__name__) from None
        finally:
            client.close()
        return f"{made['Message-ID']} {answer}".strip()

    def _made(self, message: Message) -> EmailMessage:
        made = EmailMessage(policy=SMTP)
        try:
            made["From"], made["To"] = self._settings.sender, message.recipient
            made["Subject"] = message.subject
        except ValueError:
            raise BadInput("message", "has a line break in an address or its subject") from None
        made["Message-ID"] = f"<{message.message_id}@{self._settings.sender.rpartition('@')[2].rstrip('>')}>"
        made["Date"] = formatdate(message.created_us / 1e6)
        made["Auto-Submitted"] = "auto-generated"  # RFC 3834: answering machines leave it alone
        made.set_content(message.text)
        return made


def _refusal(code: int) -> Exception:
    """4yz: try later; 5yz: never (RFC 5321, 4.2.1). Neither has taken the message."""
    return Throttled("smtp", str(code)) if 400 <= code < 500 else Rejected("smtp", str(code))
