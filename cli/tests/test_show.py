import json

from google.protobuf.message import Message
from parley.v1 import events_pb2, session_pb2
from parley_cli.show import CallView, as_json, latency

START_US = 1_700_000_000_000_000


def event(after_s: float = 0.0, **body: Message) -> events_pb2.Event:
    return events_pb2.Event(id="e1", time_us=START_US + int(after_s * 1e6), source="gateway/g1", **body)


def started() -> events_pb2.Event:
    return event(call_started=events_pb2.CallStarted(session=session_pb2.Session(agent="clinic"), gateway="g1"))


def shown(*events: events_pb2.Event, brief: bool = True) -> list[str]:
    view = CallView(brief=brief)
    return [line.plain for one in [started(), *events] for line in view.lines(one)]


def test_both_sides_are_shown_with_seconds_since_the_start() -> None:
    lines = shown(
        event(1.5, spoken=events_pb2.Spoken(text="Hello.", complete=True)),
        event(4.25, turn_committed=events_pb2.TurnCommitted(turn=1, text="Hi.")),
    )
    assert lines == ["   1.50  agent   Hello.", "   4.25  caller  Hi."]


def test_a_sentence_that_was_cut_ends_with_a_dash() -> None:
    (line,) = shown(event(spoken=events_pb2.Spoken(text="We are open", complete=False)))
    assert line.endswith("We are open —")


def test_the_parts_of_a_turns_latency_are_named_and_the_empty_ones_are_not() -> None:
    measured = events_pb2.TurnMeasured(total_us=480_000, pause_us=200_000, model_us=270_000, speech_us=10_000)
    assert latency(measured) == "480 ms = pause 200 + model 270 + speech 10"
    (line,) = shown(event(turn_measured=measured))
    assert line.endswith("answered after 480 ms = pause 200 + model 270 + speech 10")


def test_brief_leaves_out_what_only_engineers_want() -> None:
    claimed = event(worker_claimed=events_pb2.WorkerClaimed(role="asr", worker="asr-1", took_ms=3))
    replied = event(replied=events_pb2.Replied(turn=1))
    assert shown(claimed, replied) == []
    full = shown(claimed, replied, brief=False)
    assert any("asr-1 serves the call as asr after 3 ms" in line for line in full)
    assert any("Replied" in line for line in full)


def test_a_lost_worker_and_its_replacement_are_always_shown() -> None:
    lines = shown(
        event(worker_lost=events_pb2.WorkerLost(role="tts", reason="silent")),
        event(worker_claimed=events_pb2.WorkerClaimed(role="tts", worker="tts-2", resume=True, took_ms=12)),
    )
    assert "the tts worker was lost (silent)" in lines[0]
    assert "tts-2 took the call up as tts after 12 ms" in lines[1]


def test_the_end_is_shown_with_its_reason() -> None:
    (line,) = shown(event(9.0, call_ended=events_pb2.CallEnded(reason="caller_hung_up", duration_ms=9000)))
    assert line.endswith("ended: caller_hung_up after 9.0 s")


def test_an_event_as_json_is_one_line_with_its_body() -> None:
    text = as_json(event(turn_committed=events_pb2.TurnCommitted(turn=1, text="Grüß Gott\nund so")))
    assert "\n" not in text
    assert json.loads(text) == {
        "event": "TurnCommitted",
        "id": "e1",
        "time_us": START_US,
        "source": "gateway/g1",
        "traceparent": "",
        "body": {"turn": 1, "text": "Grüß Gott\nund so"},
    }
