"""The end-of-turn score: what is complete, what goes on, what is being dictated."""

import pytest
from parley_gateway.turns.endpointing import Ending, Expects, Waits, ending_of, expected_by, wait_s

WAITS = Waits(pause_s=0.5, least_s=0.2, most_s=2.5)

COMPLETE = [
    "what are your opening hours on saturday",
    "do you accept blue cross insurance",
    "Could you tell me your opening hours on Saturday?",
    "i would like to book an appointment for next tuesday at ten thirty",
    "I need to see a doctor please",
    "yes that is right",
    "no thanks",
    "yes please",
    "that's all thank you",
    "thank you goodbye",
    "Hello?",
    "who is it for?",
    "who is it from",
]
OPEN = ["hello there", "tuesday", "maria lopez", "a morning appointment", "ten thirty", "blah end"]
UNFINISHED = [
    "I'd like to book an",
    "i would like to come on tuesday and",
    "my number is",
    "my name is",
    "because",
    "i want to see doctor",
    "could you, um",
    "well I was wondering if",
    "i live at the corner of",
    "I need an appointment for my",
    "so what I want is...",
    "i'd like to",
]


@pytest.mark.parametrize("text", COMPLETE)
def test_a_whole_sentence_is_complete(text: str) -> None:
    assert ending_of(text) is Ending.COMPLETE


@pytest.mark.parametrize("text", OPEN)
def test_what_cannot_be_told_waits_for_the_usual_pause(text: str) -> None:
    assert ending_of(text) is Ending.OPEN
    assert wait_s(text, WAITS)[0] == 0.5


@pytest.mark.parametrize("text", UNFINISHED)
def test_a_sentence_that_must_go_on_waits_to_the_limit(text: str) -> None:
    assert ending_of(text) is Ending.UNFINISHED
    assert wait_s(text, WAITS)[0] == 2.5


@pytest.mark.parametrize(
    ("text", "expects", "ending"),
    [
        ("my number is five five five", Expects.ANYTHING, Ending.UNFINISHED),
        ("five five five", Expects.PHONE, Ending.UNFINISHED),
        ("it's 555", Expects.PHONE, Ending.UNFINISHED),
        ("five five five zero one four", Expects.PHONE, Ending.UNFINISHED),
        ("five five five zero one four two", Expects.PHONE, Ending.PARTIAL),
        ("555 0142", Expects.PHONE, Ending.PARTIAL),
        ("five five five zero one four two two six seven", Expects.PHONE, Ending.COMPLETE),
        ("double five", Expects.PHONE, Ending.UNFINISHED),
        ("five five double", Expects.PHONE, Ending.UNFINISHED),
        ("at ten thirty", Expects.ANYTHING, Ending.OPEN),
        ("four two", Expects.NUMBER, Ending.PARTIAL),
        ("maria at example", Expects.EMAIL, Ending.UNFINISHED),
        ("maria at example dot com", Expects.EMAIL, Ending.COMPLETE),
        ("my email is maria at example dot", Expects.ANYTHING, Ending.UNFINISHED),
        ("it is spelled l o", Expects.NAME, Ending.UNFINISHED),
        ("l o p e z", Expects.NAME, Ending.PARTIAL),
        ("maria", Expects.NAME, Ending.PARTIAL),
        ("maria lopez", Expects.NAME, Ending.OPEN),
        ("no", Expects.PHONE, Ending.COMPLETE),
    ],
)
def test_a_value_that_is_being_dictated_waits(text: str, expects: Expects, ending: Ending) -> None:
    assert ending_of(text, expects) is ending


def test_a_complete_sentence_waits_200_to_300_ms_whatever_the_pause() -> None:
    text = COMPLETE[0]
    assert wait_s(text, WAITS)[0] == 0.3
    assert wait_s(text, Waits(0.1, 0.0, 2.5))[0] == 0.2
    assert wait_s(text, Waits(0.25, 0.2, 2.5))[0] == 0.25


def test_the_agents_limits_stand_above_the_score() -> None:
    assert wait_s(COMPLETE[0], Waits(0.5, 0.4, 2.5))[0] == 0.4
    assert wait_s(UNFINISHED[0], Waits(0.2, 0.0, 0.2))[0] == 0.2


@pytest.mark.parametrize(
    ("question", "expects"),
    [
        ("And what is your phone number?", Expects.PHONE),
        ("May I have your full name?", Expects.NAME),
        ("What is your e-mail address?", Expects.EMAIL),
        ("Could you give me your member number?", Expects.NUMBER),
        ("What day and time would you like?", Expects.ANYTHING),
        ("We have your phone number.", Expects.ANYTHING),
    ],
)
def test_what_an_answer_is_made_of_is_told_by_the_question(question: str, expects: Expects) -> None:
    assert expected_by(question) is expects
