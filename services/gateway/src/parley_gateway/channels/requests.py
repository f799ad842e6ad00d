"""JSON bodies of HTTP requests, checked against a model: what is wrong is named. Pure."""

from typing import TypeVar

from parley_core.errors import BadInput
from parley_core.text import load_json
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def read_body(model: type[Model], body: bytes) -> Model:
    """Raises BadInput, naming the first field that is wrong."""
    try:
        value = load_json(body)
    except ValueError:
        raise BadInput("body", "is not JSON") from None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(".".join(str(part) for part in first["loc"]) or "body", first["msg"]) from None
