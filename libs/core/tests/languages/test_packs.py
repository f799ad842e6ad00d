"""Language packs: each is complete, or says by name which words it lacks."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from parley_core.languages.registry import ENGLISH, PACKS, pack, primary

FOLDER = Path(__file__).parents[2] / "src" / "parley_core" / "languages" / "packs"
NOT_WORDS = {"tag", "lacks"}


def empty(value: object) -> bool:
    if isinstance(value, re.Pattern):
        return value.pattern in ("", "(?!)")
    return not any(value) if isinstance(value, tuple) else not value


def lacking(of: object, model: object, place: str = "") -> list[str]:
    """Fields that are empty where English has something: a whole kind by its name, else each field of it."""
    found = []
    for name in (one.name for one in fields(model) if one.name not in NOT_WORDS):  # type: ignore[arg-type]
        mine, english = getattr(of, name), getattr(model, name)
        if is_dataclass(english):
            within = lacking(mine, english, f"{name}.")
            every = [one.name for one in fields(english) if not empty(getattr(english, one.name))]
            found += [name] if len(within) == len(every) else within
        elif empty(mine) and not empty(english):
            found.append(place + name)
    return found


@pytest.mark.parametrize("tag", PACKS)
def test_a_pack_names_what_it_lacks_and_nothing_else(tag: str) -> None:
    assert sorted(pack(tag).lacks) == sorted(lacking(pack(tag), ENGLISH))


@pytest.mark.parametrize("tag", PACKS)
def test_words_are_written_as_they_are_compared(tag: str) -> None:
    one = pack(tag)
    for text in (*one.names, *one.openings, *one.backchannels, *one.sounds):
        assert text == " ".join(text.lower().split()), text
    assert not [sound for sound in one.sounds if re.search(r"(\w)\1", sound)], "letters count once"


def test_every_pack_of_the_folder_is_registered() -> None:
    written = {path.stem for path in FOLDER.iterdir() if path.stem != "__init__" and not path.stem.startswith("__")}
    assert written == set(PACKS)


def test_the_first_name_of_a_language_is_english() -> None:
    for one in PACKS.values():
        assert one.names[0].isascii()


def test_a_tag_finds_its_language_and_an_unknown_one_has_no_words() -> None:
    assert pack("es-MX") is PACKS["es"]
    assert pack("DE") is PACKS["de"]
    assert (primary("zh-Hant-TW"), pack("sv").names, pack("sv").backchannels) == ("zh", (), ())
