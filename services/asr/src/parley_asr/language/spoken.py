"""A vendor's text as the words that were spoken. Every vendor's adapter gives its text through here."""

from parley_core.languages.registry import primary

from parley_asr.language.words import say_words

_MARKS = '.,;:!?¿¡…"“”„«»()[]،؟।'


def spoken_words(text: str, language: str) -> list[str]:
    """Words in lower case without punctuation. Numbers are spelled out in English, in other languages left as they
    came."""
    if primary(language) == "en":
        return say_words(text)
    return [word.strip(_MARKS) for word in text.lower().split() if any(map(str.isalnum, word))]
