import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_rag import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We are open. Come in!", ["We are open.", "Come in!"]),
        ("Dr. Chen is here. Mr. Lee is not.", ["Dr. Chen is here.", "Mr. Lee is not."]),
        ("See No. 5 first. No. We do not.", ["See No. 5 first.", "No.", "We do not."]),
        ("It costs 3.50 dollars. Really?", ["It costs 3.50 dollars.", "Really?"]),
        ("We close at 5 p.m. Come early.", ["We close at 5 p.m.", "Come early."]),
        ("Bring a card, e.g. Visa or such. Thanks.", ["Bring a card, e.g. Visa or such.", "Thanks."]),
        ("J. R. Smith works here. I do too.", ["J. R. Smith works here.", "I do too."]),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("no capital. after the stop", ["no capital. after the stop"]),
        ("  spaces\n and lines  ", ["spaces and lines"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_stop(text: str, expected: list[str]) -> None:
    assert sentences.split(text) == expected


@given(st.text(alphabet="aB .!?1\n\"'Dr", max_size=300))
def test_nothing_but_white_space_is_lost(text: str) -> None:
    assert " ".join(sentences.split(text)) == " ".join(text.split())


def test_a_text_without_stops_is_cut_between_words() -> None:
    parts = sentences.split("word " * 500)
    assert max(map(len, parts)) <= 900
    assert " ".join(parts) == ("word " * 500).strip()


@pytest.mark.parametrize(("text", "expected"), [("hours", "hours."), ("hours?", "hours?"), ("", ""), ("a:", "a:")])
def test_a_line_gets_a_stop_when_it_has_none(text: str, expected: str) -> None:
    assert sentences.ended(text) == expected
