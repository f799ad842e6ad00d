"""What a caller does: steps with triggers, from a YAML file or from a seed. `caller` plays them.

A script says *when* by what the caller would hear: after the agent has been quiet for a while, at the agent's n-th
word, or some time after the caller's own last sound. So the same script fits any answer of the agent.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import yaml
from parley_core.errors import BadInput
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

GENERATED = (
    "what are your opening hours on saturday",
    "do you take my insurance",
    "i would like to book an appointment for tuesday",
    "my name is maria lopez",
    "five five five zero one four two",
    "yes that is right",
    "no that is wrong i said wednesday",
    "sorry go on",
    "can you say that again",
    "how much does it cost and can i park there",
    "next friday at ten thirty please",
    "can i make an appointment",
    "what were you saying",
)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Word(_Part):
    text: str = Field(min_length=1)
    start_ms: int = Field(ge=0)
    end_ms: int = Field(gt=0)


class Step(_Part):
    """One thing the caller does: exactly one of `say`, `words`, `noise_ms`, `digits`, `type`, `hang_up`, `wait_s`.

    When: `after_agent_s` (seconds of the agent's silence after its answer), `at_agent_word` (counted since the
    step before), or `pause_s` behind the step before. `patience_s` bounds the first two.
    """

    say: str = ""
    words: list[Word] = Field(default_factory=list, description="A sentence with its words' times")
    noise_ms: int = Field(0, ge=0, le=10_000)
    digits: str = Field("", pattern="^[0-9*#]*$")
    type: str = ""
    hang_up: bool = False
    wait_s: float = Field(0.0, ge=0, le=600)

    after_agent_s: float | None = Field(None, ge=0, le=600)
    at_agent_word: int | None = Field(None, ge=1, le=500)
    pause_s: float | None = Field(None, ge=0, le=600)
    patience_s: float = Field(15.0, gt=0, le=600)
    word_ms: int = Field(260, ge=60, le=2000)
    gap_ms: int = Field(30, ge=0, le=2000, description="Between words")

    @model_validator(mode="after")
    def _one_thing(self) -> "Step":
        things = [self.say, self.words, self.noise_ms, self.digits, self.type, self.hang_up, self.wait_s]
        if sum(bool(thing) for thing in things) != 1:
            raise ValueError("a step does one thing")
        if sum(one is not None for one in (self.after_agent_s, self.at_agent_word, self.pause_s)) > 1:
            raise ValueError("a step has one trigger")
        return self

    @property
    def said(self) -> str:
        """The words of the step, however they are given."""
        return self.say or " ".join(word.text for word in self.words)

    @property
    def trigger(self) -> tuple[Literal["after", "word", "pause"], float]:
        if self.at_agent_word is not None:
            return "word", self.at_agent_word
        if self.pause_s is not None:
            return "pause", self.pause_s
        return "after", 0.4 if self.after_agent_s is None else self.after_agent_s


class Expected(_Part):
    """What must come of it, beside the invariants; None: anything."""

    turns: list[str] | None = Field(None, description="The committed turns' texts")
    interrupted: int | None = Field(None, ge=0)
    resumed: int | None = Field(None, ge=0, description="Times the agent went on after an interruption that was none")
    ended: str | None = None
    prompts: int | None = Field(None, ge=0)
    languages: list[str] | None = Field(None, description="What the call was in, in order")
    refused: list[str] | None = Field(None, description="Languages that could not be had")
    continues: tuple[int, int] | None = Field(None, description="The second turn says what was not heard of the first")
    fillers: int | None = Field(None, ge=0, description="At least so many, never the same twice running")


class Script(_Part):
    name: str = "call"
    about: str = ""
    language: str = ""
    agent: dict[str, object] = Field(default_factory=dict, description="Fields of the agent document to set")
    steps: list[Step] = Field(default_factory=list)
    brain: Literal["model", "local"] | None = Field(None, description="Unset: by the seed")
    hears: list[str] = Field(default_factory=lambda: ["en"], description="Languages that the recogniser knows")
    slow_s: dict[str, float] = Field(
        default_factory=dict, description='A part\'s extra time at each step: "llm", "asr"'
    )
    echo: float = Field(0.0, ge=0, le=1, description="How loud the agent's own voice comes back")
    expect: Expected = Expected()

    @property
    def texts(self) -> list[str]:
        """Everything that is spoken in one piece."""
        return [
            *(step.say for step in self.steps if step.say),
            *(word.text for step in self.steps for word in step.words),
        ]


def merged(document: dict[str, object], changes: dict[str, object]) -> dict[str, object]:
    """An agent document with some fields changed; of a field that has fields, only those that are given."""
    result = dict(document)
    for name, value in changes.items():
        known = result.get(name)
        result[name] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
    return result


def parse_script(text: str, where: str) -> Script:
    """Raises BadInput naming the place and the problem."""
    try:
        raw = yaml.safe_load(text)
        return Script.model_validate(raw)
    except yaml.YAMLError:
        raise BadInput(where, "is not YAML") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{where}: {place}" if place else where, first["msg"]) from None


def load_script(path: Path) -> Script:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(str(path), error.strerror or "cannot be read") from None
    return parse_script(text, path.name)


SPANISH = (
    "quisiera pedir una cita para el martes",
    "cuál es el horario el sábado",
    "no hablo inglés puede ayudarme",
    "gracias muy amable",
    "maria lopez garcia",
    "en español por favor",
    "in english please",
)


def generate(seed: int) -> Script:
    """A caller from a seed: talkative, hasty or silent, and with an agent to match."""
    chance = random.Random(f"script/{seed}")
    steps: list[Step] = []
    several = chance.random() < _SEVERAL
    texts = (*GENERATED, *SPANISH, *SPANISH) if several else GENERATED
    for _ in range(chance.randint(2, 6)):
        steps += _turn(chance, texts)
    if several and chance.random() < 0.3:
        steps.insert(0, _sometime(chance, digits="2"))
    end = chance.random()
    if end < 0.45:
        steps.append(Step(say="thank you goodbye", after_agent_s=0.5))
    elif end < 0.8:
        steps.append(_sometime(chance, hang_up=True))
    elif end < 0.87:
        steps.append(Step(say="i want to speak to a person", after_agent_s=0.5))
    agent, hears = _agent(chance), ["en"]
    if several:
        agent["languages"] = [_spanish(chance), {"tag": "de-DE"}]
        hears = chance.choice((["en"], ["en", "es"], ["en", "es", "de"], ["es"]))
    language = chance.choice(("", "es-MX", "fr")) if several else ""
    return Script(name=f"seed {seed}", language=language, agent=agent, steps=steps, hears=hears)


def _spanish(chance: random.Random) -> dict[str, object]:
    return {
        "tag": "es-ES",
        "key": "2",
        "greeting": {"text": "Bienvenido. ¿En qué puedo ayudarle?"},
        "hearing": chance.choice(("needed", "needed", "optional")),
    }


def _turn(chance: random.Random, texts: Sequence[str]) -> list[Step]:
    text = chance.choice(texts)
    kind = chance.random()
    pace = {"word_ms": chance.randint(120, 400), "gap_ms": chance.choice((0, 30, 120))}
    if kind < 0.4:
        return [_sometime(chance, say=text, **pace)]
    if kind < 0.55:  # with a pause for thought inside
        words = text.split()
        cut = chance.randint(1, len(words))
        first, rest = " ".join(words[:cut]), " ".join(words[cut:])
        steps = [_sometime(chance, say=first, **pace)]
        if rest:
            steps.append(Step.model_validate({"say": rest, "pause_s": round(chance.uniform(0.15, 1.2), 2), **pace}))
        return steps
    if kind < 0.7:
        return [Step.model_validate({"say": text, "at_agent_word": chance.randint(1, 12), "patience_s": 6, **pace})]
    if kind < 0.8:
        return [Step(say=chance.choice(("mhm", "okay", "yeah")), at_agent_word=chance.randint(1, 9), patience_s=6)]
    if kind < 0.87:
        return [_sometime(chance, noise_ms=chance.randint(40, 900))]
    if kind < 0.92:
        return [_sometime(chance, digits=chance.choice(("12#", "5", "4711#", "#")))]
    if kind < 0.95:
        return [_sometime(chance, type=text)]
    return [Step(wait_s=round(chance.uniform(1, 14), 1), pause_s=0.0)]


def _sometime(chance: random.Random, **what: object) -> Step:
    kind = chance.random()
    if kind < 0.7:
        what |= {"after_agent_s": round(chance.uniform(0.0, 1.5), 2), "patience_s": chance.randint(3, 20)}
    elif kind < 0.85:
        what |= {"at_agent_word": chance.randint(1, 15), "patience_s": chance.randint(2, 8)}
    else:
        what |= {"pause_s": round(chance.uniform(0.0, 3.0), 2)}
    return Step.model_validate(what)


_SEVERAL = 0.12  # of the callers meet an agent of several languages


def _agent(chance: random.Random) -> dict[str, object]:
    first = chance.random() < 0.8
    agent: dict[str, object] = {
        "first_speaker": "agent" if first else "caller",
        "turns": {
            "pause_ms": chance.choice((150, 200, 300, 500, 700)),
            "min_commit_ms": chance.choice((0, 200, 400)),
            "silence_prompt_s": chance.choice((2, 4, 6)),
            "silence_hangup_prompts": chance.choice((0, 1, 2)),
            "max_call_s": chance.choice((20, 45, 60, 90)),
        },
    }
    if first or chance.random() < 0.5:
        agent["greeting"] = {
            "text": "Hello, this is the clinic. How can I help you?",
            "uninterruptible": chance.random() < 0.25,
        }
    return agent
