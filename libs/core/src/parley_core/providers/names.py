"""The names of providers that an agent document may use. Publishing checks against them, registries are tested on them.

The list is written down here and not asked of running services: a document can be checked before any of them runs, on
a machine that has none, and the answer is the same everywhere. Whether a process *has* a provider (a key is set, a
model is installed) is found out by the process; a document that names one which it has not falls back.
"""

from dataclasses import dataclass
from typing import Literal

from parley_core.errors import BadInput

ALIASES = {"local": "rule_based"}  # of older documents, settings and price tables

Kind = Literal["recogniser", "model", "voice"]


_RECOGNISERS = """whisper pocketsphinx deepgram deepgram_flux openai openai_realtime assemblyai soniox speechmatics
    sarvam triton riva google azure fake"""


@dataclass(frozen=True, slots=True)
class Names:
    recogniser: frozenset[str] = frozenset(_RECOGNISERS.split())
    model: frozenset[str] = frozenset({"rule_based", "openai", "anthropic", "google", "triton", "fake"})
    voice: frozenset[str] = frozenset(
        {"hibari", "espeak", "piper", "pyttsx3", "fake"}
        | {"azure", "cartesia", "deepgram", "elevenlabs", "google", "openai", "sarvam", "triton"}
    )

    def check(self, kind: Kind, name: str, place: str) -> None:
        """Raise BadInput for a name that no provider of the kind has; `place` is where it was written."""
        known: frozenset[str] = getattr(self, kind)
        if canonical(name) not in known:
            raise BadInput(place, f"no {kind} provider is named {name!r}; known: {', '.join(sorted(known))}")


def canonical(name: str) -> str:
    """The name that an alias stands for; any other name as it is."""
    return ALIASES.get(name, name)
