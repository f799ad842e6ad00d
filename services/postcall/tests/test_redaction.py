"""What an agent document keeps out of what is stored of a call: a card over four turns and by keys, in any sink."""

import json
from typing import get_args

import pytest
from parley.v1 import events_pb2, session_pb2
from parley_core.agents import AgentDocument, Privacy, PrivateKind
from parley_core.errors import NotFound
from parley_postcall import transcript
from parley_postcall.activities import summary_request
from parley_postcall.live import LiveFeed
from parley_postcall.messages import CallRef, Outcome
from parley_postcall.redaction import RedactedLogs, Redaction, masked_json, redacted
from parley_postcall.rows import tables_of
from parley_postcall.stores.memory import MemoryWarehouse
from parley_redaction.findings import Kind

STARTED_US = 1_790_000_000_000_000
GROUPS = ("four one one one", "one two three four", "five six seven eight", "nine oh one three")
SPOKEN = [word for group in GROUPS for word in group.split()]
FIGURES = "4111123456789013"
KEYED = "5555555555554444"


class Documents:
    """The agent documents of a tenant."""

    def __init__(self, *redact):
        self.document = AgentDocument(
            agent="shop", first_speaker="caller", privacy=Privacy(redact=list(redact)) if redact else Privacy()
        )
        self.asked = 0

    async def get(self, tenant, agent, version=0):
        self.asked += 1
        if agent != "shop":
            raise NotFound("agent", agent)
        return self.document


def log(tenant, call, *bodies, agent="shop"):
    session = session_pb2.Session(tenant=tenant, call=call, agent=agent, agent_version=1, language="en-US")
    fields = {one.message_type.full_name: one.name for one in events_pb2.Event.DESCRIPTOR.oneofs[0].fields}
    made = []
    for at, body in enumerate([events_pb2.CallStarted(session=session), *bodies]):
        event = events_pb2.Event(
            id=f"s:{at}", tenant=tenant, call=call, source="s", seq=at + 1, time_us=STARTED_US + at
        )
        getattr(event, fields[body.DESCRIPTOR.full_name]).CopyFrom(body)
        made.append(event)
    return made


@pytest.fixture
def paying(tenant, call):
    """The card is dictated in four turns, repeated by the agent, given to a tool, and another one is keyed."""
    e = events_pb2
    bodies = [e.SentenceSaid(turn=0, sentence=0, text="How would you like to pay?")]
    for turn, group in enumerate(GROUPS, start=1):
        words = [e.Word(text=word) for word in group.split()]
        bodies += [
            e.Heard(utterance=turn, text=group, words=words),
            e.TurnCommitted(turn=turn, text=group, utterances=[turn]),
            e.SentenceSaid(turn=turn, sentence=0, text="Go on, please."),
        ]
    bodies += [
        e.Interrupted(turn=4, heard="Go on", by="nine oh one three"),
        e.ToolCalled(turn=4, tool_call="t1", tool="pay", arguments_json=json.dumps({"card": int(FIGURES), "n": 2})),
        e.ToolReturned(turn=4, tool_call="t1", tool="pay", result_json=json.dumps({"note": f"card {FIGURES} taken"})),
        e.SentenceSaid(turn=4, sentence=1, text="I have 4111 1234 5678 9013."),
        e.Spoken(turn=4, sentence=1, text="I have 4111 1234 5678 9013.", complete=True),
        e.Replied(turn=4, text="I have 4111 1234 5678 9013."),
        e.FlowAdvanced(turn=4, flow="pay", slots={"card": FIGURES, "name": "Ann"}, state_json='{"heard": "9013"}'),
        *(e.DigitsEntered(digits=digit) for digit in KEYED),
        e.CallEnded(reason="caller_hung_up", duration_ms=1000),
    ]
    return log(tenant, call, *bodies)


def leaks(text):
    """What of either card stands in a text: a group of its figures, or as it was said."""
    said = [group for group in GROUPS if group in text]
    groups = [FIGURES[at : at + 4] for at in range(0, 16, 4)] + [KEYED, "5555", "4444"]
    return said + [group for group in groups if group in text]


async def test_no_figure_of_a_card_stands_in_any_sink(paying, stored_logs, tenant, call):
    redaction = Redaction(Documents())
    events = await RedactedLogs(stored_logs(paying), redaction).read(tenant, call)
    made = transcript.make(tenant, call, events)
    outcome = Outcome(CallRef(tenant, call))
    tables = tables_of(outcome, events, None, written_us=1)
    request = summary_request(outcome.call, events)
    assert "[card]" in made.to_text()
    for sink in (made.to_text(), made.to_json().decode(), repr(tables), str(request)):
        assert leaks(sink) == []
    keyed = [event.digits_entered.digits for event in events if event.WhichOneof("body") == "digits_entered"]
    assert keyed == ["[card]"] * 16
    assert [len(event.heard.words) for event in events if event.WhichOneof("body") == "heard"] == [0, 0, 0, 0]
    flow = next(event.flow_advanced for event in events if event.WhichOneof("body") == "flow_advanced")
    assert dict(flow.slots) == {"card": "[card]", "name": "Ann"}


@pytest.mark.parametrize("size", [1, 2, 7, 100])
async def test_the_rows_of_the_running_call_hold_none_either_at_any_moment(
    paying, stored_logs, arrivals, tenant, call, size
):
    written = []

    class Watched(MemoryWarehouse):
        async def write(self, tables):
            written.append(repr(tables))
            await super().write(tables)

    stored = stored_logs(paying)
    feed = LiveFeed(stored, Watched(), Redaction(Documents()))
    given = arrivals(paying)
    for at in range(0, len(given), size):
        stored.logs[tenant, call] = paying[: at + size]
        await feed.take(given[at : at + size])
    assert [leak for rows in written for leak in leaks(rows)] == []


async def test_the_document_says_what_is_redacted(tenant, call):
    e = events_pb2
    text = "my name is maria lopez and my phone number is 212 555 0142"
    events = log(
        tenant, call, e.TurnCommitted(turn=1, text=text), e.SentenceSaid(turn=1, text="Thank you, Maria Lopez.")
    )
    documents = Documents("name", "phone")
    redaction = Redaction(documents)
    for _ in range(2):
        made = await redaction.of(events)
        assert made[1].turn_committed.text == "my name is [name] and my phone number is [phone]"
        assert made[2].sentence_said.text == "Thank you, [name]."
    assert documents.asked == 1
    assert (await Redaction(Documents()).of(events))[1].turn_committed.text == text


async def test_a_document_that_is_gone_redacts_what_is_redacted_without_one(tenant, call):
    events = log(tenant, call, events_pb2.TurnCommitted(turn=1, text=f"it is {FIGURES}"), agent="gone")
    assert (await Redaction(Documents()).of(events))[1].turn_committed.text == "it is [card]"


def test_events_without_personal_data_are_the_same_objects(tenant, call):
    events = log(tenant, call, events_pb2.TurnCommitted(turn=1, text="a table for four at ten thirty"))
    assert all(one is other for one, other in zip(redacted(events, {Kind.CARD}), events, strict=True))


def test_json_stays_json():
    hide = lambda text: text.replace("7", "[x]")  # noqa: E731
    assert json.loads(masked_json('{"a": [1, 7, true, null, 1.5], "b": {"c": "77"}}', hide)) == {
        "a": [1, "[x]", True, None, 1.5],
        "b": {"c": "[x][x]"},
    }
    assert masked_json("not json 7", hide) == "not json [x]"
    assert masked_json('{"a":1}', hide) == '{"a":1}'


def test_the_names_of_kinds_in_documents_are_the_detectors():
    assert set(get_args(PrivateKind)) == {kind.value for kind in Kind} - {Kind.NUMBER.value}
