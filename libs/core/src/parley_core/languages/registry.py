"""Every language pack, by its tag. A new language is a module in `packs` and a line here: docs/languages.md.

Every service goes through here, most by way of the agent document.
"""

from parley_core.languages.pack import Pack, Sentences
from parley_core.languages.packs import ar, fr, hi, it, ja, nl, pl, pt, ru, tr, uk, zh
from parley_core.languages.packs.de import pack as de
from parley_core.languages.packs.en import pack as en
from parley_core.languages.packs.es import pack as es

PACKS = {one.PACK.tag: one.PACK for one in (en, es, de, fr, it, pt, nl, pl, tr, ru, uk, ar, hi, zh, ja)}
ENGLISH = en.PACK  # for rules whose grammar is English
_SENTENCES = tuple(Sentences.__dataclass_fields__)


def primary(language: str) -> str:
    """The language of a BCP 47 tag without region and script: "es" of "es-MX"."""
    return language.partition("-")[0].lower()


def pack(language: str) -> Pack:
    """The pack of a BCP 47 tag. A language without one gets an empty pack: no words are known in it."""
    tag = primary(language)
    return PACKS.get(tag) or Pack(tag=tag, names=())


def sentences(language: str) -> Sentences:
    """What the platform says in a language. English stands in for a sentence that its pack lacks: a caller who hears
    the wrong language knows more than a caller who hears nothing."""
    own, english = pack(language).says, ENGLISH.says
    return Sentences(**{name: getattr(own, name) or getattr(english, name) for name in _SENTENCES})
