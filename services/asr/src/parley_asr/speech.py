"""What an agent document says of its callers' words, for the recogniser."""

from parley_core.agents import AgentDocument
from parley_core.languages.registry import ENGLISH, pack, primary

from parley_asr.language.corpus import Speech

EVERYBODY = Speech()  # only what callers of every business say


def _wishes(document: AgentDocument) -> list[str]:
    """How callers of an English line ask for the agent's other languages."""
    if primary(document.language) != "en":
        return []
    known = ENGLISH.recognition
    names = [pack(tag).names[0] for tag in document.tags[1:] if pack(tag).names]
    return [*(wish.format(name) for name in names for wish in known.wishes), *(known.own_wish if names else ())]


def speech_of(document: AgentDocument) -> Speech:
    slots = [slot for flow in document.flows for slot in flow.slots]
    choices = [choice for slot in slots for choice in slot.choices]
    return Speech(
        phrases=(
            *document.phrases,
            *choices,
            *document.turns.backchannels,
            *_wishes(document),
            *_consent(document),
        ),
        asks=(*(slot.ask for slot in slots), *(flow.goal for flow in document.flows), document.name),
        starts_on=tuple(text for flow in document.flows for text in flow.starts_on),
        knowledge=tuple(document.speech_corpus),
    )


def _consent(document: AgentDocument) -> tuple[str, ...]:
    asked = document.consent
    return (*pack(document.language).recognition.consent, *asked.yes, *asked.no) if asked.required == "spoken" else ()
