"""What a model of the clinic is asked, for the tests beside this."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from parley_llm.providers.base import (
    ModelRequest,
    ToolSpec,
)

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


@pytest.fixture
def request_for(clinic) -> Callable[..., ModelRequest]:
    def make(**given) -> ModelRequest:
        spec = ToolSpec("find_slots", "look", '{"type":"object","properties":{"when":{"type":"string"}}}')
        return ModelRequest("t", "c", 1, clinic, "hello", NOW, tools=(spec,), **given)

    return make
