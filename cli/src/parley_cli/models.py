"""`parley models`: which weights the embedded recogniser and voice use, their sources, whether they are official."""

from pathlib import Path

from parley_core import weights
from parley_core.errors import BadInput
from parley_core.weights import Weights
from rich.console import Console

MB = 1_000_000


def weights_folder(var: Path) -> Path:
    """Where fetched weights are kept, and where the services of the local stack look first."""
    return var / "models"


def list_models(folder: Path, console: Console) -> None:
    """Print a line per model; nothing is read but sizes."""
    for model in weights.ALL:
        source = next(weights.sources(model, folder), None)
        where = f"from {source.where}" if source is not None else "[yellow]absent[/]: 'parley models fetch'"
        console.print(
            f"{model.name:16} {model.what:28} {model.size / MB:4.0f} MB  {model.licence:11} {where}", soft_wrap=True
        )
        console.print(
            f"[dim]{'':16} {model.repository}, {model.files[0].name} sha256 {model.files[0].sha256}[/]", soft_wrap=True
        )


def verify(folder: Path, console: Console) -> int:
    """Read every file and compare it with the official hash; returns 1 where something is wrong or absent."""
    failed = 0
    for model in weights.ALL:
        found = False
        for source in weights.sources(model, folder):
            found = True
            try:
                for file in model.files:
                    weights.read_file(file, source)
                console.print(f"[green]ok[/]   {model.name} from {source.where}", soft_wrap=True)
            except BadInput as error:
                failed = 1
                console.print(f"[red]bad[/]  {model.name}: {error}", soft_wrap=True)
        if not found:
            failed = 1
            console.print(f"[red]none[/] {model.name} is not installed: 'make setup' or 'parley models fetch'")
    return failed


def fetch(names: list[str], folder: Path, console: Console) -> None:
    """Download models from the official hub. Raises Unavailable, TimedOut or BadInput."""
    wanted: list[Weights] = [weights.by_name(name) for name in names] or list(weights.ALL)
    for model in wanted:
        if next(weights.sources(model, folder), None) is not None and not names:
            console.print(f"{model.name} is installed")
            continue
        with console.status(f"{model.name}: {model.size / MB:.0f} MB from {model.repository}"):
            into = weights.fetch(model, folder)
        console.print(f"{model.name} is in {into}", soft_wrap=True)


def summary(folder: Path) -> list[str]:
    """What the set-up prints: a line per model."""
    lines = []
    for model in weights.ALL:
        source = next(weights.sources(model, folder), None)
        found = f"{model.size / MB:.0f} MB from {source.where}" if source is not None else "absent"
        lines.append(f"{model.name} ({model.what}, {model.licence}): {found}")
    return lines


_STANDS_IN = {
    weights.WHISPER_BASE.name: "PocketSphinx recognises speech instead, in English and only listed words",
    weights.HIBARI_HEART.name: "espeak-ng speaks instead",
}


def missing(folder: Path) -> list[str]:
    """A line for each model that is not installed and what does its work: what `parley up` tells."""
    return [
        f"{model.name} is not installed: {_STANDS_IN[model.name]} ('parley models fetch')"
        for model in weights.ALL
        if model.name in _STANDS_IN and next(weights.sources(model, folder), None) is None
    ]
