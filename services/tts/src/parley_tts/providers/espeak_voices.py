"""Which of espeak-ng's voices speaks a language: for the engine in this process and for the one behind pyttsx3."""

from collections.abc import Sequence

from parley_core.languages.registry import primary

_OTHER_NAMES = {"zh": "cmn", "no": "nb"}  # the engine's for a language


def speaks(language: str, voices: Sequence[str]) -> bool:
    spoken = primary(language or "en")
    return _OTHER_NAMES.get(spoken, spoken) in {primary(voice) for voice in voices}


def nearest(language: str, voices: Sequence[str]) -> str:
    """The engine's own voice for a language: es-MX is spoken as es-419, de-AT as de. Without one: the language."""
    language = language.lower() or "en-us"
    spoken, _, region = language.partition("-")
    spoken = _OTHER_NAMES.get(spoken, spoken)
    american = [f"{spoken}-419"] if region and region != "es" else []
    near = [voice for voice in voices if voice.partition("-")[0] == spoken]
    return next((voice for voice in (language, *american, spoken, *near) if voice in voices), language)
