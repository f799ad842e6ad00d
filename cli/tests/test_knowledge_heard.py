"""Who heard what from a document, folded from events."""

from parley.v1 import events_pb2, session_pb2
from parley_cli.knowledge.heard import heard


def event(call: str, **body: object) -> events_pb2.Event:
    return events_pb2.Event(call=call, time_us=1_795_000_000_000_000, **body)  # type: ignore[arg-type]


def said(call: str, turn: int, text: str, source: str, version: str) -> events_pb2.Event:
    citation = events_pb2.Citation(source=source, section="Prices", chunk="c1", version=version)
    return event(call, sentence_said=events_pb2.SentenceSaid(turn=turn, text=text, citations=[citation]))


EVENTS = [
    event("c-1", call_started=events_pb2.CallStarted(session=session_pb2.Session(user="+1555", agent="clinic"))),
    event("c-2", call_started=events_pb2.CallStarted(session=session_pb2.Session(user="+1666", agent="hotel"))),
    said("c-1", 1, "A visit is forty dollars.", "prices.md", "v1-aaa"),
    said("c-2", 3, "A room is ninety dollars.", "prices.md", "v2-bbb"),
    said("c-2", 4, "We open at nine.", "hours.md", "v1-ccc"),
    event("c-1", spoken=events_pb2.Spoken(turn=1, text="A visit is forty dollars.", complete=True)),
]


def test_sentences_of_a_document_are_told_with_caller_version_and_what_was_heard() -> None:
    first, second = heard(EVENTS, "prices.md")
    assert (first.call, first.user, first.version, first.heard) == ("c-1", "+1555", "v1-aaa", first.said)
    assert (second.user, second.agent, second.heard) == ("+1666", "hotel", "")
    assert first.at.startswith("2026-")


def test_one_version_or_one_agent_may_be_asked_for() -> None:
    assert [one.call for one in heard(EVENTS, "prices.md", version="v2")] == ["c-2"]
    assert [one.call for one in heard(EVENTS, "prices.md", agent="clinic")] == ["c-1"]
    assert heard(EVENTS, "other.md") == []
