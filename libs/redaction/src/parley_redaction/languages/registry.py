"""Which languages the detector knows, by their primary tag."""

from typing import Final

from parley_core.languages.registry import primary

from parley_redaction.languages import de, en, es, fr
from parley_redaction.languages.words import PrivateWords

LANGUAGES: Final = {"en": en.PRIVATE, "es": es.PRIVATE, "de": de.PRIVATE, "fr": fr.PRIVATE}


def words_of(language: str) -> PrivateWords:
    """English's for a language that is not there: figures, check digits and written forms are found in any text."""
    return LANGUAGES.get(primary(language), en.PRIVATE)
