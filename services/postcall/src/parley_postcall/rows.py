"""The warehouse rows of a call, folded from its log. Pure; columns and types are described in `stores/ddl`.

`live` asks for the rows that new events change, while the call runs; the workflow's `activities` for all rows of an
ended call. `written_at` tells versions of a row apart: the newest event that a live row knows, and the time of writing
where the workflow, which knows more, writes it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from google.protobuf.json_format import MessageToJson
from parley.v1 import events_pb2, llm_pb2, session_pb2
from parley_core.bus.log import Event, body_of, event_name
from parley_core.conversation import Conversation, Sentence, Turn, fold
from parley_core.reasons import EndReason, RefusalReason

from parley_postcall.messages import CallRef, Outcome
from parley_postcall.outcomes import OK, booking_of, status_of, tools_of

Value = str | int | float | bool | datetime | None | list[str] | dict[str, str] | dict[str, int]
Row = dict[str, Value]

CALLS: Final = "calls"
TURNS: Final = "turns"
EVENTS: Final = "events"
USAGE: Final = "usage"
TOOL_CALLS: Final = "tool_calls"
SENTENCES: Final = "sentences"

# What tells two rows of a table apart, after the tenant and the call: the ordering keys of `stores/ddl`.
KEYS: Final[dict[str, tuple[str, ...]]] = {
    CALLS: (),
    TURNS: ("turn",),
    EVENTS: ("position", "id"),
    USAGE: ("id",),
    TOOL_CALLS: ("tool_call",),
    SENTENCES: ("turn", "sentence"),
}

_PARTS = (
    "total_us",
    "pause_us",
    "final_text_us",
    "model_us",
    "sentence_us",
    "speech_us",
    "bus_us",
    "playout_us",
)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one table; every row has the same columns."""

    name: str
    rows: tuple[Row, ...]


def tables_of(
    outcome: Outcome, log: Sequence[Event], summary: llm_pb2.SummariseResponse | None, *, written_us: int
) -> tuple[Table, ...]:
    """Every row of the call; `calls` comes last, so a call that is listed there has its other rows."""
    events = distinct(log)
    conversation = fold(events)
    base = _base(outcome.call, written_us)
    agent = agent_of(conversation, events)
    turns = sorted(conversation.turns)
    return (
        Table(EVENTS, tuple(base | _event(position, event) for position, event in enumerate(events))),
        Table(TURNS, tuple(base | row for row in _turns(conversation, events, agent, turns))),
        Table(SENTENCES, tuple(base | row for row in _sentences(conversation, events, agent, turns))),
        Table(TOOL_CALLS, tuple(base | row for row in _tool_calls(conversation, events, agent, turns))),
        Table(USAGE, tuple(base | _usage(event, agent) for event in events if _is(event, "usage_measured"))),
        Table(CALLS, (base | _call(outcome, conversation, events, summary),)),
    )


def live_tables(
    call: CallRef, events: Sequence[Event], conversation: Conversation, new: Sequence[int]
) -> tuple[Table, ...]:
    """The rows that the events at the positions `new` change; `events` is the log so far, each event once.

    `events` comes last: a call whose events are all there has its other rows. The row in `calls` is no newer than the
    call's end, so that the workflow's, which is written later and knows more, stays.
    """
    newest = max(event.time_us for event in events)
    base = _base(call, newest)
    agent = agent_of(conversation, events)
    written = tuple(base | _event(position, events[position]) for position in new)
    used = tuple(base | _usage(events[at], agent) for at in new if _is(events[at], "usage_measured"))
    if conversation.session is None and not any(_is(event, "call_refused") for event in events):
        return (Table(USAGE, used), Table(EVENTS, written))  # when the call started is in the partition of its rows
    numbers = {turn for at in new if isinstance(turn := getattr(body_of(events[at]), "turn", None), int)}
    turns = sorted(numbers & conversation.turns.keys())
    calls: tuple[Row, ...] = ()
    ended_us = next((event.time_us for event in events if _is(event, "call_ended")), newest)
    if conversation.ended is None or any(_is(events[at], "call_ended") for at in new):
        calls = (_base(call, min(newest, ended_us)) | _call(Outcome(call), conversation, events, None),)
    return (
        Table(TURNS, tuple(base | row for row in _turns(conversation, events, agent, turns))),
        Table(SENTENCES, tuple(base | row for row in _sentences(conversation, events, agent, turns))),
        Table(TOOL_CALLS, tuple(base | row for row in _tool_calls(conversation, events, agent, turns))),
        Table(USAGE, used),
        Table(CALLS, calls),
        Table(EVENTS, written),
    )


def merged(tables: Iterable[Table]) -> tuple[Table, ...]:
    """Rows of many calls, one table of each name, in the order in which the names first come."""
    rows: dict[str, list[Row]] = {}
    for table in tables:
        rows.setdefault(table.name, []).extend(table.rows)
    return tuple(Table(name, tuple(found)) for name, found in rows.items())


def agent_of(conversation: Conversation, events: Sequence[Event]) -> str:
    return _session(conversation, events).agent


def _base(call: CallRef, written_us: int) -> Row:
    return {"tenant": call.tenant, "call": call.call, "written_at": _time(written_us)}


def _session(conversation: Conversation, events: Sequence[Event]) -> session_pb2.Session:
    """The call's session; of a refused caller what the gateway knew of them."""
    if conversation.session is not None:
        return conversation.session
    refused = next((event.call_refused.session for event in events if _is(event, "call_refused")), None)
    return refused if refused is not None else session_pb2.Session()


def _call(
    outcome: Outcome, conversation: Conversation, events: Sequence[Event], summary: llm_pb2.SummariseResponse | None
) -> Row:
    session = _session(conversation, events)
    ended = conversation.ended or events_pb2.CallEnded()
    refused = next((e.call_refused for e in reversed(events) if _is(e, "call_refused")), events_pb2.CallRefused())
    names = Counter(event_name(event) for event in events)
    tools = tools_of(conversation)
    cost = outcome.cost
    problems = [*outcome.problems, *_faults(conversation)]
    flows = dict.fromkeys(e.flow_advanced.flow for e in events if _is(e, "flow_advanced") and e.flow_advanced.flow)
    return {
        "agent": session.agent,
        "agent_version": session.agent_version,
        "channel": _enum(session_pb2.Channel.Name(session.channel), "CHANNEL_"),
        "answered_by": next((e.answer_detected.answer for e in reversed(events) if _is(e, "answer_detected")), ""),
        "language": conversation.language or session.language,
        "languages": list(conversation.spoken_languages),
        "user": session.user,
        "started_at": _time(_started_us(conversation, events)),
        "ended_at": _time(next((e.time_us for e in events if _is(e, "call_ended")), events[-1].time_us)),
        "duration_ms": ended.duration_ms,
        "end_reason": ended.reason,
        "refusal": refused.reason,
        "fault_owner": _fault_owner(ended.reason, refused.reason),
        "consent": _consent(conversation),
        "turns": sum(turn.committed for turn in conversation.turns.values()),
        "interruptions": names["Interrupted"],
        "tools_called": len(tools),
        "tools_failed": sum(status_of(use.status) != OK for use in tools),
        "turns_failed": names["TurnFailed"],
        "guardrails": len(conversation.guardrails),
        "workers_lost": names["WorkerLost"],
        "silence_prompts": names["SilencePrompted"],
        "flows": list(flows),
        "handed_off": bool(conversation.handoffs),
        "booked": booking_of(conversation) is not None,
        "summary": summary.summary if summary else "",
        "action_items": list(summary.action_items) if summary else [],
        "sentiment": summary.sentiment if summary else "",
        "sentiment_score": summary.sentiment_score if summary else None,
        "crm_note": outcome.note,
        "cost_micros": cost.total_micros if cost else None,
        "per_minute_micros": cost.per_minute_micros if cost else None,
        "currency": cost.currency if cost else "",
        "cost_by_meter": dict(cost.by_meter) if cost else {},
        "attributes": dict(session.attributes),
        "transcript_path": outcome.transcript_path,
        "recording_path": conversation.recording.path if conversation.recording else "",
        "degraded": bool(problems),
        "problems": problems,
    }


def _fault_owner(end_reason: str, refusal: str) -> str:
    """Whose doing the end, or the refusal, was; empty while the call runs and for a reason of a newer release."""
    reason = EndReason.named(end_reason) if end_reason else RefusalReason.named(refusal)
    return reason.meaning.whose if reason else ""


def _consent(conversation: Conversation) -> str:
    if conversation.consent is None:
        return ""
    return "given" if conversation.consent.given else "refused"


def _faults(conversation: Conversation) -> list[str]:
    """What turns of the call had to do without, as `rag: Unavailable`."""
    failed = (one for turn in conversation.turns.values() for one in turn.failed if one.action == "degraded")
    return list(dict.fromkeys(f"{one.stage}: {one.error}" for one in failed))


def _turns(conversation: Conversation, events: Sequence[Event], agent: str, numbers: Sequence[int]) -> Iterable[Row]:
    committed = {event.turn_committed.turn: event.turn_committed for event in events if _is(event, "turn_committed")}
    searches = Counter(event.knowledge_searched.turn for event in events if _is(event, "knowledge_searched"))
    flows = {event.flow_advanced.turn: event.flow_advanced.flow for event in events if _is(event, "flow_advanced")}
    started_at = _time(_started_us(conversation, events))
    session_language = next(iter(conversation.spoken_languages), "")
    for number in numbers:
        turn = conversation.turns[number]
        commit = committed.get(number, events_pb2.TurnCommitted())
        yield {
            "turn": number,
            "agent": agent,
            "language": turn.language or session_language,
            "started_at": started_at,
            "committed_at": _time(turn.committed_us) if turn.committed else None,
            "commit_reason": _enum(events_pb2.CommitReason.Name(commit.reason), "COMMIT_REASON_"),
            "after_interruption": number > 0
            and number - 1 in conversation.turns
            and conversation.turns[number - 1].interrupted,
            "searches": searches[number],
            "flow": flows.get(number, ""),
            "guardrails": [f"{one.side}: {one.rule}" for one in conversation.guardrails if one.turn == number],
            **_recognition(conversation, commit),
            **_words(turn),
            **_reply(turn),
            **_latency(turn),
        }


def _recognition(conversation: Conversation, commit: events_pb2.TurnCommitted) -> Row:
    heard = [conversation.heard[number] for number in commit.utterances if number in conversation.heard]
    return {
        "asr_ms": max((one.final_ms for one in heard), default=None),
        "asr_confidence": min((one.confidence for one in heard), default=None),
    }


def _sentences(
    conversation: Conversation, events: Sequence[Event], agent: str, numbers: Sequence[int]
) -> Iterable[Row]:
    started_at = _time(_started_us(conversation, events))
    for number in numbers:
        turn = conversation.turns[number]
        sources = [f"{citation.source}#{citation.chunk or citation.section}" for citation in turn.citations]
        for sentence in sorted(turn.sentences.values(), key=_number):
            yield {
                "turn": number,
                "sentence": sentence.number,
                "agent": agent,
                "started_at": started_at,
                "kind": _enum(events_pb2.SayKind.Name(sentence.kind), "SAY_KIND_"),  # type: ignore[arg-type]
                "language": sentence.language or turn.language,
                "planned": sentence.text,
                "heard": sentence.heard_text,
                "complete": sentence.complete,
                "start_ms": sentence.start_ms,
                "end_ms": sentence.end_ms,
                "sources": sources,
            }


def _number(sentence: Sentence) -> int:
    return sentence.number


def _words(turn: Turn) -> Row:
    played = [sentence for sentence in turn.sentences.values() if sentence.heard_text]
    return {
        "caller_text": turn.text,
        "agent_text": turn.heard_text,
        "agent_planned": turn.said_text,
        "speech_start_ms": turn.speech_start_ms,
        "speech_end_ms": turn.speech_end_ms,
        "reply_start_ms": min((sentence.start_ms or 0 for sentence in played), default=None),
        "reply_end_ms": max((sentence.end_ms or 0 for sentence in played), default=None),
        "sentences": len(turn.sentences),
        "interrupted": turn.interrupted,
    }


def _reply(turn: Turn) -> Row:
    replied = turn.replied or events_pb2.Replied()
    return {
        "failed_stage": turn.failed[-1].stage if turn.failed else "",
        "failed_action": turn.failed[-1].action if turn.failed else "",
        "provider": replied.provider,
        "model": replied.model,
        "finish": replied.finish,
        "input_tokens": replied.input_tokens,
        "output_tokens": replied.output_tokens,
        "first_token_ms": replied.first_token_ms if turn.replied else None,
        "reply_ms": replied.total_ms if turn.replied else None,
        "citations": [f"{citation.source}#{citation.section}" for citation in turn.citations],
        "tools": [use.tool for use in turn.tools.values()],
    }


def _latency(turn: Turn) -> Row:
    measured = turn.measured
    parts: Row = {name: getattr(measured, name) if measured else None for name in _PARTS}
    return {"drafted": measured.drafted if measured else None, **parts}


def _tool_calls(
    conversation: Conversation, events: Sequence[Event], agent: str, numbers: Sequence[int]
) -> Iterable[Row]:
    called_us: dict[str, int] = {}
    attempts: dict[str, int] = {}
    replayed: set[str] = set()
    for event in events:
        if _is(event, "tool_called"):
            called_us.setdefault(event.tool_called.tool_call, event.time_us)
        elif _is(event, "tool_attempted"):
            attempt = event.tool_attempted
            attempts[attempt.tool_call] = attempts.get(attempt.tool_call, 0) + 1
            if attempt.replayed:
                replayed.add(attempt.tool_call)
    started_us = _started_us(conversation, events)
    for number in numbers:
        for use in conversation.turns[number].tools.values():
            yield {
                "tool_call": use.tool_call,
                "turn": number,
                "agent": agent,
                "tool": use.tool,
                "called_at": _time(called_us.get(use.tool_call, started_us)),
                "status": status_of(use.status),
                "error": use.error,
                "took_ms": use.took_ms,
                "attempts": attempts.get(use.tool_call, 0),
                "replayed": use.tool_call in replayed,
                "side_effects": use.side_effects,
                "idempotency_key": use.idempotency_key,
                "arguments": use.arguments_json,
                "result": use.result_json,
            }


def _usage(event: Event, agent: str) -> Row:
    usage = event.usage_measured
    return {
        "id": event.id,
        "measured_at": _time(event.time_us),
        "agent": agent,
        "meter": usage.meter,
        "provider": usage.provider,
        "model": usage.model,
        "quantity_milli": usage.quantity,
        "turn": usage.turn,
        "wasted": usage.wasted,
    }


def _event(position: int, event: Event) -> Row:
    body = body_of(event)
    turn = getattr(body, "turn", None)
    trace = event.traceparent.split("-")
    return {
        "position": position,
        "id": event.id,
        "name": event_name(event),
        "source": event.source,
        "happened_at": _time(event.time_us),
        "trace_id": trace[1] if len(trace) == 4 else "",
        "turn": turn if isinstance(turn, int) else None,
        "body": MessageToJson(body, preserving_proto_field_name=True, indent=None) if body is not None else "{}",
    }


def distinct(log: Iterable[Event]) -> list[Event]:
    """The log without events stored twice (an append tried again long after the first), in the log's order."""
    first: dict[str, Event] = {}
    for event in log:
        first.setdefault(event.id, event)
    return list(first.values())


def _started_us(conversation: Conversation, events: Sequence[Event]) -> int:
    return conversation.started_us or events[0].time_us


def _is(event: Event, body: str) -> bool:
    return event.WhichOneof("body") == body


def _time(unix_us: int) -> datetime:
    seconds, micros = divmod(unix_us, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


def _enum(name: str, prefix: str) -> str:
    short = name.removeprefix(prefix).lower()
    return "" if short == "unspecified" else short
