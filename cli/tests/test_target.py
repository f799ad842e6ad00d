"""Where the command line finds the stack it speaks to, and the key that it needs there."""

from pathlib import Path

import pytest
from parley_cli.target import Target
from parley_local.keys import API_KEY, SETTING, secret


def test_the_command_line_finds_it_and_the_environment_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_VAR", str(tmp_path))
    monkeypatch.delenv(SETTING, raising=False)
    assert Target.from_environment().api_key == ""
    made = secret(tmp_path, API_KEY)
    assert Target.from_environment().api_key == made
    monkeypatch.setenv(SETTING, "mine")
    assert Target.from_environment().api_key == "mine"
