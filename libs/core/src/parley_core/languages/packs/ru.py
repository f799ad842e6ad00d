"""Russian: what it is called, and how its speakers begin."""

from parley_core.languages.pack import Pack

PACK = Pack(
    tag="ru",
    names=("russian", "русский", "russisch", "ruso"),
    openings=("здравствуйте", "добрый день"),
)
