"""Turkish: what it is called, and how its speakers begin."""

from parley_core.languages.pack import Pack

PACK = Pack(
    tag="tr",
    names=("turkish", "türkçe", "türkisch", "turco"),
    openings=("merhaba",),
)
