"""The JSON that clients read: every event of a call, to the byte."""

import json
from typing import get_args

import pytest
from parley.v1 import events_pb2, live_pb2
from parley_gateway import call_events as ce
from parley_gateway.channels import event_json
from parley_gateway.turns.types import CommitReason, Phase

_MEASURED = events_pb2.TurnMeasured(
    turn=3,
    total_us=600_500,
    pause_us=200_000,
    final_text_us=100_000,
    model_us=150_250,
    sentence_us=50_000,
    speech_us=80_250,
    bus_us=10_000,
    playout_us=10_000,
)
_PARTS = '"pause":200.0,"final_text":100.0,"model":150.25,"sentence":50.0,"speech":80.25,"bus":10.0,"playout":10.0'
_SAY = live_pb2.Say(turn=3, sentence=1, take=2, text="Hello.", kind=events_pb2.SAY_KIND_FILLER, uninterruptible=True)
_SPOKEN = events_pb2.Spoken(turn=3, sentence=1, text="Hel", complete=False, start_ms=1, end_ms=2)

WRITTEN: list[tuple[ce.CallEvent, str]] = [
    (ce.Ready("c1", "s1", "r1"), '{"type":"ready","call":"c1","session":"s1","resume":"r1"}'),
    (
        ce.Ready("c1", "s1", "r1", resumed=True),
        '{"type":"ready","call":"c1","session":"s1","resume":"r1","resumed":true}',
    ),
    (ce.Refusal("busy", "Later."), '{"type":"refused","reason":"busy","detail":"Later."}'),
    (ce.CallFailed("nobody_free", "Later."), '{"type":"error","reason":"nobody_free","detail":"Later."}'),
    (ce.Ended("caller_hung_up", 1500), '{"type":"ended","reason":"caller_hung_up","duration_ms":1500}'),
    (ce.CallerStarted(20), '{"type":"caller_started","at_ms":20}'),
    (ce.CallerStopped(40), '{"type":"caller_stopped","at_ms":40}'),
    (ce.PartialTranscript(4, "hel"), '{"type":"partial","utterance":4,"text":"hel"}'),
    (ce.UtteranceTranscript(4, "hello", more=True), '{"type":"heard","utterance":4,"text":"hello","more":true}'),
    (
        ce.TurnTranscript(3, "hello", CommitReason.PAUSE),
        '{"type":"transcript","turn":3,"text":"hello","reason":"pause"}',
    ),
    (ce.PhaseChanged(Phase.LISTENING), '{"type":"state","state":"listening"}'),
    (
        ce.LanguageChanged("de-DE", events_pb2.LANGUAGE_REASON_DETECTED),
        '{"type":"language","language":"de-DE","reason":"detected"}',
    ),
    (
        ce.AgentSentence.of(_SAY),
        '{"type":"agent_sentence","turn":3,"sentence":1,"take":2,"text":"Hello.","kind":"filler","interruptible":false}',
    ),
    (ce.AgentStarted(3), '{"type":"agent_started","turn":3}'),
    (ce.AgentStopped(3), '{"type":"agent_stopped","turn":3}'),
    (
        ce.AgentSpoken.of(_SPOKEN),
        '{"type":"spoken","turn":3,"sentence":1,"text":"Hel","complete":false,"kind":"reply"}',
    ),
    (ce.ReplyDone(3), '{"type":"reply_done","turn":3}'),
    (ce.Interrupted(3, "Hel"), '{"type":"interrupted","turn":3,"heard":"Hel"}'),
    (
        ce.LatencyMeasured.of(_MEASURED),
        f'{{"type":"turn_latency","turn":3,"total_ms":600.5,"parts_ms":{{{_PARTS}}}}}',
    ),
    (
        ce.ClientToolCalled(3, "t1", "weather", "{}"),
        '{"type":"tool_call","turn":3,"tool_call":"t1","tool":"weather","arguments":"{}"}',
    ),
    (ce.ClientToolDone(3, "t1", ok=True), '{"type":"tool_done","turn":3,"tool_call":"t1","ok":true}'),
    (ce.TransferStarted("desk", "tel:+1555"), '{"type":"hand_off","target":"desk","address":"tel:+1555"}'),
    (ce.WorkerFailover("tts"), '{"type":"worker_lost","role":"tts"}'),
]


@pytest.mark.parametrize(("event", "written"), WRITTEN)
def test_an_event_is_written_as_clients_know_it(event: ce.CallEvent, written: str) -> None:
    assert json.dumps(event_json.to_json(event), separators=(",", ":")) == written


def test_every_event_of_a_call_has_its_json_written_down_here() -> None:
    assert {type(event) for event, _ in WRITTEN} == set(get_args(ce.CallEvent))
