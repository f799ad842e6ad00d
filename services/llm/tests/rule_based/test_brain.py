"""The local brain alone: utterances in, what it says and calls out."""

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from parley.v1 import events_pb2
from parley_core.agents import AgentDocument
from parley_llm.providers.base import (
    ChatMessage,
    Finished,
    FlowMoved,
    ModelRequest,
    TextDelta,
    ToolCallRequest,
    ToolOutcome,
)
from parley_llm.providers.rule_based import intents
from parley_llm.providers.rule_based.brain import RuleBasedProvider
from parley_llm.providers.rule_based.state import PendingMoment, State, Step
from parley_testing.conversation import FakeKnowledge, FakeTools

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=ZoneInfo("America/New_York"))


@dataclass
class Talk:
    agent: AgentDocument
    knowledge: FakeKnowledge
    tools: FakeTools
    flow: events_pb2.FlowAdvanced | None = None
    history: list[ChatMessage] = field(default_factory=list)
    turn: int = 0
    then: int = 0
    outcomes: dict[str, ToolOutcome] = field(default_factory=dict)  # of turns that were cut off

    def __post_init__(self) -> None:
        self.brain = RuleBasedProvider(self.knowledge)

    async def say(self, text: str) -> str:
        self.turn += 1
        outcomes: list[ToolOutcome] = []
        said, moved = "", self.flow
        while True:
            request = ModelRequest(
                "t",
                "c",
                self.turn,
                self.agent,
                text,
                NOW,
                history=tuple(self.history),
                flow=self.flow,
                tools=self.tools.specs,
                turn_tools=tuple(outcomes),
                outcomes=self.outcomes,
            )
            called = None
            async for event in self.brain.stream(request):
                match event:
                    case TextDelta(part):
                        said += part
                    case FlowMoved(flow, step, slots, state):
                        moved = events_pb2.FlowAdvanced(
                            turn=self.turn, flow=flow, step=step, slots=dict(slots), state_json=state
                        )
                    case ToolCallRequest():
                        called = event
                    case Finished():
                        self.then = event.then
            if called is None:
                break
            arguments = json.loads(called.arguments_json)
            self.tools.executed.append((called.name, arguments))
            status, result = self.tools.run[called.name](arguments)
            effect = called.name != "find_slots"
            outcomes.append(
                ToolOutcome("x", called.name, called.arguments_json, status, json.dumps(result), side_effects=effect)
            )
        self.flow = moved
        agent = ChatMessage("agent", said.strip(), said.strip(), tools=tuple(outcomes))
        self.history += [ChatMessage("caller", text), agent]
        return said.strip()

    def cut_off(self, heard: str) -> None:
        """The caller has heard only so much of the last reply."""
        self.history[-1] = replace(self.history[-1], text=heard, interrupted=True)


@pytest.fixture
def talk(clinic, knowledge, tools):
    return Talk(clinic, knowledge, tools)


async def through(talk: Talk, *lines: str) -> str:
    reply = ""
    for line in lines:
        reply = await talk.say(line)
    return reply


async def test_several_slots_in_one_utterance(talk):
    reply = await through(
        talk,
        "book an appointment",
        "tomorrow at half past nine my name is maria lopez and my phone number is five five five zero one four two",
    )
    assert reply.startswith("I have Maria Lopez for Sunday, November twenty second at nine thirty in the morning")


async def test_a_day_alone_is_answered_with_what_is_free(talk):
    assert "On Friday, November twenty seventh I have nine in the morning" in await through(
        talk, "can i make an appointment", "friday"
    )
    assert await talk.say("the second one") == "May I have your full name?"
    assert talk.flow.slots["when"] == "2026-11-27T10:30"


async def test_a_time_alone_is_answered_with_the_question_for_the_day(talk):
    reply = await through(talk, "book an appointment", "at two thirty")
    assert reply == "On which day would you like to come at two thirty in the afternoon?"
    await talk.say("monday")
    assert talk.flow.slots["when"] == "2026-11-23T14:30"


async def test_a_time_that_is_not_free_is_answered_with_others(talk):
    reply = await through(talk, "book an appointment for next tuesday at eleven")
    assert "is not free" in reply
    assert "ten thirty in the morning or two thirty in the afternoon" in reply
    await talk.say("two thirty please")
    assert talk.flow.slots["when"] == "2026-11-24T14:30"


async def test_a_time_that_has_passed_is_asked_for_again(talk):
    reply = await through(talk, "book an appointment for today at eight in the morning")
    assert "already passed" in reply
    assert "when" not in talk.flow.slots


async def test_a_first_name_is_asked_for_the_rest(talk):
    reply = await through(talk, "book an appointment for next tuesday at ten thirty", "maria")
    assert "last name" in reply
    await talk.say("lopez")
    assert talk.flow.slots["name"] == "Maria Lopez"


async def test_a_phone_number_in_groups_over_several_turns(talk):
    await through(talk, "book an appointment for next tuesday at ten thirty", "maria lopez")
    assert "so far" in await talk.say("two one two")
    assert "so far" in await talk.say("five five five")
    assert "phone number two one two, five five five, zero one four two" in await talk.say("zero one four two")


async def test_digits_that_come_after_the_read_back_belong_to_the_number(talk):
    await through(
        talk, "book an appointment for next tuesday at ten thirty", "maria lopez", "two one two five five five oh"
    )
    assert talk.flow.step == "confirm"
    await talk.say("one four two")
    assert talk.flow.slots["phone"] == "2125550142"


BOOKING = ("book an appointment for next tuesday at ten thirty", "maria lopez", "five five five zero one four two")


@pytest.mark.parametrize(
    ("correction", "slot", "value"),
    [
        ("no it should be two thirty", "when", "2026-11-24T14:30"),
        ("no make it wednesday", "when", "2026-11-25T10:30"),
        ("change it to friday at nine", "when", "2026-11-27T09:00"),
        ("no my name is mario lopez", "name", "Mario Lopez"),
        ("no the phone number is five five five zero one four three", "phone", "5550143"),
        ("actually my number is two one two five five five zero one four two", "phone", "2125550142"),
    ],
)
async def test_a_correction_with_its_value_is_read_back_anew(talk, correction, slot, value):
    await through(talk, *BOOKING)
    reply = await talk.say(correction)
    assert talk.flow.slots[slot] == value
    assert reply.endswith("Is that right?")


@pytest.mark.parametrize(
    ("correction", "question"),
    [
        ("no the time is wrong", "What time on Tuesday, November twenty fourth would you like?"),
        ("the phone number is wrong", "And what is your phone number?"),
        ("no the name is not right", "May I have your full name?"),
        ("change the phone number", "And what is your phone number?"),
    ],
)
async def test_a_correction_without_its_value_is_asked_for(talk, correction, question):
    await through(talk, *BOOKING)
    assert question in await talk.say(correction)


async def test_a_bare_no_is_asked_what_to_change(talk):
    assert "What should I change" in await through(talk, *BOOKING, "no")
    assert "phone number?" in await talk.say("the phone number")
    assert (await talk.say("five five five zero one four three")).endswith("Is that right?")


async def test_nothing_is_booked_without_a_yes(talk):
    await through(talk, *BOOKING, "hmm", "what insurance do you take", "no")
    assert [name for name, _ in talk.tools.executed] == ["find_slots"]


async def test_a_side_question_is_answered_and_the_flow_goes_on(talk):
    await through(talk, "book an appointment for next tuesday at ten thirty")
    reply = await talk.say("do you accept blue cross insurance")
    assert reply == "Yes, we accept Blue Cross and most other plans. May I have your full name?"
    assert await talk.say("maria lopez") == "And what is your phone number?"


async def test_opening_hours_are_a_side_question_also_where_a_day_is_asked_for(talk):
    reply = await through(talk, "book an appointment", "are you open on saturday")
    assert reply.startswith("On Saturday we are open")
    assert reply.endswith("What day and time would you like?")


async def test_a_time_that_was_just_taken(talk):
    working = talk.tools.run
    talk.tools.run = {
        **talk.tools.run,
        "book_appointment": lambda given: ("CONFLICT", {"alternatives": [{"when": "2026-11-24T14:30"}]}),
    }
    reply = await through(talk, *BOOKING, "yes")
    assert reply.startswith("I am sorry, that time has just been taken.")
    assert "two thirty in the afternoon" in reply
    talk.tools.run = working
    assert (await talk.say("yes that works")).endswith("Is that right?")
    assert (await talk.say("yes")).startswith("You are booked for Tuesday, November twenty fourth at two thirty")


async def test_a_conflict_that_is_about_no_moment_offers_a_person(talk):
    flow = talk.agent.flows[0]
    callback = flow.model_copy(update={"slots": [slot for slot in flow.slots if slot.kind == "phone"], "confirm": ""})
    talk.agent = talk.agent.model_copy(update={"flows": [callback]})
    talk.tools.run = {**talk.tools.run, "book_appointment": lambda given: ("CONFLICT", {})}
    reply = await through(talk, "book an appointment", "five five five zero one four two")
    assert reply.startswith(flow.taken)
    assert reply.endswith("Shall I connect you to a colleague?")
    assert talk.flow.flow == ""


async def test_a_booking_that_fails_is_not_claimed(talk):
    talk.tools.run = {**talk.tools.run, "book_appointment": lambda given: ("FAILED", {})}
    reply = await through(talk, *BOOKING, "yes")
    assert "could not" in reply
    assert "booked" not in reply
    await talk.say("yes please")
    assert talk.then == events_pb2.AFTER_REPLY_HAND_OFF


async def test_a_text_message_that_fails_is_told(talk):
    talk.tools.run = {**talk.tools.run, "send_sms": lambda given: ("FAILED", {})}
    reply = await through(talk, *BOOKING, "yes")
    assert "You are booked" in reply
    assert "text message could not be sent" in reply


async def test_cancel_repeat_and_goodbye_in_a_flow(talk):
    assert await through(talk, *BOOKING[:2], "sorry what did you say") == "And what is your phone number?"
    assert "dropped" in await talk.say("never mind")
    assert talk.flow.flow == ""
    await through(talk, *BOOKING[:2])
    assert "nothing has been booked" in await talk.say("goodbye")
    assert talk.then == events_pb2.AFTER_REPLY_HANG_UP


async def test_words_that_are_never_understood_end_with_a_person(talk):
    await through(talk, "book an appointment", "blah blah", "blah blah", "blah blah")
    assert talk.then == events_pb2.AFTER_REPLY_HAND_OFF


async def test_what_is_not_known_is_said_and_a_message_taken(talk):
    assert "I do not know that" in await talk.say("what is the meaning of life")
    assert "message" in await talk.say("i would like to leave a message")
    assert "noted your message" in await talk.say("please tell doctor chen that i am late")
    await talk.say("no thank you")
    assert talk.then == events_pb2.AFTER_REPLY_HANG_UP


@pytest.mark.parametrize(
    "said",
    [
        "can i speak to a person",
        "let me talk to someone",
        "i want to talk to a real human",
        "connect me to the front desk",
        "transfer me please",
        "operator",
        "can i talk to a receptionist please",
    ],
)
async def test_a_person_is_asked_for(talk, said):
    await talk.say(said)
    assert talk.then == events_pb2.AFTER_REPLY_HAND_OFF


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize(
    "said",
    [
        "i would like to book an appointment",
        "can i make an appointment",
        "i need to see a doctor",
        "schedule a visit",
        "hi i'd like to book an appointment please",
        "i want to book in appointment for my daughter",
        "could i make an appointment with doctor chen",
    ],
)
async def test_flows_start_with_and_without_vectors(talk, said, down):
    talk.knowledge.down = down
    await talk.say(said)
    assert talk.flow.flow == "book_appointment"


@pytest.mark.parametrize(
    "said",
    ["what are your opening hours on saturday", "do you accept blue cross insurance", "hello", "thank you", "yes"],
)
async def test_other_words_start_no_flow(talk, said):
    await talk.say(said)
    assert talk.flow.flow == ""


@pytest.mark.parametrize(
    ("said", "goodbye"),
    [
        ("goodbye", True),
        ("thank you goodbye", True),
        ("bye bye", True),
        ("that's all thank you", True),
        ("that is all i needed", True),
        ("no that's it", True),
        ("thank you", False),
        ("what time is good by you", False),
    ],
)
def test_goodbyes(said, goodbye):
    assert intents.is_goodbye(said) is goodbye


async def test_the_same_log_gives_the_same_reply(clinic, knowledge, tools):
    one, other = Talk(clinic, knowledge, tools), Talk(clinic, knowledge, tools)
    for line in (*BOOKING, "no the time is wrong", "eleven", "two thirty", "yes"):
        assert await one.say(line) == await other.say(line)
        assert one.flow == other.flow


async def test_words_that_sound_a_little_like_a_flow_are_asked_about(talk):
    assert await talk.say("i want a visit for my knee") == "Would you like to book an appointment with a doctor?"
    await talk.say("yes please")
    assert talk.flow.flow == "book_appointment"


async def test_a_question_about_a_flow_does_not_start_it(talk):
    await talk.say("what should i bring to my appointment")
    assert talk.flow.flow == ""


def test_the_state_comes_back_from_the_log_as_it_went_there():
    moment = PendingMoment(date(2026, 11, 24), time(10, 30), "morning", [datetime.fromisoformat("2026-11-25T09:00")])
    state = State(
        "book", Step.COLLECT, {"name": "Maria Lopez"}, "when", moment, digits="555", tries=1, question="When?"
    )
    moved = state.moved()
    assert State.of(moved_on_log(moved)) == state


@pytest.mark.parametrize("state_json", ["[]", "no json", '{"day": "monday"}', '{"day": 7, "asking": "when"}'])
def test_a_state_of_another_making_counts_as_none(state_json):
    state = State.of(moved_on_log(FlowMoved("book", "waiting", {"name": "Maria"}, state_json)))
    assert state == State("book", Step.NONE, {"name": "Maria"})


def moved_on_log(moved: FlowMoved) -> events_pb2.FlowAdvanced:
    return events_pb2.FlowAdvanced(
        flow=moved.flow, step=moved.step, slots=dict(moved.slots), state_json=moved.state_json
    )


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("okay hold on", "Take your time."),
        ("yes wait a second", "Take your time."),
        ("right except the phone number", "All right. And what is your phone number?"),
        ("yes but make it eleven", "I am sorry, Tuesday, November twenty fourth at eleven in the morning is not free."),
        ("yes but the name is wrong", "All right. May I have your full name?"),
        ("yes but", "What should I change"),
        ("yeah no", "Sorry, I need a yes or a no."),
        ("why not", "Sorry, I need a yes or a no."),
        ("I guess", "Sorry, I need a yes or a no."),
        ("sure, do you have parking", "There is free parking behind the clinic."),
    ],
)
async def test_only_a_whole_yes_books(talk, said, reply):
    await through(talk, *BOOKING)
    assert (await talk.say(said)).startswith(reply)
    assert "book_appointment" not in [name for name, _ in talk.tools.executed]


async def test_a_caller_who_wanted_a_moment_may_still_say_yes(talk):
    assert (await through(talk, *BOOKING, "okay hold on", "yes")).startswith("You are booked")


async def test_a_value_that_is_not_certain_is_asked_about(talk):
    reply = await through(talk, "book an appointment", "friday the 12th at ten")
    assert reply == "Do you mean Friday, February twelfth at ten in the morning?"
    assert "when" not in talk.flow.slots
    assert await talk.say("yes") == "May I have your full name?"
    assert talk.flow.slots["when"] == "2027-02-12T10:00"


async def test_a_no_to_the_guess_asks_for_the_value_anew(talk):
    await through(talk, "book an appointment", "friday the 12th at ten")
    assert await talk.say("no") == "What day and time would you like?"
    await talk.say("monday no wait tuesday at ten thirty")
    assert talk.flow.slots["when"] == "2026-11-24T10:30"


async def test_another_value_answers_the_guess(talk):
    await through(talk, "book an appointment", "friday the 12th at ten")
    assert await talk.say("no, friday the 11th at ten thirty") == "May I have your full name?"
    assert talk.flow.slots["when"] == "2026-12-11T10:30"


async def test_what_may_be_a_name_is_asked_about(talk):
    reply = await through(talk, "book an appointment for next tuesday at ten thirty", "maria l o p e z")
    assert reply == "Do you mean Maria Lopez?"
    assert "phone number" in await talk.say("yes")
    assert talk.flow.slots["name"] == "Maria Lopez"


async def test_an_extension_stays_apart_from_its_number(talk):
    reply = await through(
        talk,
        "book an appointment for next tuesday at ten thirty",
        "maria lopez",
        "two one two five five five zero one four two extension twelve",
    )
    assert "zero one four two, extension one two" in reply
    assert talk.flow.slots["phone"] == "2125550142;ext=12"


@pytest.mark.parametrize(
    ("said", "also"),
    [
        ("that's right", "Is there anything else"),
        ("thank you", "Is there anything else"),
        ("sorry what was that", "Is there anything else"),
        ("do you take blue cross", "Blue Cross"),
        ("no that is all goodbye", ""),
    ],
)
async def test_what_came_of_an_effect_is_told_though_the_caller_talked_over_it(talk, said, also):
    booked = await through(talk, *BOOKING, "yes")
    talk.cut_off("You are")
    reply = await talk.say(said)
    assert reply.startswith(booked.partition(" Is there")[0])
    assert also in reply
    assert [name for name, _ in talk.tools.executed].count("book_appointment") == 1


async def test_it_is_told_until_it_was_heard_and_then_no_more(talk):
    await through(talk, *BOOKING, "yes")
    talk.cut_off("You are booked")
    assert (await talk.say("okay yes")).startswith("You are booked for")
    talk.cut_off("You are")
    assert (await talk.say("yes that is right")).startswith("You are booked for")
    assert "You are booked" not in await talk.say("do you take blue cross")
