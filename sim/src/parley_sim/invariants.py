"""What must hold in every call, whatever goes wrong in it, checked at every event of the log, frame and tool call.

`world` feeds it: every message as the bus has it, everything the caller's ear is sent and hears, every question to a
model and every effect of a tool. A broken rule is a `Violation`; the first of each rule is kept with its moment.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass

from parley.v1 import events_pb2, live_pb2
from parley_core.bus.log import Event, decode, event_name
from parley_core.conversation import FIRST_NOTICE, Conversation, fold
from parley_gateway.call_events import AgentSpoken, CallEvent, TurnTranscript
from parley_llm.providers.base import ModelRequest

from parley_sim.caller import Heard, Leg
from parley_sim.clock import START_S
from parley_sim.network import Port
from parley_sim.providers import Effect
from parley_sim.voices import FIRST_AGENT, Voices, runs

ONE_VOICE = "one voice at a time"
NO_GHOST = "nothing of an interrupted turn is heard"
ANSWERED = "every turn is answered, handed off or explained"
HISTORY = "history is what was heard"
TOOLS = "effects once, and only of committed turns"
LANGUAGE = "a turn is answered in its language"
ENDS = "every call ends"
CLEAN = "nothing of a call is left behind"
FOLD = "the fold of the log is the live state"
ORDER = "the log is in order"
SOUND = "no part fails in an unforeseen way"
SCRIPT = "the script's expectations"
TAKEN_UP = "a killed worker's role is taken up in time"

RULES = (ONE_VOICE, NO_GHOST, ANSWERED, HISTORY, TOOLS, LANGUAGE, ENDS, CLEAN, FOLD, ORDER, SOUND, SCRIPT, TAKEN_UP)

TAKEN_UP_S = 3.0  # after the kill, whatever the call is doing, where another worker has room and the bus works
LONGEST_WAIT_S = 45.0  # two overdue replies and a search for another worker, as the gateway's settings allow
_AHEAD_S = 0.2  # audio sent further ahead of the ear than this would be heard over what follows a cut
_TOLERANCE_MS = 3  # timers and sample counts


@dataclass(frozen=True, slots=True)
class Violation:
    rule: str
    at: float
    what: str

    def __str__(self) -> str:
        return f"{self.at - START_S:9.3f}  {self.rule}: {self.what}"


@dataclass(slots=True)
class _Turn:
    committed_at: float
    settled: bool = False


class Invariants:
    def __init__(self, voices: Voices) -> None:
        self._loop = asyncio.get_running_loop()
        self._voices = voices
        self.leg: Leg | None = None
        self.violations: list[Violation] = []
        self.checked: Counter[str] = Counter()
        self.conversation = Conversation()
        self.events: list[Event] = []
        self.interruptions = 0
        self._fence = 0
        self._owner: dict[int, tuple[int, int, int, int]] = {}  # word to turn, sentence, take, draft
        self._by_sentence: dict[tuple[int, int], list[int]] = {}
        self._waiting: dict[int, _Turn] = {}
        self._spoken: dict[tuple[int, int], str] = {}
        self._told_turns: list[str] = []
        self._told_spoken: list[str] = []
        self._seqs: dict[str, int] = {}
        self._effects: Counter[tuple[int, str, str]] = Counter()
        self._killed: dict[str, float] = {}  # by role
        self._ended = False

    def broken(self, rule: str, what: str) -> None:
        if not any(one.rule == rule for one in self.violations):
            self.violations.append(Violation(rule, self._loop.time(), what))

    def check(self, rule: str, holds: bool, what: str) -> None:
        self.checked[rule] += 1
        if not holds:
            self.broken(rule, what)

    # The bus

    def message(self, subject: str, data: bytes, port: Port, stored: bool) -> None:
        if stored:
            self._logged(decode(data))
        elif subject.endswith(".live.audio.out"):
            self._audio(live_pb2.AudioOut.FromString(data))

    def _audio(self, audio: live_pb2.AudioOut) -> None:
        key = (audio.turn, audio.sentence, audio.take, audio.draft)
        for number, _ in runs(audio.pcm):
            if number >= FIRST_AGENT:
                self._owner[number] = key

    def _logged(self, event: Event) -> None:
        name = event_name(event)
        self.check(ORDER, event.seq > self._seqs.get(event.source, 0), f"{event.id} came after a later one")
        self._seqs[event.source] = event.seq
        if event.source.startswith("gateway/"):
            self.check(ORDER, not self._ended, f"{name} after the end")
        self.events.append(event)
        self.conversation.apply(event)
        match name:
            case "TurnCommitted":
                self._committed(event.turn_committed)
            case "Interrupted":
                self._interrupted(event.interrupted)
            case "Spoken":
                self._said(event.spoken)
            case "SentenceSaid":
                self._in_language(event.sentence_said)
            case "ToolCalled":
                self._tool_called(event.tool_called)
            case "TurnMeasured":
                self._measured(event.turn_measured)
            case "TurnFailed":
                if event.turn_failed.action in ("apologised", "handed_off"):
                    self._settle(event.turn_failed.turn)
            case "WorkerClaimed" if event.worker_claimed.resume:
                self._killed.pop(event.worker_claimed.role, None)
            case "CallEnded":
                self._ended = True
                self._settle(1 << 30)

    def worker_killed(self, role: str, *, another: bool) -> None:
        """It held the call. `another` has room for it."""
        self._killed.pop(role, None)
        if another:
            self._killed[role] = self._loop.time()
            self._loop.call_later(TAKEN_UP_S, self._look, role)

    def _look(self, role: str) -> None:
        late = not self._ended and self._loop.time() - self._killed.get(role, float("inf")) >= TAKEN_UP_S
        self.check(TAKEN_UP, not late, f"nobody is {role} {TAKEN_UP_S:g} s after the kill")

    def _committed(self, body: events_pb2.TurnCommitted) -> None:
        turns = [number for number, turn in self.conversation.turns.items() if turn.committed and number != body.turn]
        self.check(
            ORDER, body.turn > max(turns, default=0), f"turn {body.turn} committed after {max(turns, default=0)}"
        )
        self._settle(body.turn - 1)
        self._fence = max(self._fence, body.turn)
        self._waiting[body.turn] = _Turn(self._loop.time())

    def _interrupted(self, body: events_pb2.Interrupted) -> None:
        self.interruptions += 1
        self._fence = max(self._fence, body.turn + 1)
        self._settle(body.turn)
        heard = self._ear(body.turn)
        self.check(
            HISTORY,
            any(body.heard.split() == one for one in heard),
            f"turn {body.turn} interrupted after {heard[0]}, the log says {body.heard.split()}",
        )

    def _in_language(self, said: events_pb2.SentenceSaid) -> None:
        """A reply is in the language that its turn was committed in; a notice need not be."""
        turn = self.conversation.turns.get(said.turn)
        if turn is None or not turn.committed or not said.language or said.kind != events_pb2.SAY_KIND_REPLY:
            return
        self.check(
            LANGUAGE,
            said.language == turn.language,
            f"turn {said.turn} is in {turn.language}, and {said.text!r} was said in {said.language}",
        )

    def _measured(self, body: events_pb2.TurnMeasured) -> None:
        parts = (body.pause_us, body.final_text_us, body.model_us, body.sentence_us, body.speech_us, body.bus_us)
        self.check(
            ORDER, sum(parts) + body.playout_us == body.total_us, f"turn {body.turn}: latency parts do not add up"
        )

    def _settle(self, turn: int) -> None:
        """Turns up to this one need no answer any more; say of each whether it came in time."""
        now = self._loop.time()
        for number in [one for one in self._waiting if one <= turn]:
            waited = now - self._waiting.pop(number).committed_at
            self.check(ANSWERED, waited <= LONGEST_WAIT_S, f"turn {number} waited {waited:.1f} s for an answer")

    # The ear

    def sent(self, numbers: list[int], ahead_s: float) -> None:
        self.check(ONE_VOICE, ahead_s <= _AHEAD_S, f"audio is sent {ahead_s:.3f} s ahead of the ear")
        for number in numbers:
            if number < FIRST_AGENT:
                continue
            owner = self._owner.get(number)
            if owner is None:
                self.broken(ONE_VOICE, f"word {number} is no word of this call's speech services")
                continue
            turn = owner[0]
            self.check(NO_GHOST, turn >= self._fence, f"audio of turn {turn} after turn {self._fence - 1} was over")
            self._settle(turn)

    def word_begins(self, heard: Heard, before: Heard | None) -> None:
        new = self._owner.get(heard.number)
        old = self._owner.get(before.number) if before else None
        if new is None:
            return
        text = self._text(heard.number)
        self.check(ONE_VOICE, heard.ms == 0, f"{text!r} of {new} was heard, and comes again")
        if old is not None:
            # The gateway's notices have numbers of their own beside the reply's.
            same = (new[1] >= FIRST_NOTICE) is (old[1] >= FIRST_NOTICE)
            in_order = new[:3] >= old[:3] if same else new[0] >= old[0]
            self.check(ONE_VOICE, in_order, f"{text!r} of {new} is heard behind {old}")
        self._by_sentence.setdefault(new[:2], []).append(heard.number)

    def told(self, event: CallEvent) -> None:
        match event:
            case TurnTranscript(text=text):
                self._told_turns.append(text)
            case AgentSpoken(text=text) if text:
                self._told_spoken.append(text)

    def _said(self, body: events_pb2.Spoken) -> None:
        if self.leg is not None:
            self.leg.listen()
        key = (body.turn, body.sentence)
        self._spoken[key] = f"{self._spoken.get(key, '')} {body.text}".strip()
        heard = self._ear(*key)
        said = self._spoken[key].split()
        self.check(HISTORY, any(said == one for one in heard), f"{key}: the ear heard {heard[0]}, the log says {said}")

    def _ear(self, turn: int, sentence: int | None = None) -> list[list[str]]:
        """The words that the ear has heard to their end; twice, as the last one may have met the cut."""
        if self.leg is None:
            return [[]]
        numbers = [
            number
            for key, heard in sorted(self._by_sentence.items())
            if key[0] == turn and sentence in (None, key[1])
            for number in heard
        ]
        whole, nearly = [], []
        for number in numbers:
            word = self._voices.word(number)
            missing = word.length_ms - self.leg.words[number].ms if word else 0
            if word and missing <= 0:
                whole.append(word.text)
            if word and missing <= _TOLERANCE_MS:
                nearly.append(word.text)
        return [whole, nearly]

    def _text(self, number: int) -> str:
        word = self._voices.word(number)
        return word.text if word else "?"

    # Models and tools

    def asked(self, request: ModelRequest) -> None:
        """A model is asked: its history of the call must match what the caller experienced."""
        lived: list[tuple[str, list[list[str]]]] = []
        for number in sorted(self.conversation.turns):
            turn = self.conversation.turns[number]
            if number >= request.turn:
                break
            if turn.text:
                lived.append(("caller", [turn.text.split()]))
            heard = self._ear(number)
            if any(heard) or turn.interrupted:
                lived.append(("agent", heard))
        told = [(one.role, one.text.split()) for one in request.history]
        same = len(told) == len(lived) and all(
            role == lived_role and any(words == one for one in heard)
            for (role, words), (lived_role, heard) in zip(told, lived, strict=True)
        )
        self.check(HISTORY, same, f"the model is told {told}, the caller lived {[(who, one[0]) for who, one in lived]}")

    def _tool_called(self, body: events_pb2.ToolCalled) -> None:
        turn = self.conversation.turns.get(body.turn)
        self.check(
            TOOLS,
            not body.side_effects or (turn is not None and turn.committed),
            f"{body.tool} called for turn {body.turn}, which is not committed",
        )

    def tool_asked(self, turn: int, tool: str, key: str, arguments_json: str) -> None:
        if tool == "find_slots":
            return
        known = self.conversation.turns.get(turn)
        self.check(TOOLS, known is not None and known.committed, f"{tool} asked for in turn {turn}, not committed")
        logged = known is not None and any(use.idempotency_key == key for use in known.tools.values())
        self.check(TOOLS, logged, f"{tool} asked for before ToolCalled was stored")

    def effect(self, effect: Effect) -> None:
        if effect.tool == "find_slots":
            return
        what = (effect.turn, effect.tool, effect.arguments_json)
        self._effects[what] += 1
        self.check(TOOLS, self._effects[what] == 1, f"{effect.tool} done twice in turn {effect.turn}")

    # The end

    def finished(self, followed: Conversation, stored: list[Event]) -> None:
        """The call is over and everything has settled."""
        names = Counter(event_name(event) for event in stored)
        self.check(ENDS, names["CallEnded"] == 1, f"{names['CallEnded']} times ended")
        self.check(ORDER, names["CallStarted"] <= 1, f"{names['CallStarted']} times started")
        folded = view(fold(stored))
        self.check(FOLD, folded == view(self.conversation), "the stored log folds to something else")
        self.check(FOLD, folded == view(followed), f"who followed the log saw {view(followed)}, it folds to {folded}")
        committed = [turn.text for _, turn in sorted(self.conversation.turns.items()) if turn.committed]
        self.check(
            FOLD,
            self._told_turns == committed,
            f"the client was told of turns {self._told_turns}, the log has {committed}",
        )
        spoken = self._told_spoken
        logged = [e.spoken.text for e in stored if event_name(e) == "Spoken" and e.spoken.text]
        self.check(FOLD, spoken == logged, f"the client was told of {spoken}, the log has {logged}")

    def left_behind(self, listeners: list[str], tasks: list[str], calls: list[str]) -> None:
        self.check(CLEAN, not listeners, f"subscriptions: {', '.join(sorted(listeners))}")
        self.check(CLEAN, not tasks, f"tasks: {', '.join(sorted(tasks))}")
        self.check(CLEAN, not calls, f"calls still held by {', '.join(sorted(calls))}")


def view(conversation: Conversation) -> dict[str, object]:
    """A conversation as its readers see it."""
    turns = [
        {
            "turn": turn.number,
            "caller": turn.text,
            "language": turn.language,
            "agent": turn.heard_text,
            "planned": turn.said_text,
            "interrupted": turn.interrupted,
            "tools": sorted((use.tool, use.arguments_json, use.status, use.result_json) for use in turn.tools.values()),
            "replied": turn.replied.text if turn.replied else None,
        }
        for turn in (conversation.turns[number] for number in sorted(conversation.turns))
    ]
    return {
        "turns": turns,
        "heard": {number: one.text for number, one in sorted(conversation.heard.items())},
        "handoffs": [one.reason for one in conversation.handoffs],
        "ended": conversation.ended.reason if conversation.ended else None,
    }
