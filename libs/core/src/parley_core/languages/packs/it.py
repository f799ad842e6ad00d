"""Italian: what it is called, and how its speakers begin."""

from parley_core.languages.pack import Pack

PACK = Pack(
    tag="it",
    names=("italian", "italiano", "italienisch", "italien"),
    openings=("buongiorno", "buonasera", "salve"),
)
