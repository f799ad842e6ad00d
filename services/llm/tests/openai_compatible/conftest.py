"""What a model of the clinic is asked, for the tests beside this."""

from collections.abc import Callable

import pytest
from parley_llm.providers.base import (
    ModelRequest,
    ToolSpec,
)

from .serving import NOW


@pytest.fixture
def request_for(clinic) -> Callable[..., ModelRequest]:
    def make(**given) -> ModelRequest:
        spec = ToolSpec("find_slots", "look", '{"type":"object","properties":{"when":{"type":"string"}}}')
        return ModelRequest("t", "c", 1, clinic, "hello", NOW, tools=(spec,), **given)

    return make
