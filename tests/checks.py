"""What has to hold for every call, whatever happened in it. Used by the end-to-end and the chaos tests."""

from collections import Counter

from parley.v1 import events_pb2
from parley_cli.place import Placed
from parley_cli.target import Target
from parley_core.bus.connection import connect
from parley_core.bus.log import body_of, read_log
from parley_core.conversation import Conversation, Event, fold


async def log_of(target: Target, call: str) -> list[Event]:
    async with connect(target.nats_url, "tests") as bus:
        return await read_log(bus, target.tenant, call)


def seen(conversation: Conversation) -> dict[str, object]:
    """A conversation as its readers see it: who said what, what was done, how it ended."""
    turns = [
        {
            "turn": turn.number,
            "caller": turn.text,
            "agent": turn.heard_text,
            "planned": turn.said_text,
            "interrupted": turn.interrupted,
            "tools": sorted((use.tool, use.arguments_json, use.status, use.result_json) for use in turn.tools.values()),
            "sources": sorted(one.chunk for one in turn.citations),
            "replied": turn.replied.text if turn.replied else None,
        }
        for turn in (conversation.turns[number] for number in sorted(conversation.turns))
    ]
    flow = conversation.flow
    return {
        "session": conversation.session,
        "turns": turns,
        "heard": {number: one.text for number, one in sorted(conversation.heard.items())},
        "flow": (flow.flow, flow.step, dict(flow.slots)) if flow else None,
        "handoffs": [one.reason for one in conversation.handoffs],
        "ended": conversation.ended,
    }


async def check_call(target: Target, placed: Placed) -> list[Event]:
    """Assert the invariants of one finished call; returns its log."""
    events = await log_of(target, placed.call)
    folded = fold(events)

    # The log, folded again, is the conversation that was followed live, and what the caller's client was told.
    assert seen(folded) == seen(placed.conversation)
    told = [str(one["text"]) for one in placed.messages if one.get("type") == "spoken" and one.get("text")]
    assert [text for turn in sorted(folded.turns) for text in _heard(folded, turn)] == told
    committed = [str(one["text"]) for one in placed.messages if one.get("type") == "transcript"]
    assert [turn.text for _, turn in sorted(folded.turns.items()) if turn.committed and turn.text] == committed

    names = Counter(event.WhichOneof("body") for event in events)
    assert names["call_started"] == 1
    assert names["call_ended"] == 1

    bodies = [body_of(event) for event in events]
    # Every final text belongs to one turn, and no turn lacks one.
    used = Counter(one for body in bodies if isinstance(body, events_pb2.TurnCommitted) for one in body.utterances)
    spoken_by_caller = {number for number, heard in folded.heard.items() if heard.text}
    assert spoken_by_caller <= set(used)
    assert set(used.values()) <= {1}

    # No tool ran twice: one call of each id, one effect of each key.
    calls = Counter(body.tool_call for body in bodies if isinstance(body, events_pb2.ToolCalled))
    assert set(calls.values()) <= {1}
    effects = Counter(
        body.idempotency_key
        for body in bodies
        if isinstance(body, events_pb2.ToolAttempted) and body.status == "TOOL_STATUS_OK" and not body.replayed
    )
    assert set(effects.values()) <= {1}

    # Every turn's latency is the sum of its parts, to the microsecond.
    for body in bodies:
        if isinstance(body, events_pb2.TurnMeasured):
            parts = (body.pause_us, body.final_text_us, body.model_us, body.sentence_us, body.speech_us, body.bus_us)
            assert sum(parts) + body.playout_us == body.total_us

    # One trace for the whole call.
    assert len({event.traceparent.split("-")[1] for event in events if event.traceparent}) == 1
    assert all(event.traceparent for event in events)
    return events


def _heard(conversation: Conversation, turn: int) -> list[str]:
    sentences = conversation.turns[turn].sentences
    return [part for number in sorted(sentences) for part in sentences[number].heard if part]
