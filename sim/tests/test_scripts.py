"""Each behaviour of turn-taking by its script, without faults: the script says what must come of it."""

from pathlib import Path

import pytest
from parley_core.errors import BadInput
from parley_sim.faults import Faults, plan
from parley_sim.script import generate, load_script, parse_script
from parley_sim.trace import brief
from parley_sim.world import simulate

SCRIPTS = sorted((Path(__file__).parents[1] / "scripts").glob("*.yaml"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_the_behaviour_of_the_script(path: Path) -> None:
    for seed in (1, 2):  # one with a model that can be asked again, one with another
        faultless = Faults(plan(seed).chance)
        outcome = simulate(seed, script=load_script(path), planned=faultless, trace=True)
        assert not outcome.violations, "\n".join(brief(list(outcome.lines)))


def test_a_script_with_a_step_that_does_two_things_is_refused() -> None:
    with pytest.raises(BadInput, match="one thing"):
        parse_script("steps: [{say: hello, digits: '1'}]", "x.yaml")


def test_a_seed_gives_one_script() -> None:
    assert generate(7) == generate(7)
    assert generate(7) != generate(8)
