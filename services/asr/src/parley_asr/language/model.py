"""A language model and dictionary on disk for one agent's speech, built once per content and found again by its hash.

The decoder processes build (it is pure CPU work), everyone else only asks for the key. Files appear whole or not at
all, so that several processes and a killed one may share the folder.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pocketsphinx import get_model_path  # type: ignore[import-untyped]
from pocketsphinx.lm import ArpaBoLM  # type: ignore[import-untyped]

from parley_asr.language.lexicon import pronounce, read_dictionary

BUILD = 5  # raised when the way of building changes: older files are not used any more
DISCOUNT = 0.03  # little is left for what was never said: digits and dates stay together


@dataclass(frozen=True, slots=True)
class ModelFiles:
    language_model: Path
    dictionary: Path
    words: int = 0  # known when they were built just now
    guessed: int = 0  # words whose pronunciation no dictionary had


def key_of(sentences: list[str]) -> str:
    """Return the name under which a model of these sentences is stored."""
    digest = hashlib.sha256(f"{BUILD}\n".encode())
    for sentence in sentences:
        digest.update(sentence.encode() + b"\n")
    return digest.hexdigest()[:32]


def find(folder: Path, key: str) -> ModelFiles | None:
    """Return the files of a model that was built before."""
    files = ModelFiles(folder / key / "model.lm", folder / key / "model.dict")
    return files if files.language_model.exists() and files.dictionary.exists() else None


def build(folder: Path, sentences: list[str]) -> ModelFiles:
    """Return the model of these sentences, building it where it is not there yet. Takes about half a second."""
    key = key_of(sentences)
    found = find(folder, key)
    if found is not None:
        return found
    counted = ArpaBoLM(add_start=True, discount_mass=DISCOUNT)
    counted.read_corpus(sentences)
    counted.compute()
    words = [word for word in counted.grams_1 if word not in ("<s>", "</s>")]
    lines, guessed = pronounce(words, read_dictionary(Path(get_model_path()) / "en-us" / "cmudict-en-us.dict"))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".building-") as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        (made / "model.dict").write_text("\n".join(lines) + "\n", "utf-8")
        with (made / "model.lm").open("w", encoding="utf-8") as file:
            counted.write(file)
        try:
            os.rename(made, folder / key)
        except OSError:  # another process was quicker: its files are the same
            if find(folder, key) is None:
                raise
    return ModelFiles(folder / key / "model.lm", folder / key / "model.dict", len(words), guessed)
