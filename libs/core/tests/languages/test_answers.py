"""The judgement of answers, on phrases of every pack: `answers/<tag>.txt` beside this file."""

from pathlib import Path

import pytest
from parley_core.languages.answers import folded, judge
from parley_core.languages.registry import PACKS, pack

PHRASES = Path(__file__).parent / "answers"
JUDGED = [one for one in PACKS.values() if one.answers.yes]
KINDS = ("around", "yes", "right", "rhetorical", "doubt", "nots", "no", "wait", "change", "asks")
LEAST_PHRASES = 40
LEAST_OF_A_KIND = 5
LEAST_RIGHT = 0.9  # of the phrases that the words were not chosen by


def phrases(tag: str) -> tuple[str, dict[str, list[tuple[set[str], str]]]]:
    """The question, and the answers of both halves with what each may be judged as."""
    asked, half = "", ""
    halves: dict[str, list[tuple[set[str], str]]] = {"tuned": [], "held out": []}
    for line in (PHRASES / f"{tag}.txt").read_text("utf-8").splitlines():
        if line.removeprefix("# ") in halves:
            half = line.removeprefix("# ")
        elif line and not line.startswith("#"):
            kinds, _, text = line.partition(": ")
            if kinds == "asked":
                asked = text
            else:
                halves[half].append((set(kinds.split("/")), text))
    return asked, halves


@pytest.mark.parametrize("tag", [one.tag for one in JUDGED])
def test_every_phrase_that_the_words_were_chosen_by_is_judged_right(tag: str) -> None:
    asked, halves = phrases(tag)
    wrong = {text: found for kinds, text in halves["tuned"]
             if (found := judge(text, pack(tag).answers, asked=asked).value) not in kinds}  # fmt: skip
    assert not wrong
    assert len(halves["tuned"]) >= LEAST_PHRASES / 2


@pytest.mark.parametrize("tag", [one.tag for one in JUDGED])
def test_of_other_phrases_none_is_wrongly_a_yes_and_most_are_judged_right(tag: str) -> None:
    asked, halves = phrases(tag)
    judged = [(kinds, text, judge(text, pack(tag).answers, asked=asked).value) for kinds, text in halves["held out"]]
    assert not [text for kinds, text, found in judged if found == "yes" and "yes" not in kinds]
    wrong = {text: found for kinds, text, found in judged if found not in kinds}
    assert len(wrong) <= (1 - LEAST_RIGHT) * len(judged), wrong
    assert len(judged) >= LEAST_PHRASES / 2


@pytest.mark.parametrize("tag", [one.tag for one in JUDGED])
def test_a_phrase_is_of_one_kind(tag: str) -> None:
    every = [folded(phrase) for kind in KINDS for phrase in getattr(pack(tag).answers, kind)]
    assert not {phrase for phrase in every if every.count(phrase) > 1}
    assert set(pack(tag).answers.unended) <= set(pack(tag).answers.around)


def test_a_language_without_words_has_no_clear_answer() -> None:
    assert judge("oui", pack("sv").answers).value == "unclear"
    assert judge("yes", pack("sv").answers).value == "unclear"


@pytest.mark.parametrize("text", ["", "   ", "?", "...", "\ud800", "👍", "yes" * 2000, "yes " * 2000])
def test_any_text_is_judged(text: str) -> None:
    assert judge(text, pack("en").answers).value in {"yes", "question", "unclear"}


@pytest.mark.parametrize("tag", [one.tag for one in JUDGED])
@pytest.mark.parametrize("kind", ["yes", "no", "change", "wait", "question", "unclear"])
def test_every_kind_of_answer_has_five_phrases_in_every_language(tag: str, kind: str) -> None:
    _, halves = phrases(tag)
    assert sum(kinds == {kind} for half in halves.values() for kinds, _ in half) >= LEAST_OF_A_KIND
