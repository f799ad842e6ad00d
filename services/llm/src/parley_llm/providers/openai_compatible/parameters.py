"""What the models of an endpoint do not take, found out from their first refusal and remembered while the process runs.

Newer models of OpenAI's take `max_completion_tokens` and not `max_tokens`, and no temperature; other servers know no
`stream_options` or `response_format`. An answer without them is better than none.
"""

import json
import re

import openai

_OTHER_NAMES = {"max_tokens": "max_completion_tokens"}
_MAY_BE_LEFT_OUT = ("max_completion_tokens", "temperature", "stream_options", "response_format", "tools")
_REFUSED = re.compile(
    r"unsupported|not supported|not support|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed|no such|extra",
    re.IGNORECASE,
)


class Parameters:
    def __init__(self) -> None:
        self._changes: dict[str, dict[str, str]] = {}  # model to parameter to its other name; "": left out

    def fit(self, model: str, body: dict[str, object]) -> dict[str, object]:
        """The request as the model takes it, as far as is known."""
        fitted = dict(body)
        for name, other in self._changes.get(model, {}).items():
            if name in fitted:
                value = fitted.pop(name)
                if other:
                    fitted[other] = value
        return fitted

    def leaves_out(self, model: str, name: str) -> bool:
        """Whether the model has refused the parameter."""
        return self._changes.get(model, {}).get(name) == ""

    def learn(self, model: str, body: dict[str, object], error: openai.OpenAIError) -> bool:
        """Whether the refusal of `body` was for a parameter that can be changed: then it is from now on."""
        if not isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError):
            return False
        text = f"{error.message} {json.dumps(error.body, default=str)}"
        named = [error.param] if error.param in body else [name for name in body if re.search(rf"\b{name}\b", text)]
        changes = self._changes.setdefault(model, {})
        for name in named:
            if not _REFUSED.search(text):
                return False
            if name in _OTHER_NAMES:
                changes[name] = _OTHER_NAMES[name]
                return True
            if name in _MAY_BE_LEFT_OUT:
                changes[name] = ""
                return True
        return False
