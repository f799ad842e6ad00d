"""One call's media stream from a carrier: what Twilio's and Telnyx's have in common.

The carrier buffers what it is sent; `playout_delay` estimates how far behind it plays. The channel behind the
stream (`Carrier`) knows which call it belongs to, and does by REST what a stream cannot: hang up, transfer.
"""

import asyncio
import base64
import logging
from dataclasses import dataclass
from typing import Protocol

from parley_audio.codecs import Codec
from parley_core.errors import BadInput, NotAllowed, ParleyError
from parley_core.reasons import EndReason, Reason, RefusalReason
from picows import WSFrame, WSTransport

from parley_gateway.admission.faults import ClientFault
from parley_gateway.admission.frame_limits import Pace, RealTime
from parley_gateway.call_events import CallEvent, Ready
from parley_gateway.caller import Caller
from parley_gateway.channels.base import ChannelContext
from parley_gateway.channels.carrier.messages import (
    MAX_MESSAGE,
    Mark,
    Media,
    OtherStreamMessage,
    StreamDigit,
    StreamMessage,
    StreamProblem,
    StreamStarted,
    StreamStopped,
)
from parley_gateway.channels.carrier.playout_delay import PlayoutDelay
from parley_gateway.channels.carrier.reorder import Reorder
from parley_gateway.channels.connection import Connection
from parley_gateway.channels.ignored import IgnoredMessages

log = logging.getLogger(__name__)

_MAX_MEDIA_S = 0.2  # of audio in one message
_PIECE_S = 0.06  # of audio that a call takes at once
_LAST_WORDS_S = 2.0  # that a carrier may take to play what it has when the agent hangs up


@dataclass(frozen=True, slots=True)
class AdmittedStream:
    """What a stream's start message is good for."""

    caller: Caller
    resume: str = ""  # the token of the call that it takes up
    resumes: int = 0  # how often the carrier's call was taken up before
    receives: Codec | None = None
    sends: Codec | None = None


class Carrier(Protocol):
    """The channel behind the streams of one carrier."""

    name: str

    def parse(self, data: bytes) -> StreamMessage:
        """Raises BadInput."""
        ...

    def admit(self, started: StreamStarted) -> AdmittedStream:
        """Raises NotAllowed for a stream that was not requested, BadInput for an unsupported codec."""
        ...

    def media(self, stream: str) -> tuple[bytes, bytes]:
        """What stands before and behind the base64 of audio to the caller."""
        ...

    def mark(self, stream: str, name: str) -> bytes: ...

    def clear(self, stream: str) -> bytes: ...

    def stands(self, call: str, connection: "CarrierConnection") -> None:
        """The Parley call of the carrier's `call` stands."""
        ...

    def over(self, call: str, connection: "CarrierConnection") -> None:
        """The stream ends."""
        ...

    async def remember(self, call: str, admitted: AdmittedStream, resume: str) -> None:
        """Keep what takes the call up again, for whichever gateway is asked to."""
        ...

    async def forget(self, call: str) -> None:
        """The carrier's call is over for good."""
        ...

    async def hang_up(self, call: str) -> None: ...

    async def transfer(self, call: str, address: str, summary: str) -> None: ...


class CarrierConnection(Connection):
    def __init__(self, context: ChannelContext, carrier: Carrier, forwarded: str, *, reorders: bool = False) -> None:
        super().__init__(context, forwarded)
        self._carrier = carrier
        self._stream = ""
        self._call_id = ""  # the carrier's
        self._admitted: AdmittedStream | None = None
        self._prefix = self._suffix = b""
        self._ear = PlayoutDelay()
        self._reorder = Reorder() if reorders else None
        self._rate = RealTime(self.tuning.ahead_s, self.tuning.catch_up_s, context.gateway.metrics.excess_audio)
        self._ignored = IgnoredMessages(carrier.name, context.gateway.metrics.ignored_messages)
        self._moving = False  # the line is going to a person, or has gone
        self._stopped = False  # the carrier said so
        self._ending = False
        self._all_heard: asyncio.Event | None = None  # once the agent's last words are waited for

    # Leg

    @property
    def ear_delay_s(self) -> float:  # type: ignore[override]
        return self._ear.delay_s

    def send_audio(self, frame: bytes | memoryview) -> None:
        admitted = self._admitted
        if admitted is None or admitted.sends is None or self._ending or self._stopped:
            return
        data = admitted.sends.encode(frame)
        if not data:
            return
        self.send_text(b"".join((self._prefix, base64.b64encode(data), self._suffix)))
        mark = self._ear.sent(len(frame) / 32_000, self.context.gateway.scheduler.time())
        if mark is not None:
            self.send_text(self._carrier.mark(self._stream, mark))

    def clear_audio(self) -> None:
        self._ear.cleared(self.context.gateway.scheduler.time())
        if self._stream and not self._stopped:
            self.send_text(self._carrier.clear(self._stream))

    def send_event(self, event: CallEvent) -> None:
        if isinstance(event, Ready):
            self._carrier.stands(self._call_id, self)
            if self._admitted is not None:
                remembering = self._carrier.remember(self._call_id, self._admitted, event.resume)
                self.context.tasks.spawn(remembering, "remember call")

    async def transfer(self, address: str, summary: str) -> None:
        self._moving = True  # the carrier ends the stream before it answers
        moved = False
        try:
            await self._carrier.transfer(self._call_id, address, summary)
            moved = True
        finally:
            self._moving = moved
            if self._stopped and not moved:
                self.gone(EndReason.CALLER_HUNG_UP)

    def gone(self, reason: EndReason, detail: str = "") -> None:
        if not self._moving:
            super().gone(reason, detail)

    def lost(self, reason: EndReason) -> None:
        if not self._moving:
            super().lost(reason)

    def close(self, reason: Reason, detail: str = "") -> None:
        if self._ending:
            return
        self._ending = True
        if not self._call_id:
            super().close(reason, detail)
            return
        meaning = reason.meaning
        for_good = not (meaning.resumable or meaning.elsewhere)  # else another stream may bring the caller back
        self._carrier.over(self._call_id, self)
        hangs_up = for_good and not meaning.line_gone and not self._stopped
        if for_good:
            try:
                self.context.tasks.spawn(self._end(reason, detail, hangs_up=hangs_up), "end carrier's call")
            except RuntimeError:  # the gateway stops
                hangs_up = False
        if not hangs_up:
            super().close(reason, detail)

    def refuse(self, reason: RefusalReason, detail: str) -> None:
        if reason is RefusalReason.CALL_OVER and self._admitted is not None and self._admitted.resume:
            # What the caller was in is gone, the caller is not.
            log.warning("call not resumed", extra={"channel": self._carrier.name, "reason": reason})
            self.start(self._admitted.caller)
            return
        super().refuse(reason, detail)

    async def _end(self, reason: Reason, detail: str, *, hangs_up: bool) -> None:
        try:
            await self._carrier.forget(self._call_id)
            if hangs_up:
                await self._play_out()
                await self._carrier.hang_up(self._call_id)
        except ParleyError as error:
            log.warning("carrier hang-up failed", extra={"channel": self._carrier.name, "error": str(error)})
        finally:
            super().close(reason, detail)

    async def _play_out(self) -> None:
        """Wait until the caller has heard what the carrier has of the agent's last words."""
        self._all_heard = asyncio.Event()
        mark = self._ear.last_mark()
        if mark is not None:
            self.send_text(self._carrier.mark(self._stream, mark))
        if not self._ear.all_heard and not self.closed:
            try:
                async with asyncio.timeout(_LAST_WORDS_S):
                    await self._all_heard.wait()
            except TimeoutError:
                log.info("last words not confirmed by carrier", extra={"channel": self._carrier.name})

    # What the carrier sent

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        super().on_ws_disconnected(transport)
        self._waited_enough()

    def on_binary(self, frame: WSFrame) -> None:
        self._bad(ClientFault.WRONG_FORMAT, "messages are text")

    def on_text(self, frame: WSFrame) -> None:
        if self._ending and self._all_heard is None:
            return
        if frame.payload_size > MAX_MESSAGE:
            self._bad(ClientFault.MESSAGE_SIZE, f"messages have at most {MAX_MESSAGE} bytes")
            return
        try:
            message = self._carrier.parse(frame.get_payload_as_bytes())
        except BadInput as error:
            fault = ClientFault.BAD_JSON if error.where == "message" else ClientFault.BAD_MESSAGE
            self._bad(fault, str(error))
            return
        if isinstance(message, StreamStarted):
            self._started(message)
        elif isinstance(message, OtherStreamMessage):
            if not message.known:
                self._ignore(f"unknown event {message.event[:40]}")
        elif isinstance(message, StreamProblem):
            log.warning("carrier reported an error", extra={"channel": self._carrier.name, "code": message.code})
        elif not self._stream:
            self.fail(ClientFault.NOT_STARTED, f"{type(message).__name__} came before the start message")
        elif message.stream != self._stream:
            self._ignore("the message is of another stream")
        else:
            self._take(message)

    def tell_problem(self, fault: ClientFault, detail: str) -> None:
        log.info(
            "invalid message from carrier", extra={"channel": self._carrier.name, "reason": fault, "detail": detail}
        )

    def tell_refusal(self, reason: RefusalReason, detail: str) -> None:
        log.info("call refused", extra={"channel": self._carrier.name, "reason": reason})

    def _started(self, started: StreamStarted) -> None:
        if self.starting:
            self._bad(ClientFault.BAD_MESSAGE, "the stream started twice")
            return
        try:
            admitted = self._carrier.admit(started)
        except NotAllowed as error:
            self.starting = True
            self.refuse(RefusalReason.BAD_TOKEN, str(error))
            return
        except BadInput as error:
            self.fail(ClientFault.WRONG_FORMAT, str(error))
            return
        self._admitted = admitted
        self.exempt_from_limits()
        self._stream, self._call_id = started.stream, started.call
        self._prefix, self._suffix = self._carrier.media(started.stream)
        if admitted.resume:
            self.resume(admitted.resume)
        else:
            self.start(admitted.caller)

    def _take(self, message: Media | StreamDigit | Mark | StreamStopped) -> None:
        match message:
            case Media():
                self._media(message)
            case StreamDigit() if self.call is not None:
                self.call.caller.digits(message.digit)
            case Mark():
                self._ear.marked(message.name, self.context.gateway.scheduler.time())
                if self._ear.all_heard:
                    self._waited_enough()
            case StreamStopped():
                self._stopped = True
                self._waited_enough()
                self.gone(EndReason.CALLER_HUNG_UP)

    def _waited_enough(self) -> None:
        if self._all_heard is not None:
            self._all_heard.set()

    def _media(self, media: Media) -> None:
        codec = self._admitted.receives if self._admitted is not None else None
        if codec is None:
            return
        width = 2 if codec.name == "L16" else 1
        seconds = len(media.payload) / width / codec.rate_hz
        if not 0 < seconds <= _MAX_MEDIA_S:
            self._ignore(f"{len(media.payload)} bytes are not up to {_MAX_MEDIA_S * 1000:g} ms of audio")
            return
        pace = self._rate.take(seconds, self.last_seen)
        if pace is not Pace.TAKE:
            if pace is Pace.EXCESS:
                self.fail(ClientFault.TOO_FAST, "audio keeps coming faster than real time")
            return
        if self._reorder is None:
            self._hear(codec, media.payload)
            return
        for payload in self._reorder.push(media.chunk, media.payload):
            self._hear(codec, payload)

    def _hear(self, codec: Codec, payload: bytes) -> None:
        if self.call is None:
            return  # it is being made
        try:
            pcm = codec.decode(payload)
        except ValueError as error:
            self._ignore(str(error))
            return
        piece = int(_PIECE_S * 32_000)
        for at in range(0, len(pcm), piece):
            self.call.caller.audio(pcm[at : at + piece])

    def _bad(self, fault: ClientFault, detail: str) -> None:
        """A message that cannot be used: a stranger's before the stream has started, afterwards the carrier's."""
        if self._stream:
            self._ignore(detail)
        else:
            self.fail(fault, detail)

    def _ignore(self, problem: str) -> None:
        if not self._ignored.add(problem, self.last_seen):
            self.fail(ClientFault.BAD_MESSAGE, f"too many messages that cannot be used: {problem}")
