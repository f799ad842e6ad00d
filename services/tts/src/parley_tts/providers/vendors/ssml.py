"""Speech Synthesis Markup Language (W3C SSML 1.1) for the vendors that take it: `azure` and `google`.

Between `text.prepare` and the request, sounds of the agent's document stand between private characters, so that all
other text can be escaped.
"""

import re
import unicodedata
from xml.sax.saxutils import escape, quoteattr

from parley_tts.figures import Dialect

_BEGINS, _MIDDLE, _ENDS = "\ue000", "\ue001", "\ue002"
_SOUNDED = re.compile(f"{_BEGINS}([^{_MIDDLE}]*){_MIDDLE}([^{_ENDS}]*){_ENDS}")
_WORD = re.compile(f"{_BEGINS}[^{_ENDS}]*{_ENDS}\\S*|\\S+")
SOUNDS = Dialect(sounds=lambda written, ipa: f"{_BEGINS}{written}{_MIDDLE}{ipa}{_ENDS}")


def inner(text: str) -> str:
    """The prepared text as SSML, without the element around it."""
    return _SOUNDED.sub(_phoneme, escape(text))


def marked(text: str) -> str:
    """Likewise, with a mark in front of each word that is named after the word's position."""
    return _WORD.sub(lambda word: f'<mark name="{word.start()}"/>{inner(word.group())}', text)


def plain(text: str) -> str:
    """The prepared text without sounds, for voices that take no markup."""
    return _SOUNDED.sub(r"\1", text)


def billed(text: str) -> int:
    """Characters as Azure counts them: a Chinese one is two."""
    return sum(2 if unicodedata.name(c, "").startswith("CJK UNIFIED") else 1 for c in text)


def _phoneme(found: re.Match[str]) -> str:
    return f'<phoneme alphabet="ipa" ph={quoteattr(found[2])}>{found[1]}</phoneme>'
