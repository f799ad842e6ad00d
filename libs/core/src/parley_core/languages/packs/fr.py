"""French: what it is called, and how its speakers begin."""

from parley_core.languages.pack import Pack

PACK = Pack(
    tag="fr",
    names=("french", "français", "francais", "francés", "frances", "französisch", "francese"),
    openings=("bonjour", "bonsoir", "allô"),
)
