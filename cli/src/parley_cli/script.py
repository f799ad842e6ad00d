"""The scripted caller: what to say next, given what the agent said last. Pure; `caller` speaks it."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from parley_core.errors import BadInput
from pydantic import BaseModel, ConfigDict, Field, ValidationError


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    when: str
    say: str
    times: int = Field(3, ge=1, le=50, description="Then the caller goes on with the next line instead")


class Script(BaseModel):
    """A caller, as a YAML document (examples/calls)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    agent: str
    voice: str = ""
    words_per_minute: int = Field(150, ge=80, le=300)
    lines: list[str] = Field(min_length=1)
    answers: list[Answer] = Field(default_factory=list)
    max_turns: int = Field(16, ge=1, le=200)
    expects: list[str] = Field(default_factory=list, description="Tools that the call must have used with success")

    @property
    def needs_time(self) -> bool:
        return any("{when}" in text for text in [*self.lines, *(answer.say for answer in self.answers)])


def load_script(path: Path) -> Script:
    """Raises BadInput naming the place and the problem."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(str(path), error.strerror or "cannot be read") from None
    except yaml.YAMLError:
        raise BadInput(path.name, "is not YAML") from None
    try:
        script = Script.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{path.name}: {'.'.join(str(part) for part in first['loc'])}", first["msg"]) from None
    for answer in script.answers:
        try:
            re.compile(answer.when)
        except re.error as error:
            raise BadInput(f"{path.name}: answers.when {answer.when!r}", str(error)) from None
    return script


@dataclass(slots=True)
class ScriptedCaller:
    """Walks through a script."""

    script: Script
    values: dict[str, str] = field(default_factory=dict)
    _next: int = 0
    _said: int = 0
    _answered: Counter[str] = field(default_factory=Counter)

    def reply_to(self, agent_text: str) -> str | None:
        """What the caller says to the agent's last words; None: nothing more, hang up."""
        if self._said >= self.script.max_turns:
            return None
        self._said += 1
        question = _last_sentence(agent_text)
        for answer in self.script.answers:
            if re.search(answer.when, question, re.IGNORECASE) and self._answered[answer.when] < answer.times:
                self._answered[answer.when] += 1
                return self._filled(answer.say)
        if self._next >= len(self.script.lines):
            return None
        self._next += 1
        return self._filled(self.script.lines[self._next - 1])

    def _filled(self, text: str) -> str:
        """The text with what is known for `{when}` and its like; any other brace is the caller's own."""
        for name, value in self.values.items():
            text = text.replace(f"{{{name}}}", value)
        return text


def _last_sentence(text: str) -> str:
    sentences = [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part]
    return sentences[-1] if sentences else ""
