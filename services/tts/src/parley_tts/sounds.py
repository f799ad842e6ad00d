"""The International Phonetic Alphabet, as agents write pronunciations in it, to the alphabets of two engines.

English sounds only; a sign that is not known is left out, stress marks and length are kept where the engine has them.
Sources: misaki's English phoneme set (EN_PHONES.md), espeak-ng's phoneme mnemonics (docs/phonemes.md).
"""

import re

# Longest first: diphthongs and affricates before their parts.
_MISAKI = {
    "tʃ": "ʧ", "t͡ʃ": "ʧ", "dʒ": "ʤ", "d͡ʒ": "ʤ",
    "eɪ": "A", "aɪ": "I", "ɔɪ": "Y", "oʊ": "O", "əʊ": "O", "aʊ": "W",
    "ɝ": "ɜɹ", "ɚ": "əɹ", "ɜː": "ɜɹ", "r": "ɹ", "g": "ɡ", "ɫ": "l", "e": "ɛ", "a": "ɑ", "o": "O", "ɒ": "ɑ", "ɐ": "ə",
    "ː": "", "ˑ": "", ".": "", "͡": "",
}  # fmt: skip
_MISAKI_KEPT = frozenset("bdfhijklmnpstuvwzðŋɑɔəɛɜɡɪɹʃʊʌʒθæˈˌ ʧʤ")
_ESPEAK = {
    "tʃ": "tS", "t͡ʃ": "tS", "ʧ": "tS", "dʒ": "dZ", "d͡ʒ": "dZ", "ʤ": "dZ",
    "eɪ": "eI", "aɪ": "aI", "ɔɪ": "OI", "oʊ": "oU", "əʊ": "oU", "aʊ": "aU", "ɪə": "i@", "eə": "e@", "ʊə": "U@",
    "iː": "i:", "uː": "u:", "ɑː": "A:", "ɔː": "O:", "ɜː": "3:", "ɝ": "3:", "ɚ": "3",
    "ɪ": "I", "ɛ": "E", "e": "E", "æ": "a", "ʌ": "V", "ə": "@", "ɐ": "a#", "ɒ": "0", "ɑ": "A:", "ɔ": "O:", "ʊ": "U",
    "i": "i", "u": "u:", "a": "a", "o": "oU", "θ": "T", "ð": "D", "ʃ": "S", "ʒ": "Z", "ŋ": "N", "ɹ": "r", "r": "r",
    "ɡ": "g", "ɫ": "l", "ˈ": "'", "ˌ": ",", "ː": ":", ".": "",
}  # fmt: skip
_ESPEAK_KEPT = frozenset("bdfghjklmnpstvwxz")
# Names of letters in misaki's alphabet: alone, "A" would be the article.
LETTERS = {
    "A": "ˈA", "B": "bˈi", "C": "sˈi", "D": "dˈi", "E": "ˈi", "F": "ˈɛf", "G": "ʤˈi", "H": "ˈAʧ", "I": "ˈI", "J": "ʤˈA",
    "K": "kˈA", "L": "ˈɛl", "M": "ˈɛm", "N": "ˈɛn", "O": "ˈO", "P": "pˈi", "Q": "kjˈu", "R": "ˈɑɹ", "S": "ˈɛs",
    "T": "tˈi",
    "U": "jˈu", "V": "vˈi", "W": "dˈʌbᵊlju", "X": "ˈɛks", "Y": "wˈI", "Z": "zˈi",
}  # fmt: skip


def _translator(table: dict[str, str], kept: frozenset[str]) -> "re.Pattern[str]":
    return re.compile("|".join(map(re.escape, [*sorted(table, key=len, reverse=True), *sorted(kept)])))


_MISAKI_SIGNS = _translator(_MISAKI, _MISAKI_KEPT)
_ESPEAK_SIGNS = _translator(_ESPEAK, _ESPEAK_KEPT)


_DIPHTHONGS = ("tʃ", "dʒ", "t͡ʃ", "d͡ʒ", "ts", "eɪ", "aɪ", "ɔɪ", "oʊ", "əʊ", "aʊ", "ɪə", "eə", "ʊə")
_PHONE = re.compile("|".join((*map(re.escape, sorted(_DIPHTHONGS, key=len, reverse=True)), r"[^\W\d_][ːˑʰʲʷ̩̃͡]*|[ˈˌ]")))


def phones(ipa: str) -> list[str]:
    """The sounds of a word one by one, a mark of stress as one of them; signs of other kinds are left out."""
    return _PHONE.findall(ipa)


def misaki(ipa: str) -> str:
    """In misaki's alphabet; a word without a stress mark is stressed at its start."""
    said = "".join(_MISAKI.get(sign, sign) for sign in _MISAKI_SIGNS.findall(ipa))
    return said if "ˈ" in said else f"ˈ{said}"


def espeak(ipa: str) -> str:
    """In espeak-ng's mnemonics, as they stand between [[ and ]]."""
    said = "".join(_ESPEAK.get(sign, sign) for sign in _ESPEAK_SIGNS.findall(ipa))
    return said if "'" in said else f"'{said}"
