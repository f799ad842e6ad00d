"""Scripted callers who type: what they say, and what must come of the call. A YAML file beside an agent's document."""

from pathlib import Path
from typing import Any, Literal

import yaml
from parley_core.errors import BadInput
from pydantic import BaseModel, ConfigDict, Field, ValidationError

Category = Literal[
    "happy path", "corrections", "digressions", "two wishes", "interruptions", "refusal to give data", "emergency",
    "hand-off", "silence", "wrong data", "injection", "goodbye",
]  # fmt: skip


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StandIn(_Part):
    """A tool of the business in the test's place: rows by the value of one argument; another value is not found."""

    description: str = ""
    parameters: dict[str, str] = Field(default_factory=dict, description="Argument to its JSON type")
    effects: list[str] = Field(default_factory=list)
    side_effects: bool = False
    by: str = Field("", description="Argument that the rows are looked up by; empty: every call succeeds")
    rows: dict[str, dict[str, Any]] = Field(default_factory=dict)


class Answer(_Part):
    when: str = Field(description="Regular expression on the agent's last sentence")
    say: str


class Line(_Part):
    say: str
    cut: int = Field(0, ge=0, description="The caller speaks after so many words of the answer before; 0: hears it out")


class TypedCaller(_Part):
    name: str
    category: Category
    language: str = ""
    says: list[str | Line] = Field(min_length=1)
    answers: list[Answer] = Field(default_factory=list, description="Said instead of the next line; before the file's")
    hears: list[str] = Field(default_factory=list, description="Regular expressions, each of which a reply must match")
    unheard: list[str] = Field(default_factory=list, description="None of which a reply may match")
    calls: dict[str, dict[str, Any]] = Field(default_factory=dict, description="Tools that succeed, with arguments")
    never: list[str] = Field(default_factory=list, description="Tools that may not succeed")
    ends: Literal["", "goodbye", "person", "open"] = ""


class Callers(_Part):
    agent: str = "agent.yaml"
    now: str = Field("2026-11-23T09:00", description="The business's wall clock in the calls")
    tools: dict[str, StandIn] = Field(default_factory=dict)
    answers: list[Answer] = Field(default_factory=list)
    callers: list[TypedCaller] = Field(min_length=1)


def load_callers(path: Path) -> Callers:
    """Raises BadInput that names what is wrong."""
    try:
        return Callers.model_validate(yaml.safe_load(path.read_text()))
    except OSError as error:
        raise BadInput("callers", f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, ValidationError) as error:
        raise BadInput("callers", f"{path}: {error}") from None
