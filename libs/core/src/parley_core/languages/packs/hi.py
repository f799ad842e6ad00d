"""Hindi: what it is called, and how its speakers begin."""

from parley_core.languages.pack import Pack

PACK = Pack(
    tag="hi",
    names=("hindi",),
    openings=("नमस्ते",),
)
