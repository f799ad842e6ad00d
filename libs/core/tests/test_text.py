"""Text from outside: what a peer sends can be sent on in UTF-8, whatever it is made of."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_core.text import TextPieces, load_json, well_formed

ANY_TEXT = st.text(st.characters(categories=("L", "N", "P", "So", "Zs", "Cs")))


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("hello", "hello"),
        ("héllo 😀", "héllo 😀"),
        ("\ud800", "\ufffd"),
        ("a\ud800b", "a\ufffdb"),
        ("a\udc00c", "a\ufffdc"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d\ud83d\ude00", "\ufffd😀"),
        ("end \ud83d", "end \ufffd"),
        ("\udce9 of surrogateescape", "\ufffd of surrogateescape"),
    ],
)
def test_lone_surrogates_are_replaced_and_pairs_joined(text: str, right: str) -> None:
    assert well_formed(text) == right


@pytest.mark.parametrize(
    ("data", "right"),
    [
        (b'{"text":"a\\ud800b"}', {"text": "a\ufffdb"}),
        (b'{"text":"\\ud83d\\ude00"}', {"text": "😀"}),
        (b'{"\\uDFFF":[{"deep":["\\uD800"]}]}', {"\ufffd": [{"deep": ["\ufffd"]}]}),
        (b'"\xed\xa0\x80"', "\ufffd"),
        ('"\udc80"', "\ufffd"),
        (b'[1, 2.5, null, true, "\\u00e9"]', [1, 2.5, None, True, "é"]),
    ],
)
def test_json_with_surrogates_is_read(data: bytes | str, right: object) -> None:
    assert load_json(data) == right


@pytest.mark.parametrize("data", [b"{", b"\xff\xfe\xfd", b"[" * 100_000, b'"\\u00"', ""])
def test_what_is_no_json_is_a_value_error(data: bytes | str) -> None:
    with pytest.raises(ValueError):
        load_json(data)


@given(ANY_TEXT)
def test_any_text_survives_the_way_through_json(text: str) -> None:
    assert load_json(json.dumps(text)) == well_formed(text)
    well_formed(text).encode()


@given(st.lists(ANY_TEXT))
def test_pieces_are_the_whole_text(pieces: list[str]) -> None:
    stream = TextPieces()
    assert "".join([*map(stream.feed, pieces), stream.flush()]) == well_formed("".join(pieces))
