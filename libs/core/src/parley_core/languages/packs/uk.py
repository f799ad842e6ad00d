"""Ukrainian: what it is called, and how its speakers begin."""

from parley_core.languages.pack import Pack

PACK = Pack(
    tag="uk",
    names=("ukrainian", "українська", "ukrainisch", "ucraniano"),
)
