"""One caller of the WebRTC channel: a call's `Leg`, whose peer connection may be replaced while the call goes on."""

import asyncio
import hashlib
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine

from parley_audio.formats import BYTES_PER_MS
from parley_audio.opus import CLOCK_HZ, Opus
from parley_audio.reception import Reception
from parley_core.errors import NotAllowed
from parley_core.reasons import EndReason, Reason

from parley_gateway.admission.faults import ClientFault
from parley_gateway.admission.frame_limits import Pace, RealTime
from parley_gateway.call.call import Call
from parley_gateway.call.registry import Refused
from parley_gateway.call_events import CallEvent, Ready
from parley_gateway.channels.base import ChannelContext
from parley_gateway.channels.webrtc.data_channel import MakeDataChannel
from parley_gateway.channels.webrtc.peer import Peer
from parley_gateway.ports import Leg

log = logging.getLogger(__name__)

_FRAME = CLOCK_HZ // 50
_LINGER_STEP_S, _LINGER_STEPS = 0.05, 20  # for the last messages to reach the client
_MAX_WAITING = 64  # messages, while there is no open data channel
_MAX_MESSAGE = 64 * 1024


class WebRtcLeg:
    ear_delay_s = 0.0

    def __init__(
        self,
        context: ChannelContext,
        pc_id: str,
        ask: Callable[[Leg], Coroutine[None, None, Call]],
        make_channel: MakeDataChannel,
        forget: Callable[["WebRtcLeg"], None],
    ) -> None:
        """`ask` asks for the call once the peer is connected, or takes it up. `forget` is called at the leg's end."""
        self.context = context
        self.pc_id = pc_id  # whoever knows it takes the call over: never logged
        self.name = hashlib.sha256(pc_id.encode()).hexdigest()[:8]
        self.call: Call | None = None
        self.resume = ""  # the token that takes the call up again
        self.last_seen = time.monotonic()
        self.peer: Peer | None = None
        self.busy = asyncio.Lock()  # one offer at a time
        self.closed = False
        self.may_come_back = False  # closed, and its call waits
        self._ask = ask
        self._forget = forget
        self._codec = Opus()
        self._reception = Reception(CLOCK_HZ, self._codec.decode)
        self._rate = RealTime(context.tuning.ahead_s, context.tuning.catch_up_s, context.gateway.metrics.excess_audio)
        self._waiting: deque[str] = deque(maxlen=_MAX_WAITING)
        self._opening = False
        self._left: EndReason | None = None  # why the client is gone before its call was made
        self._began = time.monotonic()
        self._timestamp = 0  # of the next packet
        self._channel = make_channel(self)

    @property
    def pending(self) -> bool:
        """Whether it never was connected."""
        return not self._opening

    # Leg

    def send_audio(self, frame: bytes | memoryview) -> None:
        peer = self.peer
        if peer is None or not peer.is_connected:
            return
        # A pause in our stream is one in its timestamps; frames ahead of the clock stay 20 ms apart.
        due = int((time.monotonic() - self._began) * CLOCK_HZ)
        first = due > self._timestamp + _FRAME
        timestamp = due if first else self._timestamp
        self._timestamp = timestamp + _FRAME
        peer.send_audio(self._codec.encode(frame), timestamp, first=first)

    def clear_audio(self) -> None:
        """Nothing waits here; a client may drop what its own buffer holds."""
        if not self.closed:
            self._channel.cleared()

    def send_event(self, event: CallEvent) -> None:
        if self.closed:
            return
        if isinstance(event, Ready):
            self.resume = event.resume
        self._channel.event(event)

    async def transfer(self, address: str, summary: str) -> None:
        raise NotAllowed("a transfer", "a browser cannot be moved to a telephone")

    def close(self, reason: Reason, detail: str = "") -> None:
        if self.closed:
            return
        self.closed = True
        self.may_come_back = reason.meaning.resumable and bool(self.resume)
        reception, peer = self._reception, self.peer
        log.info(
            "webrtc leg closed",
            extra={
                "pc": self.name,
                "reason": reason,
                "lost": reception.jitter.counters.lost,
                "late": reception.jitter.counters.late,
                "concealed": reception.concealer.concealed,
                "shrunk": reception.jitter.counters.shrunk,
                "strangers": peer.strangers if peer is not None else 0,
            },
        )
        self._forget(self)
        if peer is not None:
            self.context.tasks.spawn(self._linger(peer), "close peer")

    # DataChannelOwner

    def send_text(self, text: str) -> None:
        peer = self.peer
        if peer is None or not peer.send_text(text):
            self._waiting.append(text)
        elif peer.unread_bytes > self.context.tuning.unread_bytes:
            self.vanished(EndReason.CLIENT_STALLED)

    def gone(self, reason: EndReason, detail: str = "") -> None:
        self._left = self._left or reason
        if self.call is not None and self.call.leg is self:
            self.call.hang_up(reason, detail)
        elif not self._opening:
            self.close(reason, detail)

    def vanished(self, reason: EndReason) -> None:
        self._left = self._left or reason
        if self.call is not None:
            self.call.leg_lost(reason, self)
        self.close(reason)

    def fail(self, fault: ClientFault, detail: str) -> None:
        if self.closed:
            return
        log.info("client refused", extra={"reason": fault, "pc": self.name})
        self._channel.problem(fault, detail)
        self.gone(EndReason.CLIENT_ERROR, fault)
        self.close(fault, detail)

    # The peer

    def take_over(self, peer: Peer) -> None:
        """Make this the leg's peer; the one before it is closed."""
        before, self.peer = self.peer, peer
        self.last_seen = time.monotonic()
        if before is not None:
            self._reception = Reception(CLOCK_HZ, self._codec.decode)  # another stream's numbers
            self.context.tasks.spawn(before.close(), "close peer")

    def audio_came(self, peer: Peer, seq: int, timestamp: int, payload: bytes) -> None:
        """The hot path."""
        if peer is self.peer:
            now = self.last_seen = time.monotonic()
            self._reception.jitter.push(seq, timestamp, payload, now)
            self.listen(now)

    def listen(self, now: float) -> None:
        """Hand the call what can be heard by now."""
        call = self.call
        for pcm in self._reception.frames(now):
            if call is None:
                continue
            pace = self._rate.take(len(pcm) / BYTES_PER_MS / 1000, now)
            if pace is Pace.EXCESS:
                self.fail(ClientFault.TOO_FAST, "audio keeps coming faster than real time")
                return
            if pcm and pace is Pace.TAKE:
                call.caller.audio(pcm)

    def alive(self, peer: Peer) -> None:
        if peer is self.peer:
            self.last_seen = time.monotonic()

    def connected(self, peer: Peer) -> None:
        if peer is not self.peer or self.closed:
            return
        self.last_seen = time.monotonic()
        log.info("webrtc peer connected", extra={"pc": self.name, "again": self._opening})
        if not self._opening:
            self._opening = True
            self.context.tasks.spawn(self._open(), "open call")

    def channel_opened(self, peer: Peer) -> None:
        if peer is self.peer:
            while self._waiting and peer.send_text(self._waiting[0]):
                self._waiting.popleft()
            self._channel.opened()

    def text_came(self, peer: Peer, text: str) -> None:
        if peer is not self.peer or self.closed:
            return
        self.last_seen = time.monotonic()
        if len(text) > _MAX_MESSAGE:
            self.fail(ClientFault.MESSAGE_SIZE, f"messages have at most {_MAX_MESSAGE} bytes")
        else:
            self._channel.text(text)

    def lost(self, peer: Peer) -> None:
        """The client may come back with its `pc_id`, or with the session's token."""
        if peer is self.peer and not self.closed:
            log.info("webrtc peer lost", extra={"pc": self.name})
            self.vanished(EndReason.CLIENT_GONE)

    def deadline(self) -> None:
        """The time for connecting is over."""
        if self.pending and not self.closed:
            log.info("webrtc connection timed out", extra={"pc": self.name})
            self.close(ClientFault.START_TIMEOUT, "no connection came about")

    async def _open(self) -> None:
        try:
            self.call = await self._ask(self)
        except Refused as error:
            if not error.already_notified:
                self.context.gateway.metrics.refused.add(1, {"reason": error.reason})
                self._channel.refused(error.reason, error.detail)
            self.close(error.reason)
            return
        if self._left is None:
            return
        if self._left.meaning.resumable:
            self.call.leg_lost(self._left, self)
        else:
            self.call.hang_up(self._left)

    async def _linger(self, peer: Peer) -> None:
        for _ in range(_LINGER_STEPS):
            await asyncio.sleep(_LINGER_STEP_S)
            if not peer.unread_bytes:
                break
        await peer.close()
