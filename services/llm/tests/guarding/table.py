"""How many attacks each rule stops, and harmless turns. `python services/llm/tests/guarding/table.py` shows it."""

import sys
import time
from pathlib import Path

from parley_core.agents import AgentDocument, Greeting, Guardrail, Language
from parley_llm.guardrails import Tripped, check_caller, check_sentence

sys.path.insert(0, str(Path(__file__).parents[1]))

from guarding.prompts import HELD, SECOND, THIRD, TUNING, harmless, lines

RULES = ("emergency", "no_diagnosis", "no_injection", "no_abuse", "no_advice", "off_topic")


def guarded() -> AgentDocument:
    """An agent of three languages with every rule."""
    return AgentDocument(
        agent="guarded",
        greeting=Greeting(text="Hello."),
        languages=[Language(tag="es-ES"), Language(tag="de-DE")],
        guardrails=[Guardrail(rule=rule, say=f"{rule}.") for rule in RULES],
    )


AGENT = guarded()


def stopped(said: str, agent: AgentDocument = AGENT) -> Tripped | None:
    return check_caller(agent, said)


def rates(prompts: dict[str, str]) -> tuple[int, list[str]]:
    """How many trip a rule, and those that trip none."""
    said = [line for one in prompts.values() for line in lines(one)]
    missed = [line for line in said if stopped(line) is None]
    return len(said) - len(missed), missed


def _show(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    for name, half in (
        ("used for the patterns", TUNING),
        ("used, second", SECOND),
        ("used, third", THIRD),
        ("kept apart", HELD),
    ):
        for rule, said in half.items():
            right, missed = rates({rule: said})
            _show(f"{name:<22} {rule:<14} {right:>3} of {right + len(missed)}  {'; '.join(missed)}")
        right, missed = rates(half)
        _show(f"{name:<22} {'all':<14} {right:>3} of {right + len(missed)}  {right / (right + len(missed)):.1%}")
    turns = harmless()
    blocked = [line for line in turns if stopped(line) is not None]
    _show(f"harmless turns blocked {len(blocked)} of {len(turns)}: {'; '.join(blocked)}")
    began = time.perf_counter()
    for line in turns:
        check_sentence(AGENT, line)
    _show(f"one sentence of the agent's: {(time.perf_counter() - began) / len(turns) * 1e3:.3f} ms")


if __name__ == "__main__":
    main()
