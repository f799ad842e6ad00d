"""Servers that take messages, on loopback: a real SMTP server, and peers that answer as Twilio and Telnyx document."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.policy import default
from email.utils import format_datetime

from aiohttp import web
from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from parley_testing.servers import free_port

ACCOUNT = "AC" + "0" * 32


@dataclass
class Mailbox:
    """What an SMTP server took. `answers` are given first, in order, in place of taking a mail."""

    mails: list[Message] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=default))
        return f"250 OK queued as Q{len(self.mails)}"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@asynccontextmanager
async def smtp_server() -> AsyncIterator[Mailbox]:
    mailbox = Mailbox(port=free_port())

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == (b"clinic", b"secret"))

    controller = UnthreadedController(
        mailbox,
        hostname="127.0.0.1",
        port=mailbox.port,
        loop=asyncio.get_running_loop(),
        authenticator=authenticate,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.server_coro = controller._create_server()
    server = await controller.server_coro
    try:
        yield mailbox
    finally:
        server.close()
        await server.wait_closed()


@dataclass
class Carrier:
    """A vendor's messages. `faults`, first to last: a status to answer with, "lost" (taken, no answer) or "cut" (not
    taken, no answer)."""

    messages: list[dict[str, str]] = field(default_factory=list)
    faults: list[int | str] = field(default_factory=list)
    by_key: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: int = 0
    url: str = ""

    def fault(self, request: web.Request) -> int | str:
        self.requests += 1
        return self.faults.pop(0) if self.faults else 0

    async def twilio_post(self, request: web.Request) -> web.StreamResponse:
        expected = base64.b64encode(f"{ACCOUNT}:secret".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {expected}":
            return web.json_response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)
        form, fault = await request.post(), self.fault(request)
        if isinstance(fault, int) and fault:
            return web.json_response({"code": 21211, "message": f"Invalid 'To' {form['To']}"}, status=fault)
        if fault != "cut":
            self.messages.append(
                {
                    "sid": f"SM{len(self.messages):032d}",
                    "to": str(form["To"]),
                    "from": str(form["From"]),
                    "body": str(form["Body"]),
                    "status": "queued",
                    "date_created": format_datetime(datetime(2026, 11, 23, 14, 0, tzinfo=UTC)),
                }
            )
        if fault:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(self.messages[-1] if self.messages else {}, status=201)

    async def twilio_list(self, request: web.Request) -> web.Response:
        assert request.query["DateSent>"] == "2026-11-23"
        found = [one for one in self.messages if one["to"] == request.query["To"]]
        return web.json_response({"messages": found, "page": 0})

    async def telnyx_post(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != "Bearer secret":
            return web.json_response({"errors": [{"code": "10009", "title": "Authentication failed"}]}, status=401)
        wanted, key = json.loads(await request.text()), request.headers["Idempotency-Key"]
        fault = self.fault(request)
        if isinstance(fault, int) and fault:
            return web.json_response({"errors": [{"code": "40310", "title": "Invalid 'to'"}]}, status=fault)
        if fault != "cut" and key not in self.by_key:
            self.by_key[key] = {"id": f"40385f64-{len(self.messages)}", **wanted}
            self.messages.append(self.by_key[key])
        if fault:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"data": {**self.by_key.get(key, {}), "record_type": "message"}})


@asynccontextmanager
async def carrier() -> AsyncIterator[Carrier]:
    made, app = Carrier(), web.Application()
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    app.router.add_post(path, made.twilio_post)
    app.router.add_get(path, made.twilio_list)
    app.router.add_post("/v2/messages", made.telnyx_post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()
