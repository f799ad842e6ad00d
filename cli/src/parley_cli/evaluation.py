"""`parley eval`: measurements of a running platform, from a separate package that may not be installed."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from parley_core.errors import Unavailable


def load_evaluation() -> ModuleType:
    """The package's runner. Raises Unavailable where it is not installed."""
    if find_spec("parley_evaluation") is None:
        raise Unavailable("the evaluation", "the package parley-evaluation is not installed here")
    return import_module("parley_evaluation.run")
