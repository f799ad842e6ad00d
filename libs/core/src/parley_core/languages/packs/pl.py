"""Polish: what it is called, and how its speakers begin."""

from parley_core.languages.pack import Pack

PACK = Pack(
    tag="pl",
    names=("polish", "polski", "polnisch", "polaco"),
    openings=("dzień dobry",),
)
