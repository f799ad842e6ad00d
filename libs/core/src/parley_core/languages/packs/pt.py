"""Portuguese: what it is called, and how its speakers begin."""

from parley_core.languages.pack import Pack

PACK = Pack(
    tag="pt",
    names=("portuguese", "português", "portugues", "portugués", "portugiesisch", "portugais"),
    openings=("olá", "bom dia", "boa tarde", "boa noite"),
)
