"""The end-of-turn score: what is complete, what goes on, what is being dictated."""

import pytest
from parley_gateway.turns.dictation import Ending, Expects
from parley_gateway.turns.endpointing import Waits, ending_of, expected_by, wait_s

WAITS = Waits(pause_s=0.5, least_s=0.2, most_s=2.5)

COMPLETE = [
    "I would like to change my appointment",
    "could you cancel my reservation",
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
    "what time do you",
    "what time do you.",
    "Could you tell me how",
    "where is the nearest",
    "is breakfast included in the",
    "it would have to be after",
    "I'd like to book a",
    "no I can't come at",
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
        ("five five five zero one four two", Expects.PHONE, Ending.UNFINISHED),
        ("555 0142", Expects.PHONE, Ending.UNFINISHED),
        ("five five five zero one four two two six seven", Expects.PHONE, Ending.COMPLETE),
        ("double five", Expects.PHONE, Ending.UNFINISHED),
        ("five five double", Expects.PHONE, Ending.UNFINISHED),
        ("at ten thirty", Expects.ANYTHING, Ending.OPEN),
        ("four two", Expects.NUMBER, Ending.PARTIAL),
        ("maria at example", Expects.EMAIL, Ending.UNFINISHED),
        ("maria at example dot com", Expects.EMAIL, Ending.COMPLETE),
        ("my email is maria at example dot", Expects.ANYTHING, Ending.UNFINISHED),
        ("it is spelled l o", Expects.NAME, Ending.UNFINISHED),
        ("l o p e z", Expects.NAME, Ending.UNFINISHED),
        ("maria", Expects.NAME, Ending.PARTIAL),
        ("maria lopez", Expects.NAME, Ending.OPEN),
        ("no", Expects.PHONE, Ending.COMPLETE),
        ("one two one two five five five zero one four", Expects.PHONE, Ending.UNFINISHED),
        ("maria at example dot co", Expects.EMAIL, Ending.DICTATED),
        ("maria at example dot co dot uk", Expects.EMAIL, Ending.COMPLETE),
        ("my date of birth is january", Expects.ANYTHING, Ending.UNFINISHED),
        ("january the third", Expects.BIRTH, Ending.UNFINISHED),
        ("january the third nineteen", Expects.BIRTH, Ending.UNFINISHED),
        ("january the third nineteen eighty two", Expects.BIRTH, Ending.COMPLETE),
        ("3 January 1982.", Expects.BIRTH, Ending.COMPLETE),
        ("w", Expects.SPELLING, Ending.UNFINISHED),
        ("M-A-R-I", Expects.ANYTHING, Ending.UNFINISHED),
        ("my address is forty two", Expects.ANYTHING, Ending.UNFINISHED),
        ("forty two oak street", Expects.ADDRESS, Ending.PARTIAL),
        ("i don't have one", Expects.EMAIL, Ending.OPEN),
        ("six four", Expects.NUMBER, Ending.PARTIAL),
        ("six four two one", Expects.NUMBER, Ending.DICTATED),
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
        ("What is your date of birth?", Expects.BIRTH),
        ("Could you spell your last name, please?", Expects.SPELLING),
        ("What is your home address?", Expects.ADDRESS),
        ("We have your phone number.", Expects.ANYTHING),
    ],
)
def test_what_an_answer_is_made_of_is_told_by_the_question(question: str, expects: Expects) -> None:
    assert expected_by(question) is expects


@pytest.mark.parametrize(("sure", "wait"), [(0.0, 0.5), (0.6, 0.5), (0.7, 0.3), (1.0, 0.3)])
def test_a_recogniser_that_is_sure_of_the_end_shortens_an_open_wait(sure: float, wait: float) -> None:
    assert {wait_s(text, WAITS, end_of_turn=sure)[0] for text in OPEN} == {wait}


def test_a_recogniser_that_is_sure_does_not_end_what_cannot_be_over() -> None:
    for text in ("i'd like to book an", "my number is five five five"):
        assert wait_s(text, WAITS, Expects.PHONE, end_of_turn=1.0) == wait_s(text, WAITS, Expects.PHONE)
