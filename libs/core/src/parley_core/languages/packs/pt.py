"""Portuguese: what it is called, and how its speakers begin."""

from parley_core.languages.pack import Pack
from parley_core.languages.phrases import listed

PACK = Pack(
    tag="pt",
    lacks=listed(
        """says, backchannels, sounds, endings, wishes, answered, answers, carriers, numbers, calendar, naming,
        addresses, details, aloud, slots, written, intents, talk, claims, facts, safety, guard, search, reports,
        recognition"""
    ),
    names=("portuguese", "português", "portugues", "portugués", "portugiesisch", "portugais"),
    openings=("olá", "bom dia", "boa tarde", "boa noite"),
)
