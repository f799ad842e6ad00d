"""A simulated Twilio: one account with a REST API, whose calls ask the webhooks, follow their TwiML and open streams.

It follows Twilio's documented messages to the letter and signs with Twilio's SDK; no Twilio is behind it.
"""

import asyncio
import base64
import secrets
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from parley_core.tasks import Tasks
from twilio.request_validator import RequestValidator

from parley_testing.simulated.carriers import CarrierStream
from parley_testing.simulated.relay import SimulatedRelay, place

SILENCE = b"\xff"  # mu-law
FRAME_BYTES = 160
_LAG_S = 0.1


@dataclass
class SimulatedTwilio:
    account_sid: str
    auth_token: str
    url: str = ""  # of its REST API
    calls: dict[str, "TwilioCall"] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # to REST: CallSid and form
    callee: str = "answers"  # what becomes of calls to numbers: answers, or Twilio's busy, no-answer, failed
    placed: asyncio.Queue["TwilioCall"] = field(default_factory=lambda: asyncio.Queue(100))
    refuses: int = 0  # the status that REST answers with instead
    posted: list[tuple[str, int]] = field(default_factory=list)  # webhooks: path and status

    @asynccontextmanager
    async def serve(self, port: int) -> AsyncIterator["SimulatedTwilio"]:
        application = web.Application()
        account = "/2010-04-01/Accounts/{account}"
        application.add_routes([web.post(f"{account}/Calls.json", self._create)])
        application.add_routes([web.post(f"{account}/Calls/{{call}}.json", self._update)])
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{port}"
        try:
            yield self
        finally:
            for call in list(self.calls.values()):
                await call.close()
            await runner.cleanup()

    def call(self, webhooks: str, *, lag_s: float = _LAG_S, answers_dial: bool = True) -> "TwilioCall":
        """A call that has not rung yet; `webhooks`: the public address of the app."""
        made = TwilioCall(self, webhooks, "CA" + secrets.token_hex(16), lag_s=lag_s, answers_dial=answers_dial)
        self.calls[made.sid] = made
        return made

    async def _create(self, request: web.Request) -> web.Response:
        expected = aiohttp.encode_basic_auth(self.account_sid, self.auth_token)
        if request.headers.get("Authorization") != expected or self.refuses:
            return web.json_response({"code": 21211, "message": "no", "status": self.refuses or 401}, status=400)
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.requests.append(("", form))
        url = form["Url"]
        webhooks = url[: url.index("/", url.index("://") + 3)]
        call = self.call(webhooks)
        call.from_, call.to, call.direction = form["From"], form["To"], "outbound-api"
        call.ring(_path(url, webhooks), _path(form["StatusCallback"], webhooks), self.callee)
        self.placed.put_nowait(call)
        return web.json_response({"sid": call.sid, "status": "queued"}, status=201)

    async def _update(self, request: web.Request) -> web.Response:
        expected = aiohttp.encode_basic_auth(self.account_sid, self.auth_token)
        if request.headers.get("Authorization") != expected or request.match_info["account"] != self.account_sid:
            return web.json_response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)
        if self.refuses:
            return web.json_response({"code": 20001, "message": "no", "status": self.refuses}, status=self.refuses)
        form = {name: str(value) for name, value in (await request.post()).items()}
        call = self.calls.get(request.match_info["call"])
        self.requests.append((request.match_info["call"], form))
        if call is None or call.status == "completed":
            return web.json_response({"code": 20404, "message": "not found", "status": 404}, status=404)
        if form.get("Status") in ("completed", "canceled"):
            call.end()
        elif "Twiml" in form:
            call.redirect(form["Twiml"])
        return web.json_response({"sid": call.sid, "status": call.status})


@dataclass
class TwilioCall:
    account: SimulatedTwilio
    webhooks: str
    sid: str
    from_: str = "+15550123"
    to: str = "+15550100"
    lag_s: float = _LAG_S
    answers_dial: bool = True
    direction: str = "inbound"
    status: str = "ringing"
    stream: CarrierStream | None = None
    relay: SimulatedRelay | None = None  # of a call that the account recognises and speaks for
    relayed: list[dict[str, str]] = field(default_factory=list)  # the attributes of each ConversationRelay
    streams: int = 0
    dialled: list[ET.Element] = field(default_factory=list)
    whispers: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    rejected: bool = False

    def __post_init__(self) -> None:
        self._http = aiohttp.ClientSession()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._instructions: str | None = None
        self._broken = False
        self._running: asyncio.Task[None] | None = None
        self._tasks = Tasks("twilio's call")
        self._changed = asyncio.Event()

    # What the person does

    async def dial(self) -> None:
        """Ring; returns once the call follows its instructions."""
        twiml = await self.ask("/twilio/voice")
        self.status = "in-progress"
        self._running = self._tasks.spawn(self._follow(twiml), "follows its instructions")

    def ring(self, url: str, status_url: str, callee: str) -> None:
        """A call that the app placed: report its status, and follow the instructions once it is answered."""

        async def run() -> None:
            await self.ask(status_url)
            if callee != "answers":
                self.status = callee
                await self.ask(status_url)
                return
            self.status = "in-progress"
            await self._follow(await self.ask(url))
            await self.ask(status_url)

        self._running = self._tasks.spawn(run(), "rings")

    async def connected(self, streams: int = 1) -> CarrierStream:
        """The media stream, the n-th of this call, once it is open."""
        await self.until(lambda: self.stream is not None and self.streams >= streams)
        assert self.stream is not None
        return self.stream

    async def relaying(self) -> SimulatedRelay:
        """The relay, once it is open."""
        await self.until(lambda: self.relay is not None)
        assert self.relay is not None
        return self.relay

    async def digit(self, digit: str) -> None:
        stream = await self.connected()
        await stream.send(
            {"event": "dtmf", "sequenceNumber": "5", "streamSid": stream.stream,
             "dtmf": {"track": "inbound_track", "digit": digit}}
        )  # fmt: skip

    async def hang_up(self) -> None:
        await self._stop()
        self.end()
        await self.ask("/twilio/status")

    async def break_stream(self) -> None:
        """The stream's connection is lost; the call is not."""
        assert self._socket is not None
        self._broken = True
        transport = self._socket._writer.transport
        assert transport is not None
        transport.abort()

    async def over(self) -> None:
        """Return once the call has ended and nothing more is asked."""
        assert self._running is not None
        async with asyncio.timeout(10):
            await asyncio.shield(self._running)

    async def until(self, holds: Callable[[], bool], timeout_s: float = 10.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    # What the network and the app do

    def end(self) -> None:
        self.status = "completed"
        self._instructions = None
        self._interrupt()

    def redirect(self, twiml: str) -> None:
        self._instructions = twiml
        self._interrupt()

    async def close(self) -> None:
        self.status = "completed"
        await self._tasks.close()
        await self._http.close()

    async def ask(self, path: str, **more: str) -> str:
        """Post a webhook, signed by Twilio's SDK; returns what it answers, for any status but 2xx nothing."""
        form = {
            "CallSid": self.sid, "AccountSid": self.account.account_sid, "From": self.from_, "To": self.to,
            "Caller": self.from_, "Called": self.to, "Direction": self.direction, "CallStatus": self.status,
            "ApiVersion": "2010-04-01", **more,
        }  # fmt: skip
        url = f"{self.webhooks}{path}"
        signature = RequestValidator(self.account.auth_token).compute_signature(url, form)
        async with self._http.post(url, data=form, headers={"X-Twilio-Signature": signature}) as answer:
            self.account.posted.append((path, answer.status))
            text = await answer.text()
            if answer.status // 100 == 2 and text:
                assert answer.content_type == "text/xml"
                return text
        return ""

    def _interrupt(self) -> None:
        self._changed.set()
        if self._socket is not None or self.relay is not None:
            self._tasks.spawn(self._stop(), "ends a stream")

    async def _stop(self) -> None:
        """Say that the stream is over and close it."""
        if self.relay is not None:
            await self.relay.socket.close()
        socket, stream = self._socket, self.stream
        if socket is None or stream is None or socket.closed:
            return
        stop = {"accountSid": self.account.account_sid, "callSid": self.sid}
        await stream.send({"event": "stop", "sequenceNumber": "9", "streamSid": stream.stream, "stop": stop})
        await socket.close()

    async def _follow(self, twiml: str) -> None:
        while twiml and self.status != "completed":
            twiml = await self._carry_out(ET.fromstring(twiml)) or ""
        self.status = "completed"
        self._changed.set()

    async def _carry_out(self, response: ET.Element) -> str | None:
        assert response.tag == "Response"
        for verb in response:
            match verb.tag:
                case "Connect":
                    return await self._connect(verb)
                case "Dial":
                    return await self._dial(verb)
                case "Say":
                    self.said.append(verb.text or "")
                case "Hangup":
                    return None
                case "Reject":
                    self.rejected = True
                    return None
                case _:
                    raise AssertionError(f"{verb.tag} is not expected")
        return None

    async def _connect(self, connect: ET.Element) -> str | None:
        told = connect.find("ConversationRelay")
        if told is not None:
            handoff = await self._relay(told)
            if self.status == "completed":
                return None
            more = {"SessionId": "VX" + "0" * 32, "SessionStatus": "ended", "HandoffData": handoff}
            return await self.ask(_path(connect.attrib["action"], self.webhooks), **more)
        stream = connect.find("Stream")
        assert stream is not None
        parameters = {one.attrib["name"]: one.attrib["value"] for one in stream.findall("Parameter")}
        await self._talk(stream.attrib["url"], parameters)
        if self._instructions is not None:
            twiml, self._instructions = self._instructions, None
            return twiml
        if self.status == "completed":
            return None
        return await self.ask(_path(connect.attrib["action"], self.webhooks))

    async def _relay(self, told: ET.Element) -> str:
        """One relay, to its end; returns what is handed on."""
        assert "welcomeGreeting" not in told.attrib
        self.relayed.append(dict(told.attrib))
        parameters = {one.attrib["name"]: one.attrib["value"] for one in told.findall("Parameter")}
        async with place(told.attrib["url"], parameters["token"], call=self.sid) as self.relay:
            self._changed.set()
            await self.relay.over.wait()
        ends = [one["handoffData"] for one in self.relay.received if one["type"] == "end"]
        self.relay = None
        return str(ends[0]) if ends else ""

    async def _talk(self, url: str, parameters: dict[str, str]) -> None:
        """One stream, to its end."""
        stream_sid = "MZ" + secrets.token_hex(16)
        async with self._http.ws_connect(url) as socket:
            self._socket = socket

            def media(chunk: int, payload: bytes) -> dict[str, object]:
                data = {"track": "inbound", "chunk": str(chunk), "timestamp": str(20 * (chunk - 1)),
                        "payload": base64.b64encode(payload).decode()}  # fmt: skip
                return {"event": "media", "sequenceNumber": str(chunk + 1), "streamSid": stream_sid, "media": data}

            def payload_of(message: dict[str, Any]) -> bytes:
                assert message["streamSid"] == stream_sid
                return base64.b64decode(message["media"]["payload"], validate=True)

            stream = CarrierStream(
                socket, stream_sid, FRAME_BYTES, SILENCE, self.lag_s, media,
                lambda name: {"event": "mark", "sequenceNumber": "6", "streamSid": stream_sid, "mark": {"name": name}},
                payload_of,
            )  # fmt: skip
            await stream.send({"event": "connected", "protocol": "Call", "version": "1.0.0"})
            start = {
                "streamSid": stream_sid, "accountSid": self.account.account_sid, "callSid": self.sid,
                "tracks": ["inbound"], "customParameters": parameters,
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            }  # fmt: skip
            await stream.send({"event": "start", "sequenceNumber": "1", "streamSid": stream_sid, "start": start})
            self.stream = stream
            self.streams += 1
            self._changed.set()
            await stream.run()
            self._socket = None
            self.stream = None

    async def _dial(self, dial: ET.Element) -> str | None:
        self.dialled.append(dial)
        self._changed.set()
        (who,) = dial
        if self.answers_dial and "url" in who.attrib:
            child = "CA" + secrets.token_hex(16)
            path = _path(who.attrib["url"], self.webhooks)
            heard = await self.ask(path, CallSid=child, ParentCallSid=self.sid, Direction="outbound-dial")
            self.whispers += [one.text or "" for one in ET.fromstring(heard).findall("Say")]
        status = "completed" if self.answers_dial else "no-answer"
        return await self.ask(_path(dial.attrib["action"], self.webhooks), DialCallStatus=status)


def _path(url: str, webhooks: str) -> str:
    assert url.startswith(webhooks)
    return url.removeprefix(webhooks)
