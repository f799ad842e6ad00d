"""Open and complete phrases of many trades in three languages: how many of them the end-of-turn rules judge right.

A line's half is fixed by its text. The rules were tuned on the half `dev` alone; the floors are those of `held`, which
no rule was made for. `make eval-phrases` prints the table.
"""

import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from parley_gateway.turns.dictation import Expects
from parley_gateway.turns.endpointing import Waits, wait_s

FOLDER = Path(__file__).parent / "phrases"
WAITS = Waits(pause_s=0.5, least_s=0.2, most_s=2.5)
HELD_S = 1.0
LANGUAGES = ("en", "es", "de")
LEAST = 300  # phrases of a language
FLOORS = {"en": {True: 0.9, False: 0.93}, "es": {True: 0.9, False: 0.91}, "de": {True: 0.88, False: 0.9}}
"""By language and whether the phrase is open: what the half `held` reaches, less two or three phrases."""
_ASKED = re.compile(r"^\[(\w+)\] ")


@dataclass(frozen=True, slots=True)
class Phrase:
    text: str
    open: bool
    expects: Expects
    half: str


def phrases(language: str) -> Iterator[Phrase]:
    for line in (FOLDER / f"{language}.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        half = ("dev", "held")[zlib.crc32(line.encode()) % 2]
        asked = _ASKED.match(line)
        expects = Expects(asked[1]) if asked else Expects.ANYTHING
        parts = _ASKED.sub("", line).split("|")
        for end in range(1, len(parts) + 1):
            text = " ".join(" ".join(parts[:end]).split())
            # Where the last letter of a spelled name is, nothing shows.
            yield Phrase(text, end < len(parts) or expects is Expects.SPELLING, expects, half)


def right(one: Phrase, language: str, mark: str = "") -> bool:
    wait, _ = wait_s(one.text + mark, WAITS, one.expects, language)
    return wait >= HELD_S if one.open else wait <= WAITS.pause_s


def share(language: str, half: str, *, is_open: bool, mark: str = "") -> tuple[int, int]:
    some = [one for one in phrases(language) if one.half == half and one.open is is_open]
    return sum(right(one, language, mark) for one in some), len(some)


@pytest.mark.parametrize("language", LANGUAGES)
def test_open_phrases_wait_and_complete_ones_do_not(language: str) -> None:
    assert len(list(phrases(language))) >= LEAST
    rows = []
    for half in ("dev", "held"):
        for is_open in (True, False):
            good, among = share(language, half, is_open=is_open)
            kind = "open, waits" if is_open else "complete, is answered"
            rows.append(f"{language}  {half:4}  {kind:21}  {good:3} of {among:3}  {good / among:.0%}")
            assert half == "dev" or good / among >= FLOORS[language][is_open]
    sys.stdout.write("\n" + "\n".join(rows) + "\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_full_stop_behind_a_phrase_that_was_cut_off_changes_nothing(language: str) -> None:
    for one in phrases(language):
        assert right(one, language, ".") is right(one, language)
