"""A language model and dictionary on disk for one agent's speech, built once per content and found again by its hash.

The decoder processes build (it is pure CPU work), all others only ask for the key. Files appear whole or not at
all, so that several processes and a killed one may share the folder.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pocketsphinx import get_model_path  # type: ignore[import-untyped]
from pocketsphinx.lm import ArpaBoLM  # type: ignore[import-untyped]

from parley_asr.language.lexicon import pronounce, read_dictionary
from parley_asr.language.names import name_classes

BUILD = 9  # raised when the way of building changes: older files are not used any more
LANGUAGE_WEIGHT = 8.0  # how much the decoder lets the language model count against the sound
# The decoder does not weigh the probability of a word in its class, so that the file carries it weighed. Measured: at 1
# every noise is a name, from 20 on rare names are heard only where they are clear.
CLASS_WEIGHT = 20.0
MARK = "/"  # between a word of the dictionary and the class it is in; no word has it otherwise
_MEMBER = re.compile(r"^([^ (]+)(.*)$")
DISCOUNT = 0.03  # little is left for what was never said: digits and dates stay together


@dataclass(frozen=True, slots=True)
class ModelFiles:
    language_model: Path  # a control file that names the n-gram model and the classes beside it
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
    files = ModelFiles(folder / key / "model.ctl", folder / key / "model.dict")
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
    known = read_dictionary(Path(get_model_path()) / "en-us" / "cmudict-en-us.dict")
    classes = {name: words for name, words in name_classes().items() if name in counted.grams_1}
    words = [word for word in counted.grams_1 if word not in ("<s>", "</s>") and word not in classes]
    lines, guessed = pronounce(words, known)
    for name, members in classes.items():
        said, strange = pronounce(members, known, names=True)
        lines.extend(_MEMBER.sub(rf"\1{_mark(name)}\2", line) for line in said)
        guessed += strange
        words.extend(members)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".building-") as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        (made / "model.dict").write_text("\n".join(lines) + "\n", "utf-8")
        with (made / "model.lm").open("w", encoding="utf-8") as file:
            counted.write(file)
        (made / "classes").write_text("".join(_class_lines(classes)), "utf-8")
        # The control file holds the paths where the files will be.
        place = (folder / key).absolute()
        named = "".join(f" {name}" for name in classes)
        (made / "model.ctl").write_text(
            f"{{ {place / 'classes'} }}\n{place / 'model.lm'} agent {{{named} }}\n", "utf-8"
        )
        try:
            os.rename(made, folder / key)
        except OSError:  # another process was quicker: its files are the same
            if find(folder, key) is None:
                raise
    return ModelFiles(folder / key / "model.ctl", folder / key / "model.dict", len(set(words)), guessed)


def _mark(name: str) -> str:
    # The same word may be in two classes and stand alone; PocketSphinx wants different words there.
    return f"{MARK}{name.strip('[]')}"


def _class_lines(classes: dict[str, dict[str, float]]) -> Iterator[str]:
    for name, members in classes.items():
        yield f"LMCLASS {name}\n"
        yield from (f"{word}{_mark(name)} {probability**CLASS_WEIGHT:.6e}\n" for word, probability in members.items())
        yield f"END {name}\n"
