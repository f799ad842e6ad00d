"""Where sentences end. Used to cut documents into chunks and chunks into what can be spoken."""

import re

from parley_core.languages.registry import ENGLISH

# Abbreviations after which a full stop never ends the sentence, and those after which a capital letter decides.
_NEVER = ENGLISH.written.titles
_NEVER_BEFORE_DIGIT = ENGLISH.written.before_figures
_BOUNDARY = re.compile(r"[.!?…]+[\"'”’)\]]*\s+(?=[\"'“‘(\[¿¡]?[A-ZÀ-ÖØ-Þ0-9])")
_LAST_WORD = re.compile(r"([A-Za-z][A-Za-z.]*)$")
_HARD_CHARS = 900  # about the model's 256 tokens; a longer "sentence" is a list without stops


def split(text: str) -> list[str]:
    """Cut text into sentences; each keeps its stop, white space is made single, nothing is lost."""
    text = " ".join(text.split())
    found: list[str] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        if match.group().startswith(".") and not _ends_at(text[start : match.start()], text[match.end() :]):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    if text[start:].strip():
        found.append(text[start:].strip())
    return [part for sentence in found for part in _bounded(sentence)]


def ended(text: str) -> str:
    """Return the text with a full stop, if nothing ends it yet."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…:" or text[-2:] in ('."', '!"', '?"') else f"{text}."


def _ends_at(before: str, after: str) -> bool:
    match = _LAST_WORD.search(before)
    if match is None:
        return True
    word = match.group(1).lower()
    if word in _NEVER_BEFORE_DIGIT:
        return not after[:1].isdigit()
    single_letter = len(word) == 1 and match.group(1).isupper() and match.group(1) != "I"
    return word not in _NEVER and not single_letter


def _bounded(sentence: str) -> list[str]:
    parts = []
    while len(sentence) > _HARD_CHARS:
        cut = sentence.rfind(" ", 0, _HARD_CHARS)
        cut = cut if cut > 0 else _HARD_CHARS
        parts.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*parts, sentence] if sentence else parts
