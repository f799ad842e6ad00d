"""Every command of turn-taking has somebody who carries it out."""

from typing import get_args

from parley_gateway.call.turn_commands import HANDLERS
from parley_gateway.turns import commands as cmd
from parley_gateway.turns.driver import TIMERS


def test_every_command_is_carried_out_by_one_handler() -> None:
    commands = set(get_args(cmd.Command))
    assert commands == set(HANDLERS) | set(TIMERS)
    assert not set(HANDLERS) & set(TIMERS)
