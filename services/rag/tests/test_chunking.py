import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_core.errors import BadInput
from parley_rag import sentences
from parley_rag.chunking import Part, chunk_id
from parley_rag.chunking import parts_of as parts_of_blocks
from parley_rag.parsing.blocks import Heading, Table, Text
from parley_rag.parsing.formats import IN_PROCESS, media_type_of
from parley_rag.ports import Scope

MARKDOWN = """---
title: not spoken
---
# Clinic

Intro with **bold**, _emphasis_, `code` and a [link](https://example.org/x).

## Hours

- Open *Monday* to Friday
- Closed on Sunday.

| Day | Opens | Closes |
|-----|-------|--------|
| Saturday | nine | one |

### Holidays

> We are closed at Christmas.

<div>hidden</div>

1. First, call us.

## Parking ##

![the lot](lot.png) is free.
"""


def parts_of(content: bytes, media_type: str, *, max_chars: int) -> list[Part]:
    return parts_of_blocks(IN_PROCESS[media_type](content).blocks, max_chars=max_chars)


def markdown(text: str, max_chars: int = 480) -> list[Part]:
    return parts_of(text.encode(), "text/markdown", max_chars=max_chars)


def test_markdown_is_cut_by_headings_and_keeps_their_path() -> None:
    assert markdown(MARKDOWN) == [
        Part("Clinic", 0, "Intro with bold, emphasis, code and a link."),
        Part("Clinic > Hours", 1, "Open Monday to Friday. Closed on Sunday. Saturday, Opens nine, Closes one."),
        Part("Clinic > Hours > Holidays", 2, "We are closed at Christmas. First, call us."),
        Part("Clinic > Parking", 3, "the lot is free."),
    ]


def test_plain_text_is_cut_into_whole_sentences() -> None:
    text = "First paragraph\nruns on. It has two sentences.\n\nSecond # paragraph * here"
    parts = parts_of(text.encode(), "text/plain", max_chars=50)
    assert [part.text for part in parts] == [
        "First paragraph runs on. It has two sentences.",
        "Second # paragraph * here.",
    ]
    assert {part.section for part in parts} == {""}


def test_parts_stay_in_bounds_and_no_sentence_is_lost() -> None:
    lines = [f"This is sentence number {at} of the section." for at in range(40)]
    parts = markdown("# All\n\n" + " ".join(lines), max_chars=200)
    assert len(parts) > 5
    assert max(len(part.text) for part in parts) <= 200
    assert [part.ordinal for part in parts] == list(range(len(parts)))
    told = [line for part in parts for line in sentences.split(part.text)]
    assert list(dict.fromkeys(told)) == lines


def test_a_short_last_sentence_opens_the_next_part_too() -> None:
    lines = [f"Line {at} is short." for at in range(20)]
    first, second, *_ = markdown(" ".join(lines), max_chars=120)
    assert sentences.split(first.text)[-1] == sentences.split(second.text)[0]


def test_a_sentence_longer_than_the_bound_stays_whole() -> None:
    sentence = "word " * 30 + "end."
    assert [part.text for part in markdown(sentence, max_chars=100)] == [sentence]


@pytest.mark.parametrize("content", [b"", b"  \n\n ", b"---\n", b"# Only a heading\n", b"<!-- nothing -->"])
def test_a_document_without_text_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput, match="has no text"):
        parts_of(content, "text/markdown", max_chars=480)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadInput, match="not UTF-8"):
        parts_of(b"\xff\xfe\x00", "text/plain", max_chars=480)


def test_a_row_keeps_the_header_of_its_table_in_every_part() -> None:
    rows = tuple((f"Item {at}", f"{at} euros") for at in range(30))
    parts = parts_of_blocks([Table(("Dish", "Price"), rows, page=2)], max_chars=120)
    assert len(parts) > 5
    assert all(sentence.count("Price") == 1 for part in parts for sentence in sentences.split(part.text))
    assert {part.page for part in parts} == {2}


def test_a_part_has_the_page_where_it_begins() -> None:
    blocks = [Heading(1, "Menu", 1), Text("Soup. " * 20, 1), Text("Fish.", 2), Heading(1, "Wine", 3), Text("Red.", 3)]
    parts = parts_of_blocks(blocks, max_chars=80)
    assert [part.page for part in parts] == sorted(part.page for part in parts)
    assert (parts[-1].section, parts[-1].page) == ("Wine", 3)


@pytest.mark.parametrize(("name", "said"), [("a.exe", ""), ("noending", ""), ("a.md", "application/x-thing")])
def test_a_media_type_that_is_not_known_is_refused(name: str, said: str) -> None:
    with pytest.raises(BadInput, match="known endings"):
        media_type_of(name, b"hello", said)


def test_a_file_that_is_something_else_than_its_name_is_refused() -> None:
    with pytest.raises(BadInput, match="application/pdf, not image/png"):
        media_type_of("a.png", b"%PDF-1.7 ...")


def test_ids_are_uuids_that_depend_on_owner_document_section_and_place() -> None:
    part = Part("Hours", 0, "We are open.")
    one = chunk_id(Scope("acme", "clinic"), "faq.md", part)
    assert uuid.UUID(one).version == 5
    assert one == chunk_id(Scope("acme", "clinic"), "faq.md", Part("Hours", 0, "another text"))
    others = {
        chunk_id(Scope("other", "clinic"), "faq.md", part),
        chunk_id(Scope("acme", "hotel"), "faq.md", part),
        chunk_id(Scope("acme", "clinic"), "faq2.md", part),
        chunk_id(Scope("acme", "clinic"), "faq.md", Part("Hours", 1, "We are open.")),
        chunk_id(Scope("acme", "clinic"), "faq.md", Part("Days", 0, "We are open.")),
    }
    assert len(others | {one}) == 6


@given(st.text(max_size=2000), st.sampled_from(["text/markdown", "text/plain"]))
def test_any_text_gives_the_same_parts_twice_or_is_refused(text: str, media_type: str) -> None:
    content = text.encode("utf-8", errors="ignore")
    try:
        parts = parts_of(content, media_type, max_chars=200)
    except BadInput:
        return
    assert parts == parts_of(content, media_type, max_chars=200)
    assert all(part.text.strip() for part in parts)
