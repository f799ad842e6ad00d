"""Pronunciations: the stock US English dictionary restricted to the words needed, and espeak-ng for those it lacks."""

import ctypes
import logging
import re
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

import espeakng_loader  # type: ignore[import-untyped]

log = logging.getLogger(__name__)

# espeak-ng's IPA for US English, longest first, to the phones of the acoustic model (CMU's ARPAbet without stress).
_PHONES_OF: tuple[tuple[str, str], ...] = (
    ("aɪə", "AY AH"), ("aɪɚ", "AY ER"), ("aʊə", "AW ER"), ("tʃ", "CH"), ("dʒ", "JH"), ("aɪ", "AY"), ("aʊ", "AW"),
    ("eɪ", "EY"), ("oʊ", "OW"), ("əʊ", "OW"), ("ɔɪ", "OY"), ("ɑːɹ", "AA R"), ("ɔːɹ", "AO R"), ("oːɹ", "AO R"),
    ("ɛɹ", "EH R"), ("ɪɹ", "IH R"), ("ʊɹ", "UH R"), ("iə", "IY AH"), ("ɜː", "ER"), ("əl", "AH L"), ("n̩", "AH N"),
    ("p", "P"), ("b", "B"), ("t", "T"), ("d", "D"), ("k", "K"), ("ɡ", "G"), ("g", "G"), ("f", "F"), ("v", "V"),
    ("θ", "TH"), ("ð", "DH"), ("s", "S"), ("z", "Z"), ("ʃ", "SH"), ("ʒ", "ZH"), ("h", "HH"), ("m", "M"), ("n", "N"),
    ("ŋ", "NG"), ("l", "L"), ("ɫ", "L"), ("ɹ", "R"), ("r", "R"), ("j", "Y"), ("w", "W"), ("x", "K"), ("ç", "HH"),
    ("ɾ", "T"), ("ɬ", "L"), ("ʔ", "T"), ("i", "IY"), ("ɪ", "IH"), ("ᵻ", "IH"), ("e", "EY"), ("ɛ", "EH"), ("æ", "AE"),
    ("a", "AA"), ("ɑ", "AA"), ("ɐ", "AH"), ("ʌ", "AH"), ("ə", "AH"), ("ɚ", "ER"), ("ɜ", "ER"), ("ɔ", "AO"),
    ("o", "OW"), ("ʊ", "UH"), ("u", "UW"), ("y", "UW"), ("ø", "ER"), ("œ", "ER"), ("β", "V"), ("ɣ", "G"), ("ɲ", "N Y"),
)  # fmt: skip
_IGNORED = re.compile(r"[ˈˌː\s\u0303\u0329\u200d‍\-|_.,]|\([a-z]+\)")
_LETTERS = {
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K",
    "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH", "v": "V",
    "w": "W", "x": "K S", "y": "IY", "z": "Z",
}  # fmt: skip
# Ways to say a word that the stock dictionary lacks.
_ALSO = {
    "maria": ["M AH R IY AH", "M ER R IY AH", "M EH R IY AH", "M R IY AH"],
    "nguyen": ["W IH N", "N W IH N"],
    "goodbye": ["G UH B AY"],
}


class _Espeak:
    """The library's text-to-phoneme function. It keeps global state, hence one lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._library: ctypes.CDLL | None = None

    def ipa(self, word: str) -> str:
        """Return the US English IPA of a word, or "" where the library cannot be used."""
        with self._lock:
            library = self._library or self._open()
            if library is None:
                return ""
            text = ctypes.c_char_p(word.encode())
            # 1: the text is UTF-8; 0x02: answer in IPA.
            answer: bytes | None = library.espeak_TextToPhonemes(ctypes.byref(text), 1, 0x02)
            return (answer or b"").decode("utf-8", "replace")

    def _open(self) -> ctypes.CDLL | None:
        try:
            library = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError:
            log.warning("espeak-ng unavailable; pronunciations of unknown words come from their letters")
            return None
        library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        # 2: synchronous output, nothing is played; 0x8000: do not end the process on an error.
        if library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0x8000) <= 0:
            return None
        library.espeak_SetVoiceByName(b"en-us")
        self._library = library
        return library


_ESPEAK = _Espeak()  # the C library is one per process, and so is its guard


def read_dictionary(path: Path) -> dict[str, list[str]]:
    """Read a CMU dictionary: every word with its pronunciations, the most usual first."""
    found: dict[str, list[str]] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            word, _, phones = line.strip().partition(" ")
            if phones:
                found.setdefault(word.partition("(")[0], []).append(phones.strip())
    return found


def guess(word: str) -> str:
    """Return a pronunciation for a word that no dictionary knows; never empty for a word with a letter in it."""
    return phones_of(_ESPEAK.ipa(word)) or " ".join(_LETTERS[letter] for letter in word if letter in _LETTERS)


def phones_of(ipa: str) -> str:
    """Translate IPA into the acoustic model's phones; signs that have none are left out."""
    rest = _IGNORED.sub("", ipa.replace("ɑːɹ", "ɑɹ").replace("ː", ""))
    phones: list[str] = []
    while rest:
        for sign, said in _PHONES_OF:
            plain = sign.replace("ː", "")
            if rest.startswith(plain):
                phones.append(said)
                rest = rest[len(plain) :]
                break
        else:
            rest = rest[1:]
    return " ".join(phones)


def pronounce(words: Iterable[str], known: Mapping[str, list[str]], *, names: bool = False) -> tuple[list[str], int]:
    """Return the lines of a dictionary for `words`, and how many of them had to be guessed.

    `names`: people say theirs in more ways than the stock dictionary has; espeak-ng's is taken beside them.
    """
    lines: list[str] = []
    guessed = 0
    for word in sorted(set(words)):
        said = known.get(word)
        if said is None:
            said = _possessive(word, known)
        if said is None:
            said = [guess(word)]
            guessed += 1
        said = list(dict.fromkeys((*said, *_ALSO.get(word, ()), *((guess(word),) if names else ()))))
        lines.extend(f"{word}({at + 1}) {phones}" if at else f"{word} {phones}" for at, phones in enumerate(said))
    return lines, guessed


def _possessive(word: str, known: Mapping[str, list[str]]) -> list[str] | None:
    if not word.endswith("'s") or word[:-2] not in known:
        return None
    stems = known[word[:-2]]
    ending = {"S": "AH Z", "Z": "AH Z", "SH": "AH Z", "CH": "AH Z", "P": "S", "T": "S", "K": "S", "F": "S"}
    return [f"{stem} {ending.get(stem.split()[-1], 'Z')}" for stem in stems]
