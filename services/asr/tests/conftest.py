"""Shared by asr's tests: a worker on the real bus with a recogniser of the test's choosing, and a gateway's side."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import pytest
import pytest_asyncio
from parley.v1 import events_pb2, live_pb2
from parley_asr.call import CallLimits
from parley_asr.metrics import AsrMetrics
from parley_asr.opener import CallOpener
from parley_asr.providers.base import RecogniserProvider
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus import subjects
from parley_core.bus.claims import ClaimedWorker
from parley_core.bus.connection import NatsBus
from parley_core.bus.log import await_event, event_name, follow_log, read_log
from parley_core.bus.port import Message
from parley_core.clock import SystemClock
from parley_core.ids import new_id
from parley_core.providers import Attempts, Registry

sys.path.insert(0, str(Path(__file__).parents[1] / "eval"))
from voices import Speaker

WAIT_S = 20.0
FRAME_MS = 20
FRAME_BYTES = FRAME_MS * 32


@pytest.fixture(scope="session")
def speaker() -> Speaker:
    return Speaker()


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built language models, shared by the tests of one run."""
    return tmp_path_factory.mktemp("models")


def clinic() -> AgentDocument:
    return AgentDocument.model_validate(
        {
            "agent": "clinic",
            "greeting": {"text": "Hello."},
            "phrases": [
                "what are your opening hours on saturday",
                "do you accept blue cross insurance",
                "my name is maria lopez",
                "my phone number is five five five zero one four two",
            ],
            "speech_corpus": ["Dr. Okafor is a pediatrician.", "A visit takes 30 minutes and costs $45."],
            "flows": [
                {
                    "name": "book",
                    "starts_on": ["I would like to book an appointment"],
                    "slots": [{"name": "when", "kind": "datetime", "ask": "What day and time would you like?"}],
                }
            ],
        }
    )


class Gateway:
    """One call as the gateway sees it."""

    def __init__(self, bus: NatsBus, tenant: str) -> None:
        self.bus = bus
        self.tenant = tenant
        self.call = new_id("c-")
        self.partials: list[live_pb2.Partial] = []
        self.partial = asyncio.Event()

    async def claim(self, agent: str = "clinic", language: str = "") -> live_pb2.Claimed:
        await self.bus.subscribe(subjects.live_partial(self.tenant, self.call), self._on_partial)
        claim = live_pb2.Claim(
            tenant=self.tenant, call=self.call, role="asr", agent=agent, gateway="g1", language=language
        )
        answer = await self.bus.request(subjects.claim("asr"), claim.SerializeToString(), timeout_s=WAIT_S)
        return live_pb2.Claimed.FromString(answer)

    async def _on_partial(self, message: Message) -> None:
        self.partials.append(live_pb2.Partial.FromString(message.data))
        self.partial.set()

    def signal(self, kind: "live_pb2.Speech.Kind.ValueType", utterance: int, **fields: int) -> None:
        speech = live_pb2.Speech(kind=kind, utterance=utterance, **fields)
        self.bus.post(subjects.live_speech(self.tenant, self.call), speech.SerializeToString())

    def frame(self, utterance: int, seq: int, pcm: bytes, *, start_ms: int = 1000) -> None:
        frame = live_pb2.AudioIn(utterance=utterance, seq=seq, start_ms=start_ms + seq * FRAME_MS, pcm=pcm)
        self.bus.post(subjects.live_audio_in(self.tenant, self.call), frame.SerializeToString())

    def started(self, utterance: int) -> None:
        self.signal(live_pb2.Speech.KIND_STARTED, utterance)

    def paused(self, utterance: int, messages: int, *, speech_end_ms: int = 0) -> None:
        self.signal(live_pb2.Speech.KIND_PAUSED, utterance, audio_messages=messages, speech_end_ms=speech_end_ms)

    def cancelled(self, utterance: int) -> None:
        self.signal(live_pb2.Speech.KIND_CANCELLED, utterance)

    def speak(self, utterance: int, pcm: bytes) -> int:
        """Send the whole utterance at once; returns how many messages it had."""
        cut = frames(pcm)
        self.started(utterance)
        for seq, part in enumerate(cut):
            self.frame(utterance, seq, part)
        self.paused(utterance, len(cut))
        return len(cut)

    async def heard(self, utterance: int) -> events_pb2.Heard:
        """Await the final text of one utterance."""
        async with asyncio.timeout(WAIT_S), aclosing(follow_log(self.bus, self.tenant, self.call)) as events:
            async for event in events:
                if event_name(event) == "Heard" and event.heard.utterance == utterance:
                    return event.heard
        raise AssertionError("a log that is followed does not end")

    async def usage(self) -> events_pb2.UsageMeasured:
        event = await await_event(self.bus, self.tenant, self.call, "UsageMeasured", timeout_s=WAIT_S)
        return event.usage_measured

    async def all_heard(self) -> list[events_pb2.Heard]:
        """All final texts of the call; the log must have one event at least."""
        await self.usage()
        events = await read_log(self.bus, self.tenant, self.call)
        return [event.heard for event in events if event_name(event) == "Heard"]


def frames(pcm: bytes) -> list[bytes]:
    return [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]


@pytest_asyncio.fixture
async def hire(bus: NatsBus, tenant: str) -> AsyncIterator[Callable[..., object]]:
    """Start a worker with a provider; returns a maker of calls. One worker per test: the role is the server's."""
    async with AsyncExitStack() as ending:

        async def start(
            *providers: RecogniserProvider, limits: CallLimits | None = None, capacity: int = 8
        ) -> ClaimedWorker:
            """The first provider is the default."""
            await AgentStore(bus).put(tenant, clinic())
            metrics = AsrMetrics()
            opener = CallOpener(
                bus,
                Registry("recogniser", providers),
                default=providers[0].name,
                worker="asr-test",
                limits=limits or CallLimits(),
                clock=SystemClock(),
                attempts=Attempts(metrics.providers),
                metrics=metrics,
            )
            worker = ClaimedWorker(bus, "asr", "asr-test", capacity, opener.open_call)
            await worker.start()
            ending.push_async_callback(worker.stop)
            return worker

        yield start


@pytest.fixture
def gateway(bus: NatsBus, tenant: str) -> Callable[[], Gateway]:
    return lambda: Gateway(bus, tenant)
