"""The warehouse rows of a call, folded from its log. Pure; columns and types are described in `stores/ddl`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from google.protobuf.json_format import MessageToJson
from parley.v1 import events_pb2, llm_pb2, session_pb2
from parley_core.bus.log import Event, body_of, event_name
from parley_core.conversation import Conversation, Turn, fold

from parley_postcall.messages import Outcome
from parley_postcall.outcomes import OK, booking_of, status_of, tools_of

Value = str | int | float | bool | datetime | None | list[str] | dict[str, str] | dict[str, int]
Row = dict[str, Value]

CALLS: Final = "calls"
TURNS: Final = "turns"
EVENTS: Final = "events"
USAGE: Final = "usage"
TOOL_CALLS: Final = "tool_calls"

# What tells two rows of a table apart, after the tenant and the call: the ordering keys of `stores/ddl`.
KEYS: Final[dict[str, tuple[str, ...]]] = {
    CALLS: (),
    TURNS: ("turn",),
    EVENTS: ("position", "id"),
    USAGE: ("id",),
    TOOL_CALLS: ("tool_call",),
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
    """Rows of one table and one call; every row has the same columns."""

    name: str
    rows: tuple[Row, ...]


def tables_of(outcome: Outcome, log: Sequence[Event], summary: llm_pb2.SummariseResponse | None) -> tuple[Table, ...]:
    """Every row of the call; `calls` comes last, so a call that is listed there has its other rows."""
    events = _distinct(log)
    conversation = fold(events)
    base: Row = {"tenant": outcome.call.tenant, "call": outcome.call.call}
    agent = conversation.session.agent if conversation.session else ""
    return (
        Table(EVENTS, tuple(base | _event(position, event) for position, event in enumerate(events))),
        Table(TURNS, tuple(base | row for row in _turns(conversation, events, agent))),
        Table(TOOL_CALLS, tuple(base | row for row in _tool_calls(conversation, events, agent))),
        Table(USAGE, tuple(base | _usage(event, agent) for event in events if _is(event, "usage_measured"))),
        Table(CALLS, (base | _call(outcome, conversation, events, summary),)),
    )


def _call(
    outcome: Outcome, conversation: Conversation, events: Sequence[Event], summary: llm_pb2.SummariseResponse | None
) -> Row:
    session = conversation.session or session_pb2.Session()
    ended = conversation.ended or events_pb2.CallEnded()
    names = Counter(event_name(event) for event in events)
    tools = tools_of(conversation)
    cost = outcome.cost
    problems = [*outcome.problems, *_faults(conversation)]
    return {
        "agent": session.agent,
        "agent_version": session.agent_version,
        "channel": _enum(session_pb2.Channel.Name(session.channel), "CHANNEL_"),
        "answered_by": next((e.answer_detected.answer for e in reversed(events) if _is(e, "answer_detected")), ""),
        "language": conversation.language,
        "languages": list(conversation.spoken_languages),
        "user": session.user,
        "started_at": _time(_started_us(conversation, events)),
        "ended_at": _time(next((e.time_us for e in events if _is(e, "call_ended")), events[-1].time_us)),
        "duration_ms": ended.duration_ms,
        "end_reason": ended.reason,
        "turns": sum(turn.committed for turn in conversation.turns.values()),
        "interruptions": names["Interrupted"],
        "tools_called": len(tools),
        "tools_failed": sum(status_of(use.status) != OK for use in tools),
        "turns_failed": names["TurnFailed"],
        "guardrails": len(conversation.guardrails),
        "workers_lost": names["WorkerLost"],
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


def _faults(conversation: Conversation) -> list[str]:
    """What turns of the call had to do without, as `rag: Unavailable`."""
    failed = (one for turn in conversation.turns.values() for one in turn.failed if one.action == "degraded")
    return list(dict.fromkeys(f"{one.stage}: {one.error}" for one in failed))


def _turns(conversation: Conversation, events: Sequence[Event], agent: str) -> Iterable[Row]:
    reasons = {
        event.turn_committed.turn: _enum(events_pb2.CommitReason.Name(event.turn_committed.reason), "COMMIT_REASON_")
        for event in events
        if _is(event, "turn_committed")
    }
    started_at = _time(_started_us(conversation, events))
    session_language = next(iter(conversation.spoken_languages), "")
    for number in sorted(conversation.turns):
        turn = conversation.turns[number]
        yield {
            "turn": number,
            "agent": agent,
            "language": turn.language or session_language,
            "started_at": started_at,
            "committed_at": _time(turn.committed_us) if turn.committed else None,
            "commit_reason": reasons.get(number, ""),
            **_words(turn),
            **_reply(turn),
            **_latency(turn),
        }


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
        "provider": replied.provider,
        "model": replied.model,
        "finish": replied.finish,
        "input_tokens": replied.input_tokens,
        "output_tokens": replied.output_tokens,
        "citations": [f"{citation.source}#{citation.section}" for citation in turn.citations],
        "tools": [use.tool for use in turn.tools.values()],
    }


def _latency(turn: Turn) -> Row:
    measured = turn.measured
    parts: Row = {name: getattr(measured, name) if measured else None for name in _PARTS}
    return {"drafted": measured.drafted if measured else None, **parts}


def _tool_calls(conversation: Conversation, events: Sequence[Event], agent: str) -> Iterable[Row]:
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
    for number in sorted(conversation.turns):
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


def _distinct(log: Sequence[Event]) -> list[Event]:
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
