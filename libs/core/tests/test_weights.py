"""Where weights may come from, and that nothing but the official files is used."""

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from parley_core import weights
from parley_core.errors import BadInput, NotFound, Unavailable
from parley_core.weights import WeightFile, Weights

CONTENT = b"the official weights"


def model(*, parts: tuple[tuple[str, str], ...] = (), name: str = "test-model") -> Weights:
    file = WeightFile("model.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), parts)
    return Weights(name, "for tests", "maker/test-model", "MIT", (file,), ("some-package",))


def in_folder(folder: Path, content: bytes) -> None:
    (folder / "test-model").mkdir(parents=True)
    (folder / "test-model" / "model.bin").write_bytes(content)


def test_a_folder_goes_before_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch, CONTENT)
    in_folder(tmp_path / "models", CONTENT)
    found = [source.where for source in weights.sources(model(parts=PARTS), tmp_path / "models")]
    assert found == [str(tmp_path / "models" / "test-model"), "some-package"]


def test_parts_in_packages_are_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch, CONTENT)
    files, source = weights.read(model(parts=PARTS), tmp_path / "nowhere")
    assert (files, source.where) == ({"model.bin": CONTENT}, "some-package")


def test_a_wrong_file_is_passed_over_for_the_next_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch, CONTENT)
    in_folder(tmp_path / "models", CONTENT[::-1])
    assert weights.read(model(parts=PARTS), tmp_path / "models")[1].where == "some-package"


def test_only_wrong_files_are_an_error_that_names_the_hash(tmp_path: Path) -> None:
    in_folder(tmp_path, CONTENT[::-1])
    with pytest.raises(BadInput, match=f"not {hashlib.sha256(CONTENT).hexdigest()[:12]}"):
        weights.read(model(), tmp_path)


def test_no_file_at_all_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        weights.read(model(parts=(("no_such_package", "model.bin"),)), tmp_path)


def test_the_code_of_a_package_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch, CONTENT, code="raise SystemExit('run')")
    assert weights.read(model(parts=PARTS), tmp_path / "nowhere")[0] == {"model.bin": CONTENT}


@pytest.mark.outside
def test_fetch_downloads_checks_and_keeps(tmp_path: Path, hub: tuple[str, Path]) -> None:
    address, served = hub
    place = served / "maker" / "test-model" / "resolve" / "main"
    place.mkdir(parents=True)
    (place / "model.bin").write_bytes(CONTENT)
    came: list[int] = []
    into = weights.fetch(model(), tmp_path / "models", hub=address, progress=came.append)
    assert (into / "model.bin").read_bytes() == CONTENT
    assert sum(came) == len(CONTENT)
    assert [path.name for path in into.iterdir()] == ["model.bin"]
    (place / "model.bin").unlink()
    weights.fetch(model(), tmp_path / "models", hub=address)  # what is there is not asked for again


@pytest.mark.outside
def test_fetch_leaves_nothing_of_a_wrong_file(tmp_path: Path, hub: tuple[str, Path]) -> None:
    address, served = hub
    place = served / "maker" / "test-model" / "resolve" / "main"
    place.mkdir(parents=True)
    (place / "model.bin").write_bytes(CONTENT[::-1])
    with pytest.raises(BadInput, match="not the official file"):
        weights.fetch(model(), tmp_path / "models", hub=address)
    assert list((tmp_path / "models" / "test-model").iterdir()) == []


@pytest.mark.outside
def test_a_hub_that_is_not_reached_is_unavailable(tmp_path: Path, hub: tuple[str, Path]) -> None:
    with pytest.raises(Unavailable, match=r"(?i)not found"):
        weights.fetch(model(), tmp_path, hub=hub[0])


def test_the_installed_models_are_the_official_ones(tmp_path: Path) -> None:
    for each in weights.ALL:
        source = next(weights.sources(each, tmp_path))
        for file in each.files:
            assert len(weights.read_file(file, source)) == file.size


PARTS = (("some_package_for_weights", "a.bin"), ("some_package_for_weights", "b.bin"))


def package(folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, *, code: str = "") -> None:
    place = folder / "packages" / "some_package_for_weights"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text(code)
    (place / "a.bin").write_bytes(content[:7])
    (place / "b.bin").write_bytes(content[7:])
    monkeypatch.syspath_prepend(str(folder / "packages"))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    served = tmp_path / "served"
    served.mkdir()
    handler = functools.partial(_Quiet, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", served
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        return None
