import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_tts.text import has_sound, prepare


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("at 10:30.", "at 10 30."),
        ("at 9:05 am", "at 9 oh 5 am"),
        ("at 9:00", "at 9 o'clock"),
        ("at 5pm,", "at 5 P M,"),
        ("from 8:00am to 12:30 p.m.", "from 8 A M to 12 30 P M."),
        ("It costs $20.", "It costs 20 dollars."),
        ("It costs $1.50, or €3.", "It costs 1 dollar and 50 cents, or 3 euros."),
        ("$2.5 million!", "2.5 million dollars!"),
        ("Dr. Lopez on Elm Dr. today", "doctor Lopez on Elm drive. today"),
        ("Mr. and Mrs. Ito", "mister and missus Ito"),
        ("call 555-0142 now", "call 5 5 5, 0 1 4 2, now"),
        ("(212) 555-0142.", "2 1 2, 5 5 5, 0 1 4 2."),
        ("+12125550142", "plus 1 2 1 2 5 5 5 0 1 4 2,"),
        ("write to maria.lopez@clinic.com.", "write to maria dot lopez at clinic dot com."),
        ("see www.clinic.org/hours", "see w w w dot clinic dot org slash hours"),
        ("on 2026-03-02,", "on March 2nd 2026,"),
        ("25% off & more", "25 percent off and more"),
        ("room #4", "room number 4"),
        ("the year 2026, 300 people", "the year 2026, 300 people"),
    ],
)
def test_text_is_written_out_for_speech(text: str, spoken: str) -> None:
    assert prepare(text).spoken == spoken


def test_other_languages_are_left_alone() -> None:
    assert prepare("Um 10:30 Uhr, $20", "de-DE").spoken == "Um 10:30 Uhr, $20"


def test_every_character_belongs_to_the_token_it_came_from() -> None:
    prepared = prepare("Come at 10:30 to room 5")
    assert prepared.tokens == ("Come", "at", "10:30", "to", "room", "5")
    assert [prepared.token_at(prepared.spoken.index(part)) for part in ("Come", "10", "30", "to", "room")] == [
        0,
        2,
        2,
        3,
        4,
    ]


@given(st.text(max_size=200))
def test_the_tokens_are_always_the_words_of_the_text(text: str) -> None:
    prepared = prepare(text)
    assert list(prepared.tokens) == text.split() or " ".join(prepared.tokens) == " ".join(text.split())
    assert len(prepared.starts) == len(prepared.tokens)
    assert all(0 <= prepared.token_at(at) < len(prepared.tokens) for at in range(len(prepared.spoken)))


def test_marks_alone_have_no_sound() -> None:
    assert not has_sound(" – …!")
    assert has_sound("é")
