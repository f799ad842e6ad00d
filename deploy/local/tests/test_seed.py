from pathlib import Path

import pytest
from parley_core.bus.memory import MemoryBus
from parley_core.errors import BadInput
from parley_local.seed import publish_agent, sentences_of

AGENT = "agent: a\nname: A\nlanguage: en-US\nfirst_speaker: caller\nknowledge: [{name}]\n"


def test_sentences_come_without_markup_and_in_order() -> None:
    text = "# Opening hours\n\nWe are **open** on [Monday](x). Are you?\n- Parking is free!\n| Doctor | Room |\n"
    assert sentences_of(text) == [
        "Opening hours",
        "We are open on Monday x",
        "Are you",
        "Parking is free",
        "Doctor Room",
    ]


def test_a_hyphen_inside_a_word_stays() -> None:
    assert sentences_of("A follow-up visit.") == ["A follow-up visit"]


@pytest.mark.parametrize("text", ["", "\n\n", "...", "# \n- "])
def test_text_without_words_gives_no_sentence(text: str) -> None:
    assert sentences_of(text) == []


async def test_knowledge_that_is_not_there_or_is_no_text_is_named_before_anything_is_published(tmp_path: Path) -> None:
    document = tmp_path / "agent.yaml"
    (tmp_path / "picture.md").write_bytes(b"\xff\xfe\x00")
    for name, problem in (("nobody.md", "No such file"), ("picture.md", "not UTF-8"), ("a.exe", "known endings")):
        document.write_text(AGENT.format(name=name))
        with pytest.raises(BadInput, match=f"{name}: .*{problem}"):
            await publish_agent(MemoryBus(), "127.0.0.1:1", "t", document)
