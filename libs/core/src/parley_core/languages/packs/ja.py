"""Japanese: what it is called, and how its speakers begin."""

from parley_core.languages.pack import Pack

PACK = Pack(
    tag="ja",
    names=("japanese", "japanisch", "japonés"),
)
