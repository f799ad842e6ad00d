"""What cannot work is found before publishing, with its line and a reason that names what is wrong."""

from pathlib import Path

import pytest
from parley_core.agents import parse_agent
from parley_core.publishing.checks import ToolFacts, problems
from parley_core.publishing.lines import line_of

BOOKS = ToolFacts(frozenset({"when", "name", "phone"}), frozenset({"booked"}), side_effects=True)
TEXTS = ToolFacts(frozenset({"to", "text"}), frozenset({"sent", "sent_later"}), side_effects=True)
LOOKS = ToolFacts(frozenset({"when"}))
TOOLS = {"book": BOOKS, "send_sms": TEXTS, "look": LOOKS, "hand_off": ToolFacts(side_effects=True)}

GOOD = """\
agent: salon
greeting: {text: "Salon Vega, how can I help?"}
tools: [book, look, send_sms]
flows:
  - name: booking
    starts_on: [book a haircut]
    slots:
      - {name: when, kind: datetime, ask: "When?", check: look}
      - {name: name, kind: person, ask: "Your name?"}
    confirm: "{name} on {when}, right?"
    call: book
    done: "You are booked for {when}."
    then_call: send_sms
"""

FAULTS = {
    "a slot that is no argument": (
        "name: name, kind",
        "name: customer, kind",
        "flows.0.slots.1.name",
        "'customer' is no",
    ),
    "a tool that is not there": ("[book, look, send_sms]", "[book, look, send_sms, pay]", "tools.3", "'pay'"),
    "a flow whose result goes nowhere": ("    call: book\n", "", "flows.0", "calls no tool"),
    "a placeholder without a slot": ("{name} on", "{nobody} on", "flows.0.confirm", "'nobody'"),
    "a slot asked for twice": ("name: name, kind", "name: when, kind", "flows.0.slots.1.name", "twice"),
    "a choice of nothing": ("kind: person", "kind: choice", "flows.0.slots.1", "choice of nothing"),
    "a claim of another effect": (
        "You are booked for {when}.",
        "Your appointment has been cancelled.",
        "flows.0.done",
        "cancelled",
    ),
    "a promise in the greeting": (
        "how can I help?",
        "we will refund your money.",
        "greeting.text",
        "refunded",
    ),
}


def found(text: str) -> list[tuple[str, str]]:
    return [(one.place, one.reason) for one in problems(parse_agent(text, "a.yaml"), TOOLS)]


def test_a_document_that_can_work_has_no_problems() -> None:
    assert found(GOOD) == []


@pytest.mark.parametrize("kind", FAULTS)
def test_what_cannot_work_is_found_with_its_place_and_line(kind: str) -> None:
    before, after, place, words = FAULTS[kind]
    assert before in GOOD
    text = GOOD.replace(before, after)
    reasons = dict(found(text))
    assert words in reasons[place], reasons
    line = text.splitlines()[line_of(text, place) - 1]
    assert after.split("\n")[0].strip() in line or "name: booking" in line or "tools:" in line


def test_a_promise_that_a_tool_of_the_agent_can_keep_is_none() -> None:
    promised = GOOD.replace("You are booked for {when}.", "You are booked. We will text you a reminder.")
    assert found(promised) == []
    without = promised.replace("    then_call: send_sms\n", "").replace("[book, look, send_sms]", "[book, look]")
    assert [place for place, _ in found(without)] == ["flows.0.done"]


def test_without_the_platforms_tools_nothing_is_said_of_them() -> None:
    assert (
        problems(
            parse_agent(GOOD.replace("name: name, kind", "name: customer, kind").replace("{name}", "{customer}"), "a")
        )
        == []
    )


def test_nobody_takes_over() -> None:
    rule = 'guardrails: [{rule: emergency, say: "Hold on.", then: hand_off}]\n'
    assert [place for place, _ in found(GOOD + rule)] == ["guardrails.0.then"]
    assert found(GOOD + rule + "handoff: {address: 'tel:+15550100'}\n") == []


@pytest.mark.parametrize(
    ("place", "line"), [("flows.0.slots.1.kind", 9), ("flows.0.nothing.at.all", 5), ("", 1), ("greeting.text", 2)]
)
def test_the_line_of_a_field_or_of_its_parent(place: str, line: int) -> None:
    assert line_of(GOOD, place) == line


def test_a_text_that_is_no_yaml_has_no_lines() -> None:
    assert line_of("{", "a") == 0
    assert line_of("", "a") == 0


EXAMPLES = sorted((Path(__file__).parents[4] / "examples").glob("**/agent*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_example_can_work_as_far_as_its_document_says(path: Path) -> None:
    assert problems(parse_agent(path.read_text(encoding="utf-8"), path.name)) == []
