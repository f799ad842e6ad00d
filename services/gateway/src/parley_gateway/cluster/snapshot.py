"""What a gateway that takes a call up from its log must know of it. Pure: a fold, and what a call goes on with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parley.v1 import events_pb2, session_pb2
from parley_core.conversation import FIRST_NOTICE, Event, Turn, fold

from parley_gateway.turns.config import TurnConfig
from parley_gateway.turns.state import State, Utterance

_MARGIN = 100  # numbers that the dead gateway may have given to utterances and drafts which are on no log


@dataclass(frozen=True, slots=True)
class CallSnapshot:
    """A call so far. Times are Unix microseconds."""

    session: session_pb2.Session
    gateway: str  # who held it
    started_us: int
    last_us: int  # the newest event
    turn: int
    utterance: int  # further ones are numbered past it
    draft: int
    notice: int  # the next of the platform's own sentences
    heard: str | None  # of the newest turn's reply, where it was not heard to its end; None: it was
    unanswered: tuple[tuple[int, str], ...]  # utterances that no turn was made of
    over: bool
    language: str  # BCP 47, what the call is in
    workers: Mapping[str, str]  # who held its roles

    def elapsed_s(self, now_us: int) -> float:
        return max(0.0, (now_us - self.started_us) / 1e6)

    def state(self, config: TurnConfig, now: float) -> State:
        """The state of turn-taking, with the caller disconnected."""
        said = tuple(
            Utterance(number, speech_end=now, paused=True, text=text, began=now) for number, text in self.unanswered
        )
        return State(
            config,
            turn=self.turn,
            cut=self.heard is not None,
            disconnected=True,
            utterances=said,
            newest_utterance=self.utterance,
            newest_draft=self.draft,
        )


def snapshot_of(events: Sequence[Event]) -> CallSnapshot | None:
    """Fold a log; None for one that does not begin a call."""
    conversation = fold(events)
    if conversation.session is None:
        return None
    session = session_pb2.Session()
    session.CopyFrom(conversation.session)
    if conversation.consent is not None:
        given = conversation.consent.given
        session.recording_consent = session_pb2.CONSENT_GIVEN if given else session_pb2.CONSENT_REFUSED
        session.policy.record_audio = given
    held = [event for event in events if event.WhichOneof("body") in ("call_started", "leg_taken_up")]
    newest = getattr(held[-1], str(held[-1].WhichOneof("body")))
    number = max(conversation.turns, default=0)
    turn = conversation.turns.get(number)
    said = [one for turn in conversation.turns.values() for one in turn.sentences]
    return CallSnapshot(
        session=session,
        gateway=newest.gateway,
        started_us=conversation.started_us,
        last_us=max(event.time_us for event in events),
        turn=number,
        utterance=max(conversation.heard, default=0) + _MARGIN,
        draft=max((one.draft for one in conversation.turns.values()), default=0) + _MARGIN,
        notice=max([FIRST_NOTICE - 1, *said]) + 1,
        heard=turn.heard_text if turn is not None and _unfinished(turn) else None,
        unanswered=_unanswered(events),
        over=conversation.ended is not None,
        language=conversation.language,
        workers=dict(conversation.workers),
    )


def _unfinished(turn: Turn) -> bool:
    if turn.interrupted:
        return False
    owed = turn.committed and turn.replied is None
    return owed or any(not one.complete for one in turn.sentences.values())


def _unanswered(events: Sequence[Event]) -> tuple[tuple[int, str], ...]:
    """What the caller has said since the last turn and the last word of the agent."""
    said: dict[int, events_pb2.Heard] = {}
    for event in events:
        kind = event.WhichOneof("body")
        if kind in ("turn_committed", "spoken", "interrupted"):
            said.clear()
        elif kind == "heard" and event.heard.text.strip():
            said.setdefault(event.heard.utterance, event.heard)
    return tuple((number, said[number].text.strip()) for number in sorted(said))
