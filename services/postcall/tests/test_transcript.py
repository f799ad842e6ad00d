"""The transcript holds the words that were really said and heard, in order, and nothing else."""

import json

from parley_postcall import transcript


def test_holds_both_sides_with_only_the_words_that_were_heard(events, tenant, call):
    made = transcript.make(tenant, call, events)
    assert [(line.speaker, line.text, line.interrupted) for line in made.lines] == [
        ("agent", "Hello, how can I help?", False),
        ("caller", "are you open on saturday", False),
        ("agent", "On Saturdays we open at nine. We close", True),
        ("caller", "book me tuesday at ten thirty", False),
        ("agent", "You are booked.", False),
        ("caller", "goodbye", False),
    ]


def test_marks_words_that_no_turn_took_up(events, tenant, call):
    made = transcript.make(tenant, call, events)
    assert [line.text for line in made.lines if not line.answered] == ["goodbye"]


def test_json_names_the_call_and_its_times(events, tenant, call):
    read = json.loads(transcript.make(tenant, call, events).to_json())
    assert (read["tenant"], read["call"], read["agent"], read["agent_version"]) == (tenant, call, "clinic", 3)
    assert (read["duration_ms"], read["end_reason"]) == (10_000, "caller_hung_up")
    assert (read["lines"][1]["start_ms"], read["lines"][1]["end_ms"]) == (2000, 3500)


def test_text_reads_line_by_line(events, tenant, call):
    lines = transcript.make(tenant, call, events).to_text().splitlines()
    assert lines[2] == "[00:04] agent: On Saturdays we open at nine. We close [interrupted]"


def test_a_call_without_a_word_has_an_empty_transcript(events, tenant, call):
    made = transcript.make(tenant, call, [events[0], events[-1]])
    assert made.lines == ()
    assert made.to_text() == ""
