"""The rows of a call say what its log says."""

from datetime import UTC, datetime

from parley.v1 import events_pb2, llm_pb2, session_pb2
from parley_postcall.messages import CallRef, CostRated, Outcome
from parley_postcall.rows import tables_of
from parley_postcall.transcript import make


def tables(events, tenant, call, **changes):
    outcome = Outcome(CallRef(tenant, call), note="note-1", **changes)
    summary = llm_pb2.SummariseResponse(summary="Booked.", sentiment="positive", sentiment_score=0.5)
    return {table.name: table.rows for table in tables_of(outcome, events, summary, written_us=1)}


def test_the_call_row_sums_the_call_up(events, tenant, call):
    cost = CostRated(1234, 7404, "USD", {"asr_seconds": 1234})
    (row,) = tables(events, tenant, call, cost=cost)["calls"]
    assert row["started_at"] == datetime(2026, 9, 21, 14, 13, 20, 123456, UTC)
    assert (row["channel"], row["end_reason"], row["turns"]) == ("websocket", "caller_hung_up", 2)
    assert (row["interruptions"], row["tools_called"], row["tools_failed"], row["booked"]) == (1, 1, 0, True)
    assert (row["cost_micros"], row["cost_by_meter"]) == (1234, {"asr_seconds": 1234})
    assert (row["summary"], row["sentiment"], row["degraded"]) == ("Booked.", "positive", False)


def test_a_cost_that_is_not_known_is_null_not_zero(events, tenant, call):
    (row,) = tables(events, tenant, call, problems=["cost: Unavailable"])["calls"]
    assert (row["cost_micros"], row["degraded"], row["problems"]) == (None, True, ["cost: Unavailable"])


def test_what_a_turn_had_to_do_without_degrades_the_call(events, tenant, call):
    failed = [
        events_pb2.TurnFailed(turn=1, stage="rag", error="Unavailable", action="degraded"),
        events_pb2.TurnFailed(turn=2, stage="rag", error="Unavailable", action="degraded"),
        events_pb2.TurnFailed(turn=2, stage="llm", error="TimedOut", action="fallback"),
    ]
    more = [events_pb2.Event(id=f"failed-{at}", source="llm/w", turn_failed=one) for at, one in enumerate(failed)]
    tables_ = tables([*events, *more], tenant, call, problems=["cost: Unavailable"])
    (row,) = tables_["calls"]
    assert (row["degraded"], row["problems"]) == (True, ["cost: Unavailable", "rag: Unavailable"])
    assert [one["failed_stage"] for one in tables_["turns"]] == ["", "rag", "llm"]


def test_the_call_comes_after_its_other_rows(events, tenant, call):
    assert list(tables(events, tenant, call))[-1] == "calls"


def test_turns_carry_words_and_latency_parts(events, tenant, call):
    greeting, first, second = tables(events, tenant, call)["turns"]
    assert (greeting["turn"], greeting["committed_at"], greeting["total_us"]) == (0, None, None)
    assert (first["caller_text"], first["agent_text"]) == (
        "are you open on saturday",
        "On Saturdays we open at nine. We close",
    )
    assert first["agent_planned"] == "On Saturdays we open at nine. We close at one in the afternoon."
    assert (first["interrupted"], first["commit_reason"], first["model"]) == (True, "pause", "parley-local-1")
    assert (first["total_us"], first["pause_us"], first["speech_us"]) == (700_000, 500_000, 0)
    assert (second["tools"], second["total_us"]) == (["book_appointment"], None)


def test_a_tool_call_carries_its_attempts_and_outcome(events, tenant, call):
    (row,) = tables(events, tenant, call)["tool_calls"]
    assert (row["status"], row["attempts"], row["took_ms"], row["side_effects"]) == ("ok", 2, 40, True)


def test_an_event_stored_twice_is_one_row(events, tenant, call):
    rows = tables([*events, events[5]], tenant, call)["events"]
    assert [row["position"] for row in rows] == list(range(len(events)))


def test_events_carry_their_trace_turn_and_body(events, tenant, call):
    row = tables(events, tenant, call)["events"][5]
    assert (row["name"], row["turn"], row["trace_id"]) == ("TurnCommitted", 1, "ab" * 16)
    assert '"speech_end_ms": 3500' in row["body"]


def test_usage_rows_are_the_measured_ones(events, tenant, call):
    rows = tables(events, tenant, call)["usage"]
    assert [(row["meter"], row["quantity_milli"]) for row in rows] == [("asr_seconds", 1500), ("call_seconds", 10_000)]


def test_who_answered_is_on_the_call(events, tenant, call):
    assert tables(events, tenant, call)["calls"][0]["answered_by"] == ""
    told = [events_pb2.Event(id=f"gateway/g#1:{90 + at}", source="gateway/g#1", seq=90 + at) for at in range(2)]
    for event, answer in zip(told, ("screening", "human"), strict=True):
        event.answer_detected.CopyFrom(events_pb2.AnswerDetected(answer=answer, why="words"))
    assert tables([events[0], *told, *events[1:]], tenant, call)["calls"][0]["answered_by"] == "human"


def test_a_change_of_language_is_on_the_call_its_turns_and_the_transcript(events, tenant, call):
    second = next(at for at, event in enumerate(events) if event.turn_committed.turn == 2)
    changed = events_pb2.Event(id="gateway/g#1:99", source="gateway/g#1", seq=99)
    changed.language_changed.CopyFrom(events_pb2.LanguageChanged(language="es-ES", turn=2))
    log = [*events[:second], changed, *events[second:]]
    rows = tables(log, tenant, call)
    began = next(event for event in events if event.WhichOneof("body") == "call_started").call_started.session.language
    assert (rows["calls"][0]["language"], rows["calls"][0]["languages"]) == ("es-ES", [began, "es-ES"])
    assert [row["language"] for row in rows["turns"]] == [began, began, "es-ES"]
    lines = make(tenant, call, log).lines
    answered = {(line.turn, line.language) for line in lines if line.speaker == "caller" and line.answered}
    assert answered == {(1, began), (2, "es-ES")}


def test_a_refused_caller_is_a_call_with_the_reason_and_whose_doing_it_was(tenant, call):
    refused = events_pb2.CallRefused(reason="tenant_limit", cause=events_pb2.REFUSAL_REASON_TENANT_LIMIT)
    refused.session.CopyFrom(session_pb2.Session(tenant=tenant, call=call, agent="clinic", user="+1 555 0100"))
    events = [events_pb2.Event(id="g:1", tenant=tenant, call=call, time_us=1_790_000_000_000_000, call_refused=refused)]
    (row,) = tables(events, tenant, call)["calls"]
    assert (row["refusal"], row["fault_owner"], row["end_reason"]) == ("tenant_limit", "business", "")
    assert (row["agent"], row["user"], row["duration_ms"]) == ("clinic", "+1 555 0100", 0)


def test_a_sentence_carries_what_was_planned_and_what_was_heard(events, tenant, call):
    rows = tables(events, tenant, call)["sentences"]
    assert [(row["turn"], row["sentence"], row["heard"], row["complete"]) for row in rows] == [
        (0, 0, "Hello, how can I help?", True),
        (1, 0, "On Saturdays we open at nine.", True),
        (1, 1, "We close", False),
        (2, 0, "You are booked.", True),
    ]
    assert rows[2]["planned"] == "We close at one in the afternoon."
