"""The names that one agent's callers are likely to say, for Whisper's prompt. `provider.py` calls it once per call.

Only names: with everyday words in the prompt short answers are heard as those ("hello" becomes "goodbye").
"""

import re
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from parley_core.languages.registry import ENGLISH, PACKS, pack, primary

from parley_asr.language.corpus import MONTHS, WEEKDAYS, Speech, everyday_words

MAX_WORDS = 40
_TOKEN = re.compile(r"[^\W\d_]+(?:['’.\-][^\W\d_]+)*\.?|[^\w\s]|\d+")
_TITLES = ENGLISH.written.titles - ENGLISH.written.before_figures
_NOUNS_IN_CAPITALS = frozenset({"de", "lb"})  # there only several in a row are taken for a name


def hot_words(speech: Speech, language: str) -> str:
    """Names, most frequent first, separated by commas; "" where there are none."""
    texts = [*speech.knowledge, *speech.asks, *speech.phrases, *speech.starts_on]
    # What callers say is often written without any capitals, so it proves nothing.
    written = [text for text in texts if text.lower() != text]
    common = {word.lower() for text in written for word in _TOKEN.findall(text) if word[0].islower()}
    # English is everywhere: names of products and headings have its words in every language.
    common |= (
        ENGLISH.recognition.common
        | pack(language).recognition.common
        | {*WEEKDAYS, *MONTHS, *pack(language).calendar.weekdays, *pack(language).calendar.months}
        | {name for known in PACKS.values() for name in known.names}
        | (everyday_words() if primary(language) == "en" else set())
    )
    least = 2 if primary(language) in _NOUNS_IN_CAPITALS else 1
    runs: Counter[tuple[str, ...]] = Counter()
    opening: Counter[tuple[str, ...]] = Counter()  # single words that begin a sentence: often no names, as in headings
    for text in texts:
        for run, begins in _runs(text, common):
            if len(run) >= least:
                (opening if begins and len(run) == 1 else runs)[run] += 1
    inside = {word for run in runs for word in run}
    runs.update({run: count for run, count in opening.items() if run[0] in inside or count > 1})
    chosen: list[str] = []
    words = 0
    for run, _ in runs.most_common():
        if words + len(run) <= MAX_WORDS:
            chosen.append(" ".join(run))
            words += len(run)
    return ", ".join(chosen)


def _runs(text: str, common: AbstractSet[str]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Words with capital letters that follow each other, and whether they begin a sentence."""
    run: list[str] = []
    begins = fresh = True
    for token in [*_TOKEN.findall(text), "."]:
        title = token.rstrip(".").lower() in _TITLES
        word = (token if title else token.rstrip(".")).removesuffix("'s").removesuffix("’s")
        if word and word[0].isupper() and (title or word.lower() not in common):
            if not run:
                begins = fresh
            run.append(word)
            fresh = False
            if word == token:
                continue
        if any(word.rstrip(".").lower() not in _TITLES for word in run):
            yield tuple(run), begins
        run = []
        fresh = token[-1] in ".!?:"
