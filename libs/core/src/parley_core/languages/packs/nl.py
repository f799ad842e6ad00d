"""Dutch: what it is called, and how its speakers begin."""

from parley_core.languages.pack import Pack

PACK = Pack(
    tag="nl",
    names=("dutch", "nederlands", "holländisch", "niederländisch", "holandés"),
)
