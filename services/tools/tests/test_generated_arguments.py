"""Arguments as a confused or hostile model may write them: 10,000 sets, none crashes, each refusal names the field."""

import json
import random

import pytest
from parley_core.errors import BadInput
from parley_tools.schema import canonical, check, parse_arguments

NASTY = [
    None,
    True,
    -1,
    0,
    2**70,
    1e308,
    "",
    " ",
    "a" * 5000,
    "\x00",
    "\ud800",
    "2026-13-45T99:99",
    "0000-00-00",
    "9999-12-31T23:59",
    "'; DROP TABLE tools_calls; --",
    "{{7*7}}",
    "../../etc/passwd",
    "٠١٢٣٤٥٦٧٨٩",
    "\u202e0142",
    "+" + "9" * 60,
    [],
    [[]],
    {},
    {"$ref": "#"},
    ["555-0142"],
    {"when": {"when": "2026-11-24"}},
]
SANE = [
    "Maria Lopez",
    "555 0142",
    "2026-11-24T10:30",
    "2026-11-24",
    "maria@example.org",
    "front-desk",
    "apt-1",
    3,
    "chen",
]


def generated(chance: random.Random, fields: list[str]) -> str:
    given: dict[str, object] = {}
    for field in fields:
        match chance.randrange(4):
            case 0:
                given[field] = chance.choice(NASTY)
            case 1 | 2:
                given[field] = chance.choice(SANE)
    if chance.random() < 0.1:
        given[chance.choice(["__proto__", "tenant", "", "a.b", "é"])] = chance.choice(NASTY)
    text = json.dumps(given)
    return text[: chance.randrange(len(text))] if chance.random() < 0.05 else text


def fields_of(tool) -> list[str]:
    properties = tool.spec.parameters["properties"]
    assert isinstance(properties, dict)
    return list(properties)


def test_ten_thousand_argument_sets_are_read_or_refused_with_the_field(desk) -> None:
    chance, tools = random.Random(9), desk.registry.all()
    refused = 0
    for _ in range(10_000):
        tool = chance.choice(tools)
        text = generated(chance, fields_of(tool))
        arguments, problem = read(tool, text)
        refused += bool(problem)
        names = [*fields_of(tool), *arguments, "are not JSON", "must be a JSON object"]
        assert not problem or any(name in problem for name in names), (problem, text)
        canonical(arguments)
    assert 2_000 < refused < 10_000, "most sets are wrong, and some are right"


def read(tool, text: str) -> tuple[dict[str, object], str]:
    """The arguments, and why they are refused."""
    arguments: dict[str, object] = {}
    try:
        arguments = parse_arguments(text)
        check(tool.spec.parameters, arguments, "arguments")
    except BadInput as error:
        return arguments, error.problem
    return arguments, ""


@pytest.mark.parametrize("seed", range(4))
async def test_no_tool_is_crashed_by_its_arguments(desk, seed: int) -> None:
    chance, tools = random.Random(seed), desk.registry.all()
    for number in range(60):
        tool = chance.choice(tools)
        result = await desk.call(tool.spec.name, generated(chance, fields_of(tool)), key=f"k{number}")
        assert desk.status(result) in ("OK", "CONFLICT", "NOT_FOUND", "INVALID_ARGUMENTS"), (tool.spec.name, result)
        if desk.status(result) == "INVALID_ARGUMENTS":
            assert any(name in result.error for name in [*fields_of(tool), "arguments"]), result.error
