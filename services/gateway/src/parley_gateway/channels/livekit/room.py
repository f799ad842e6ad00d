"""One LiveKit room, as the leg of one call: the agent is a participant, the caller is the one whose audio it hears.

Uses the `livekit` SDK, whose media runs in its own threads. Three tasks per room, because the SDK's calls wait: one
takes the caller's frames, one hands over the agent's, one sends events, which may wait for the server. Events go out as
data with the topic `parley`; words also as LiveKit's own transcriptions, and the agent's state as the attribute that
LiveKit's clients read.
"""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from livekit import rtc
from parley_audio.formats import FRAME_MS, SAMPLE_RATE
from parley_core.errors import NotAllowed
from parley_core.reasons import Reason
from parley_core.tasks import Tasks

from parley_gateway.call_events import AgentSentence, CallEvent, PhaseChanged, TurnTranscript
from parley_gateway.channels.event_json import to_json
from parley_gateway.turns.types import Phase

log = logging.getLogger(__name__)

TOPIC = "parley"
_TRANSCRIPTION = "lk.transcription"
_STATE = "lk.agent.state"
_STATES = {Phase.SPEAKING: "speaking", Phase.COMMITTED: "thinking"}  # the others are listening
_MAX_FRAMES = 100
_MAX_EVENTS = 500
_QUEUE_MS = 200  # of audio in the SDK: what a barge-in has to clear
_CLOSE_S = 5.0
_TELL_S = 3.0
_PLAY_OUT_S = 1.0


class RoomLeg:
    """A `Leg`. Made once the room is joined; `caller` is called with audio in frames of 20 ms."""

    def __init__(self, room: rtc.Room, tasks: Tasks, *, on_audio: Callable[[bytes], None]) -> None:
        self.last_seen = time.monotonic()
        self.ear_delay_s = 0.0  # the SDK does not tell how far behind its queue is
        self.caller = asyncio.Event()  # somebody's audio is there
        self.identity = ""  # of the caller
        self._room = room
        self._tasks = tasks
        self._on_audio = on_audio
        self._source = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=_QUEUE_MS)
        self._track = rtc.LocalAudioTrack.create_audio_track("agent", self._source)
        self._frames: deque[bytes] = deque(maxlen=_MAX_FRAMES)
        self._events: deque[CallEvent] = deque(maxlen=_MAX_EVENTS)
        self._audio = asyncio.Event()
        self._news = asyncio.Event()
        self._closed = False
        self._listening: asyncio.Task[object] | None = None
        self._speaking: asyncio.Task[object] | None = None
        self._telling: asyncio.Task[object] | None = None

    async def publish(self) -> None:
        """Show the agent's microphone to the room, and begin to send."""
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self._room.local_participant.publish_track(self._track, options)
        self._speaking = self._tasks.spawn(self._speak(), "livekit speaks")
        self._telling = self._tasks.spawn(self._tell(), "livekit tells")

    def listen_to(self, track: rtc.Track, identity: str) -> bool:
        """Take a participant's audio as the caller's; False when there is a caller."""
        if self._listening is not None or self._closed:
            return False
        self.identity = identity
        self._listening = self._tasks.spawn(self._listen(track), "livekit listens")
        self.caller.set()
        return True

    # Leg

    def send_audio(self, frame: bytes | memoryview) -> None:
        self._frames.append(bytes(frame))
        self._audio.set()

    def clear_audio(self) -> None:
        self._frames.clear()
        self._source.clear_queue()

    def send_event(self, event: CallEvent) -> None:
        self._events.append(event)
        self._news.set()

    async def transfer(self, address: str, summary: str) -> None:
        raise NotAllowed("a transfer", "a room has no line that could be moved")

    def close(self, reason: Reason, detail: str = "") -> None:
        if not self._closed:
            self._tasks.spawn(self.leave(), "livekit leaves")

    async def _listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(
            track, capacity=_MAX_FRAMES, sample_rate=SAMPLE_RATE, num_channels=1, frame_size_ms=FRAME_MS
        )
        try:
            async for event in stream:
                self.last_seen = time.monotonic()
                self._on_audio(bytes(event.frame.data))
        finally:
            await stream.aclose()

    async def _speak(self) -> None:
        while not self._closed:
            await self._audio.wait()
            self._audio.clear()
            while self._frames:
                pcm = self._frames.popleft()
                await self._source.capture_frame(rtc.AudioFrame(pcm, SAMPLE_RATE, 1, len(pcm) // 2))

    async def _tell(self) -> None:
        while not self._closed or self._events:
            await self._news.wait()
            self._news.clear()
            while self._events:
                await self._tell_one(self._events.popleft())

    async def _tell_one(self, event: CallEvent) -> None:
        me = self._room.local_participant
        try:
            async with asyncio.timeout(_TELL_S):
                await me.publish_data(json.dumps(to_json(event)), reliable=True, topic=TOPIC)
                await self._tell_clients(event)
        except (RuntimeError, TimeoutError, rtc.participant.PublishDataError) as error:
            log.warning("livekit event not sent", extra={"error": type(error).__name__})

    async def _tell_clients(self, event: CallEvent) -> None:
        """What LiveKit's own clients show."""
        me = self._room.local_participant
        match event:
            case PhaseChanged(phase):
                await me.set_attributes({_STATE: _STATES.get(phase, "listening")})
            case AgentSentence(text=text):
                await me.send_text(text, topic=_TRANSCRIPTION, attributes={"lk.transcription_final": "true"})
            case TurnTranscript(text=text):
                said = {"lk.transcription_final": "true", "lk.transcribed_participant": self.identity}
                await me.send_text(text, topic=_TRANSCRIPTION, attributes=said)

    async def leave(self) -> None:
        """Send the remaining events, let the last words be heard, and leave the room."""
        if self._closed:
            return
        self._closed = True
        self._news.set()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PLAY_OUT_S):
                    await self._source.wait_for_playout()
            async with asyncio.timeout(_CLOSE_S):
                if self._telling is not None:
                    await self._telling
                await self._room.disconnect()
        except TimeoutError:
            log.warning("leaving livekit room timed out")
        finally:
            for task in (self._listening, self._speaking, self._telling):
                if task is not None:
                    task.cancel()
            await self._source.aclose()
