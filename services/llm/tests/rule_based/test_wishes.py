"""What strangers said to the example agents and was taken for something else (FIELD: a wish dropped, a near wish, two
wishes, follow-ups, goodbyes), each with more of its kind in other words and on another agent."""

import pytest
from parley.v1 import events_pb2
from parley_core.agents import Flow, Slot
from parley_llm.providers.base import ToolSpec
from parley_testing.conversation import FakeKnowledge

from .test_brain import BOOKING, Talk, through
from .test_flows_in_languages import GERMAN, SPANISH, in_words

HANG_UP, HAND_OFF = events_pb2.AFTER_REPLY_HANG_UP, events_pb2.AFTER_REPLY_HAND_OFF
SHOP = {
    "shipping cost": "Shipping costs six dollars.",
    "warranty long": "The warranty is two years.",
    "warranty batteries": "Batteries have six months.",
    "open saturday weekends": "On Saturday we are open until one.",
    "opening hours": "We are open Monday to Friday.",
}


@pytest.fixture
def shop(clinic, tools) -> Talk:
    """Another trade: no bookings, an order that is looked up by its number."""
    rows = {"GL10234": "arrives on Wednesday"}

    def status(given: dict[str, object]) -> tuple[str, dict[str, object]]:
        known = rows.get(str(given["order"]))
        return ("OK", {"status": known}) if known else ("NOT_FOUND", {})

    tools.run = {**tools.run, "order_status": status}
    schema = '{"type":"object","properties":{"order":{"type":"string"}}}'
    tools.specs = (*(one for one in tools.specs if one.name == "hand_off"), ToolSpec("order_status", "", schema))
    slot = Slot(name="order", kind="membership", ask="What is your order number?", pattern="GL[0-9]{5}")
    flow = Flow(name="order_status", starts_on=["where is my order"], slots=[slot], call="order_status",
                done="Order {order} {status}.")  # fmt: skip
    agent = clinic.model_copy(update={"flows": [flow], "tools": ["order_status", "hand_off"], "guardrails": []})
    return Talk(agent, FakeKnowledge(SHOP), tools)


@pytest.mark.parametrize(
    "said",
    [
        "i would like to book an appointment with doctor patel on monday at nine",
        "book an appointment with dr patel for monday at nine",
        "can i make an appointment to see doctor patel on monday at nine",
        "schedule a visit with dr patel at nine on monday please",
        "i need to book an appointment with doctor patel monday at nine",
    ],
)
async def test_the_doctor_in_the_phrase_is_the_tools_argument(clinic, knowledge, tools, said) -> None:
    talk = Talk(clinic, knowledge, tools)
    await through(talk, said, "maria lopez")
    assert "With patel." in await talk.say("five five five zero one four two")
    await talk.say("yes")
    (booked,) = [given for name, given in talk.tools.executed if name == "book_appointment"]
    assert (booked["doctor"], booked["when"]) == ("patel", "2026-11-23T09:00")


@pytest.mark.parametrize(
    ("words", "said", "tells"),
    [
        (None, "book an appointment with doctor house on monday at nine", "cannot arrange House in particular"),
        (SPANISH, "quiero pedir una cita con el doctor casas el lunes a las nueve", "no puedo elegir a Casas"),
        (GERMAN, "ich möchte einen Termin bei Doktor Haus am Montag um neun", "Haus kann ich leider nicht eigens"),
    ],
)
async def test_a_person_who_cannot_be_had_is_said(clinic, knowledge, tools, words, said, tells) -> None:
    find = tools.run["find_slots"]
    tools.run = {
        **tools.run,
        "find_slots": lambda given: ("INVALID_ARGUMENTS", {}) if "doctor" in given else find(given),
    }
    talk = Talk(in_words(clinic, words) if words else clinic, knowledge, tools)
    assert tells in await talk.say(said)
    assert "doctor" not in talk.flow.slots


@pytest.mark.parametrize(
    "said",
    [
        "i already have an appointment on monday can i push it back to friday",
        "could i move my appointment to friday",
        "i need to reschedule my visit to friday please",
        "can you change my appointment to friday",
        "i want to postpone my booking to friday",
    ],
)
async def test_a_booking_is_moved_and_not_made_anew(clinic, knowledge, tools, said) -> None:
    talk = Talk(clinic, knowledge, tools)
    await talk.say(said)
    assert talk.flow.flow == "move_appointment"
    await through(talk, "nine o'clock", "maria lopez", "five five five zero one four two", "yes")
    (moved,) = [given for name, given in talk.tools.executed if name == "reschedule_appointment"]
    assert moved["when"] == "2026-11-27T09:00"
    assert not [name for name, _ in talk.tools.executed if name == "book_appointment"]


@pytest.mark.parametrize(
    "said",
    [
        "i want to cancel my appointment", "please cancel the booking for tuesday", "i can't come to my appointment",
        "i have to call off my visit", "can you cancel my appointment",
    ],
)  # fmt: skip
async def test_a_booking_is_cancelled(clinic, knowledge, tools, said) -> None:
    talk = Talk(clinic, knowledge, tools)
    await through(talk, said, "maria lopez", "five five five zero one four two", "yes")
    assert [name for name, _ in talk.tools.executed] == ["cancel_appointment"]


@pytest.mark.parametrize(
    ("words", "said", "tells"),
    [
        (None, "can i move my appointment to friday", "cannot move bookings"),
        (None, "i need to cancel my appointment", "cannot cancel bookings"),
        (SPANISH, "quiero cambiar mi cita al viernes", "no puedo cambiar reservas"),
        (SPANISH, "tengo que anular mi cita", "no puedo anular reservas"),
        (GERMAN, "kann ich meinen Termin auf Freitag verschieben", "leider nicht verlegen"),
        (GERMAN, "ich muss meinen Termin absagen", "leider nicht stornieren"),
    ],
)
async def test_what_an_agent_cannot_do_with_a_booking_is_said(clinic, knowledge, tools, words, said, tells) -> None:
    agent = in_words(clinic, words) if words else clinic
    agent = agent.model_copy(update={"flows": agent.flows[:1]})
    talk = Talk(agent, knowledge, tools)
    assert tells in await talk.say(said)
    assert talk.flow.flow == ""


@pytest.mark.parametrize(
    "said",
    [
        "how much is shipping cost and how long is the warranty",
        "what does shipping cost, and what is the warranty?",
        "how long is the warranty? what is the shipping cost?",
        "what's the shipping cost and also how long is the warranty",
    ],
)
async def test_two_questions_in_one_sentence_are_both_answered(shop, said) -> None:
    reply = await shop.say(said)
    assert "six dollars" in reply
    assert "two years" in reply


@pytest.mark.parametrize(
    "said", ["and for batteries?", "and batteries?", "what about batteries?", "how about batteries"]
)
async def test_a_question_goes_on_with_the_one_before(shop, said) -> None:
    assert "two years" in await shop.say("how long is the warranty?")
    assert await shop.say(said) == "Batteries have six months."


@pytest.mark.parametrize("said", ["No no, I mean on weekends.", "no, i meant saturday", "and on saturday?"])
async def test_a_no_that_goes_on_is_no_goodbye(shop, said) -> None:
    await shop.say("what are your opening hours?")
    assert "Saturday" in await shop.say(said)
    assert shop.then != HANG_UP


@pytest.mark.parametrize("said", ["stop, please", "stop", "please stop", "stop talking"])
async def test_stop_is_no_goodbye(shop, said) -> None:
    await shop.say("what are your opening hours?")
    await shop.say(said)
    assert shop.then != HANG_UP


@pytest.mark.parametrize("said", ["Okay thanks, bye", "thanks, goodbye", "no thank you bye", "ok, that's all, bye bye"])
async def test_a_goodbye_is_none_of_what_was_offered(shop, said) -> None:
    assert "Which would you like?" in await shop.say("who won the world cup")
    await shop.say(said)
    assert shop.then == HANG_UP


@pytest.mark.parametrize("said", ["thanks", "okay, thank you"])
async def test_thanks_for_an_offer_take_up_none(shop, said) -> None:
    await shop.say("who won the world cup")
    await shop.say(said)
    assert shop.then != HAND_OFF


@pytest.mark.parametrize("wrong", ["GL99999", "G L one oh two three five", "g l 5 5 5 5 5", "GL10233"])
async def test_a_value_that_does_not_exist_is_not_taken_for_a_near_one(shop, wrong) -> None:
    reply = await through(shop, "where is my order", wrong)
    assert reply == "I am sorry, I do not find that. What is your order number?"
    assert "Wednesday" in await shop.say("GL10234")


async def test_a_question_in_a_flow_that_nothing_answers_is_said_to_be_unknown(clinic, tools) -> None:
    talk = Talk(clinic, FakeKnowledge({}), tools)
    reply = await through(talk, *BOOKING[:1], "what colour is the door?")
    assert reply == "I am sorry, I do not know that. May I have your full name?"


@pytest.mark.parametrize(
    "said",
    [
        "give me a person",
        "i want someone real",
        "is there a human",
        "can i have a representative",
        "find me a colleague",
    ],
)
async def test_a_person_is_asked_for_in_other_words(shop, said) -> None:
    await through(shop, "where is my order", said)
    assert shop.then == HAND_OFF


@pytest.mark.parametrize(
    "said",
    ["can i book for tuesday at nine", "could i get something on tuesday at nine", "book me in on tuesday at nine"],
)
async def test_a_new_booking_is_not_taken_for_a_move(clinic, knowledge, tools, said) -> None:
    talk = Talk(clinic, knowledge, tools)
    await talk.say(said)
    assert talk.flow.flow in ("", "book_appointment")


async def test_what_is_never_found_ends_with_a_person(shop) -> None:
    reply = await through(shop, "where is my order", "GL99999", "GL99998", "GL99997")
    assert reply.endswith("Shall I connect you to a colleague?")


@pytest.mark.parametrize(
    "said",
    [
        "i'd rather not",
        "no, i won't tell you",
        "i don't want to say",
        "i'd rather not give you that",
        "i don't have one",
    ],
)
async def test_a_caller_who_gives_no_data_is_told_that_it_is_needed(clinic, knowledge, tools, said) -> None:
    talk = Talk(clinic, knowledge, tools)
    reply = await through(talk, BOOKING[0], "maria lopez", said)
    assert reply == "I am afraid I need that for it. And what is your phone number?"
    assert (await talk.say(said)).endswith("Shall I connect you to a colleague?")


@pytest.mark.parametrize("said", ["almost, make it nine", "almost but make it nine", "close, but nine o'clock"])
async def test_almost_changes_what_was_read_back(clinic, knowledge, tools, said) -> None:
    talk = Talk(clinic, knowledge, tools)
    await through(talk, *BOOKING, said)
    assert talk.flow.slots["when"] == "2026-11-24T09:00"
