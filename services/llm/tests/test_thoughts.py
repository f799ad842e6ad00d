"""What is kept out of the spoken text does not depend on where a server cuts its chunks."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from parley_llm.providers.openai_compatible.thoughts import SpokenText

PARTS = st.sampled_from(
    [
        "we open ",
        "at nine",
        "<think>",
        "</think>",
        "<",
        "</",
        ">",
        "<thi",
        "[THINK]",
        "[/think]",
        "<|",
        "<|end|>",
        "\n",
        "é",
    ]
)
TEXTS = st.lists(PARTS, max_size=12).map("".join)


def spoken(pieces: list[str], *, begins_with_thoughts: bool) -> str:
    text = SpokenText(begins_with_thoughts=begins_with_thoughts)
    return "".join([*(text.feed(piece) for piece in pieces), text.flush()])


@given(TEXTS, st.sets(st.integers(1, 80)), st.booleans())
def test_cuts_change_nothing(text: str, cuts: set[int], thinks: bool) -> None:
    places = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    pieces = [text[start:end] for start, end in pairwise(places)]
    whole = spoken([text], begins_with_thoughts=thinks)
    assert spoken(pieces, begins_with_thoughts=thinks) == whole
    assert "<think>" not in whole


@given(st.text(alphabet="abc <>/[]|", max_size=60))
def test_text_without_tags_is_spoken_as_it_is(text: str) -> None:
    assert spoken([text], begins_with_thoughts=False) == text
