"""A tool call that a model writes as text is taken as the call, and never spoken, however the text is cut."""

import json

import pytest
from parley.v1 import events_pb2
from parley_core.errors import BadReply, TimedOut
from parley_llm.providers.base import Finished, TextDelta, ToolCallRequest, ToolSpec
from parley_llm.providers.watch import StreamWatch
from parley_llm.providers.written_calls import WrittenCalls

ARGUMENTS = {"when": "2026-11-24", "limit": 3}
AS_JSON = json.dumps(ARGUMENTS)
CALLS = {
    "name and arguments": f'{{"name": "find_slots", "arguments": {AS_JSON}}}',
    "parameters": f'{{"name": "find_slots", "parameters": {AS_JSON}}}',
    "over several lines": json.dumps({"name": "find_slots", "arguments": ARGUMENTS}, indent=2),
    "in a fence": f'```json\n{{"name": "find_slots", "arguments": {AS_JSON}}}\n```',
    "in a list": f'[{{"name": "find_slots", "arguments": {AS_JSON}}}]',
    "as OpenAI's message": json.dumps(
        {"type": "function", "function": {"name": "find_slots", "arguments": json.dumps(ARGUMENTS)}}
    ),
    "as a list of calls": json.dumps({"tool_calls": [{"name": "find_slots", "arguments": ARGUMENTS}]}),
    "under the tool's name": f'{{"find_slots": {AS_JSON}}}',
    "in Qwen's tag": f'<tool_call>\n{{"name": "find_slots", "arguments": {AS_JSON}}}\n</tool_call>',
    "in a tag": f'<function=find_slots>{{"name": "find_slots", "arguments": {AS_JSON}}}</function>',
    "as Python": 'find_slots(when="2026-11-24", limit=3)',
    "as Python in a list": "[find_slots(when='2026-11-24', limit=3)]",
    "as Python with an object": f"functions.find_slots({AS_JSON})",
}
PIECES = [1, 2, 3, 7, 1000]


def heard(text: str, size: int) -> tuple[str, list[tuple[str, object]]]:
    calls = WrittenCalls({"find_slots", "end_call"})
    said = "".join(calls.feed(text[at : at + size]) for at in range(0, len(text), size)) + calls.flush()
    return said.strip(), [(one.name, json.loads(one.arguments_json)) for one in calls.calls]


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize("kind", CALLS)
def test_it_is_a_call_and_not_said(kind, size):
    assert heard(CALLS[kind], size) == ("", [("find_slots", ARGUMENTS)])


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize("kind", CALLS)
def test_words_around_it_are_said(kind, size):
    said, calls = heard(f"Let me look. {CALLS[kind]} One moment.", size)
    assert said.split() == ["Let", "me", "look.", "One", "moment."]
    assert calls == [("find_slots", ARGUMENTS)]


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize(
    "text",
    [
        '{"answer": "We are open."}',
        '{"name": "drop_tables", "arguments": {}}',
        "{not json}",
        '{"name": "find_slots", "a',
    ],
)
def test_data_that_is_no_call_is_neither(text, size):
    assert heard(text, size) == ("", [])


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize(
    "text",
    [
        "We are open from nine to one, and on Sundays we are closed.",
        "Your code is A [as in Anna] less than 5 < 6.",
        "I will find slots for you (on Tuesday) with find_slots.",
        "He said: don't. It's 5'11\" tall.",
        "First, find the entrance; functions are held upstairs.",
    ],
)
def test_words_stay_as_they_are(text, size):
    assert heard(text, size) == (text, [])


class TestWatch:
    @pytest.fixture
    def watch(self, request_for):
        return StreamWatch("m", request_for(), gap_s=3)

    def test_the_call_comes_at_the_end_and_the_stream_says_so(self, watch):
        assert watch.take(TextDelta(CALLS["name and arguments"]), 0) == []
        call, end = watch.take(Finished("stop", 5, 6), 0)
        assert call == ToolCallRequest("find_slots", AS_JSON)
        assert (end.finish, end.input_tokens) == ("tool_calls", 5)

    def test_a_written_end_of_the_call_hangs_up(self, watch):
        watch.take(TextDelta('Goodbye. {"name": "end_call", "arguments": {}}'), 0)
        (end,) = [one for one in watch.take(Finished(), 0) if isinstance(one, Finished)]
        assert end.then == events_pb2.AFTER_REPLY_HANG_UP

    def test_a_call_that_is_made_and_written_is_one(self, watch):
        watch.take(TextDelta(CALLS["in a fence"]), 0)
        made = ToolCallRequest("find_slots", AS_JSON)
        assert watch.take(made, 0) == [made]
        assert [type(one) for one in watch.take(Finished("tool_calls"), 0)] == [Finished]

    def test_data_alone_is_no_answer(self, watch):
        watch.take(TextDelta('{"a": 1}'), 0)
        with pytest.raises(BadReply):
            watch.take(Finished(), 0)

    def test_words_slower_than_speech_are_a_failure(self, watch):
        watch.take(TextDelta("W"), 0)
        watch.take(TextDelta("e"), 2.9)
        with pytest.raises(TimedOut):
            watch.take(TextDelta(" "), 3.1)

    def test_the_pace_of_an_ordinary_model_is_none(self, watch):
        for at in range(200):
            watch.take(TextDelta(f"word{at} "), at * 0.2)

    @pytest.mark.parametrize("unit", ["and we are open on Saturday ", "Yes, of course. ", "ja ich schaue nach, "])
    def test_the_same_words_over_and_over_are_a_failure(self, watch, unit):
        for _ in range(3):
            watch.take(TextDelta(unit), 0)
        with pytest.raises(BadReply):
            [watch.take(TextDelta(unit), 0) for _ in range(40)]

    def test_a_long_number_of_equal_digits_is_none(self, watch):
        watch.take(TextDelta("The number is " + "five " * 16 + "and that is all of it."), 0)

    def test_a_list_that_sounds_alike_is_none(self, watch):
        for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"):
            watch.take(TextDelta(f"On {day} we are open from nine in the morning to five in the afternoon. "), 0)


def test_a_tool_with_an_unusual_name_is_found():
    calls = WrittenCalls({ToolSpec("crm.look-up").name})
    assert calls.feed('crm.look-up({"id": 1})') + calls.flush() == ""
    assert calls.calls[0].name == "crm.look-up"
