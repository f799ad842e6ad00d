"""A clinic to talk to in text: the real conversation on a real bus, with knowledge and tools in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from parley.v1 import events_pb2, live_pb2, session_pb2
from parley_core.agents import AgentDocument, AgentStore, load_agent
from parley_core.bus import subjects
from parley_core.bus.connection import NatsBus
from parley_core.bus.log import CallLog, body_of, decode, event_name, read_log
from parley_core.bus.port import Message, Subscription
from parley_core.clock import SystemClock
from parley_core.ids import new_id
from parley_core.providers import Attempts, Names, Registry
from parley_llm.conversation import LiveConversation
from parley_llm.metrics import LlmMetrics
from parley_llm.opener import CallOpener
from parley_llm.providers.base import ModelProvider, ToolSpec
from parley_llm.providers.router import Router
from parley_llm.providers.rule_based.brain import RuleBasedProvider
from parley_llm.tuning import ReplyTuning
from parley_testing.conversation import FakeKnowledge, FakeTools

CLINIC = Path(__file__).parents[3] / "examples" / "clinic" / "agent.yaml"
WAIT_S = 15
_SCHEMAS = {
    "find_slots": ("when", "doctor", "days", "limit"),
    "book_appointment": ("when", "name", "phone", "reason", "doctor"),
    "reschedule_appointment": ("name", "phone", "when", "doctor", "appointment_id"),
    "cancel_appointment": ("name", "phone", "appointment_id"),
    "send_sms": ("to", "text"),
    "hand_off": ("reason", "summary", "target"),
}
_EFFECTS = {
    "book_appointment": ("booked",),
    "reschedule_appointment": ("moved",),
    "cancel_appointment": ("cancelled",),
}
KNOWLEDGE = {
    "opening hours saturday open": "On Saturday we are open from nine in the morning to one in the afternoon.",
    "insurance blue cross accept take": "Yes, we accept Blue Cross and most other plans.",
    "parking car": "There is free parking behind the clinic.",
}


CLINIC_CALL = [
    ("what are your opening hours on saturday", "On Saturday we are open from nine"),
    ("do you accept blue cross insurance", "Yes, we accept Blue Cross"),
    ("i would like to book an appointment for next tuesday at ten thirty", "May I have your full name?"),
    ("my name is maria lopez", "And what is your phone number?"),
    ("five five five zero one four two", "I have Maria Lopez for Tuesday,"),
    ("yes that is right", "You are booked for Tuesday,"),
    ("thank you goodbye", "Thank you for calling Riverside Clinic. Goodbye."),
]


@pytest.fixture(scope="session")
def clinic_call() -> list[tuple[str, str]]:
    """What a caller says, turn by turn, and a part of each reply."""
    return CLINIC_CALL


@pytest.fixture
def knowledge() -> FakeKnowledge:
    return FakeKnowledge(KNOWLEDGE)


@pytest.fixture
def tools() -> FakeTools:
    return clinic_tools()


@pytest.fixture(scope="session")
def clinic() -> AgentDocument:
    return load_agent(CLINIC)


def tool_specs() -> tuple[ToolSpec, ...]:
    return tuple(
        ToolSpec(
            name,
            name.replace("_", " "),
            '{"type":"object","properties":{' + ",".join(f'"{one}":{{"type":"string"}}' for one in names) + "}}",
            name != "find_slots",
            effects=_EFFECTS.get(name, ()),
        )
        for name, names in _SCHEMAS.items()
    )


def clinic_tools() -> FakeTools:
    def find_slots(arguments: dict[str, object]) -> tuple[str, dict[str, object]]:
        when = str(arguments.get("when", ""))
        if not when:
            return "OK", {"free": True, "slots": []}
        if len(when) == 10:
            return "OK", {"free": True, "slots": [{"when": f"{when}T{at}"} for at in ("09:00", "10:30", "14:00")]}
        if when.endswith("11:00"):
            return "OK", {"free": False, "alternatives": [{"when": when[:11] + "10:30"}, {"when": when[:11] + "14:30"}]}
        return "OK", {"free": True, "slots": [{"when": when}]}

    return FakeTools(
        run={
            "find_slots": find_slots,
            "book_appointment": lambda given: ("OK", {"appointment_id": "apt-1", **given}),
            "reschedule_appointment": lambda given: ("OK", {"appointment_id": "apt-1", **given}),
            "cancel_appointment": lambda given: ("OK", {"appointment_id": "apt-1", "cancelled": True}),
            "send_sms": lambda given: ("OK", {"message_id": "sms-1"}),
            "hand_off": lambda given: ("OK", {"handoff_id": "hnd-1"}),
        },
        specs=tool_specs(),
    )


@dataclass
class Caller:
    """The gateway's part of a call, in text: commits turns, listens to `live.say`, speaks what is said."""

    bus: NatsBus
    log: CallLog
    says: list[live_pb2.Say] = field(default_factory=list)
    events: list[events_pb2.Event] = field(default_factory=list)
    turn: int = 0
    speaks: bool = True  # append Spoken for every sentence, as a gateway that plays at once
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def listen(self) -> list[Subscription]:
        async def said(message: Message) -> None:
            say = live_pb2.Say.FromString(message.data)
            self.says.append(say)
            if say.text and self.speaks:
                self.speak(say.turn, say.sentence, say.text, kind=say.kind)
            await self._tell()

        async def logged(message: Message) -> None:
            self.events.append(decode(message.data))
            await self._tell()

        tenant, call = self.log.tenant, self.log.call
        return [
            await self.bus.subscribe(subjects.live_say(tenant, call), said),
            await self.bus.subscribe(subjects.log_of(tenant, call), logged),
        ]

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def start(self, agent: AgentDocument, *, in_text: bool = False, groups: tuple[str, ...] = ()) -> None:
        """`in_text`: the carrier recognises and speaks."""
        encoding = session_pb2.AUDIO_ENCODING_TEXT if in_text else session_pb2.AUDIO_ENCODING_PCM16
        session = session_pb2.Session(
            session="s1",
            tenant=self.log.tenant,
            call=self.log.call,
            agent=agent.agent,
            user="+15550100",
            language=agent.language,
            audio=session_pb2.AudioFormat(encoding=encoding),
            policy=session_pb2.SecurityPolicy(groups=groups),
        )
        self.log.append(events_pb2.CallStarted(session=session, gateway="g1"))

    def claimed(self, role: str, worker: str, *, resume: bool = False) -> None:
        self.log.append(events_pb2.WorkerClaimed(role=role, worker=worker, resume=resume))

    def commit(self, text: str, *, turn: int | None = None) -> int:
        self.turn = self.turn + 1 if turn is None else turn
        self.log.append(events_pb2.TurnCommitted(turn=self.turn, text=text, reason=events_pb2.COMMIT_REASON_COMPLETE))
        return self.turn

    def speak(self, turn: int, sentence: int, text: str, *, complete: bool = True, kind: int = 1) -> None:
        self.log.append(events_pb2.Spoken(turn=turn, sentence=sentence, text=text, complete=complete, kind=kind))

    def interrupt(self, turn: int, heard: str) -> None:
        self.bus.post(subjects.live_stop(self.log.tenant, self.log.call), live_pb2.Stop(turn=turn).SerializeToString())
        self.log.append(events_pb2.Interrupted(turn=turn, heard=heard))

    async def ask(self, text: str) -> str:
        """Say something and return the agent's whole reply."""
        return await self.reply(self.commit(text))

    async def reply(self, turn: int) -> str:
        await self.until(lambda: self.end_of(turn) is not None)
        texts = {say.sentence: say.text for say in self.says if say.turn == turn and say.text}
        return " ".join(texts[number] for number in sorted(texts))

    def end_of(self, turn: int) -> live_pb2.Say | None:
        return next((say for say in self.says if say.turn == turn and say.end), None)

    async def until(self, condition) -> None:  # type: ignore[no-untyped-def]
        async with asyncio.timeout(WAIT_S), self.changed:
            await self.changed.wait_for(condition)

    async def logged(self, name: str, count: int = 1) -> list:  # type: ignore[type-arg]
        def found() -> list:  # type: ignore[type-arg]
            return [body_of(event) for event in self.events if event_name(event) == name]

        await self.until(lambda: len(found()) >= count)
        return found()

    async def stored(self) -> list[events_pb2.Event]:
        await self.log.flush()
        return await read_log(self.bus, self.log.tenant, self.log.call)


@dataclass
class House:
    """Makes workers for one tenant and the call under test."""

    bus: NatsBus
    tenant: str
    agent: AgentDocument
    tools: FakeTools
    knowledge: FakeKnowledge
    call: str = field(default_factory=lambda: new_id("c-"))
    tuning: ReplyTuning = field(default_factory=lambda: ReplyTuning(filler_ms=0, claim_seen_s=5, listener_s=5))
    providers: dict[str, ModelProvider] = field(default_factory=dict)
    opened: list[LiveConversation] = field(default_factory=list)

    async def publish(self, agent: AgentDocument | None = None) -> None:
        self.agent = agent or self.agent
        names = Names(model=Names().model | {name for _, kind, name in self.agent.providers() if kind == "model"})
        await AgentStore(self.bus, names).put(self.tenant, self.agent)

    async def open(self, worker: str, *, resume: bool = False) -> LiveConversation:
        registry = Registry("model", [RuleBasedProvider(self.knowledge), *self.providers.values()])
        metrics = LlmMetrics()
        made = CallOpener(
            self.bus,
            self.tuning,
            SystemClock(),
            worker=worker,
            router=Router(
                registry,
                Attempts(metrics.providers),
                token_gap_s=self.tuning.token_gap_s,
                last_s=self.tuning.last_first_token_s,
            ),
            knowledge=self.knowledge,
            tools=self.tools,
            metrics=metrics,
        )
        claim = live_pb2.Claim(
            tenant=self.tenant, call=self.call, role="llm", agent=self.agent.agent, gateway="g1", resume=resume
        )
        conversation = await made.open_call(claim)
        self.opened.append(conversation)
        return conversation

    @asynccontextmanager
    async def caller(
        self, *, greeted: bool = True, worker: str = "w1", in_text: bool = False, groups: tuple[str, ...] = ()
    ) -> AsyncIterator[Caller]:
        """A call that is up, its greeting said."""
        caller = Caller(self.bus, CallLog(self.bus, self.tenant, self.call, "gateway/g1"))
        subscriptions = await caller.listen()
        caller.start(self.agent, in_text=in_text, groups=groups)
        await self.open(worker)
        caller.claimed("llm", worker)
        if not in_text:
            caller.claimed("tts", "tts-1")
        if greeted:
            await caller.reply(0)
        try:
            yield caller
        finally:
            for subscription in subscriptions:
                await subscription.close()


@pytest_asyncio.fixture
async def house(bus: NatsBus, tenant: str, clinic: AgentDocument) -> AsyncIterator[House]:
    made = House(bus, tenant, clinic, clinic_tools(), FakeKnowledge(KNOWLEDGE))
    await made.publish()
    yield made
    for conversation in made.opened:
        await conversation.close("test ends")
