"""What the command makes of paths and files of questions, before it asks any service."""

from pathlib import Path

import pytest
from parley_cli.knowledge.documents import Question, _files, _has, _questions
from parley_core.errors import BadInput


def test_a_folder_gives_its_known_files_by_their_path_in_it(tmp_path: Path) -> None:
    for name in ("b/prices.pdf", "a.md", "b/photo.JPG", "notes.bak", ".git/x.md", ".hidden.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert [name for _, name in _files(tmp_path)] == ["a.md", "b/photo.JPG", "b/prices.pdf"]


def test_a_file_is_taken_by_its_name_whatever_its_ending(tmp_path: Path) -> None:
    path = tmp_path / "thing.bin"
    path.write_bytes(b"x")
    assert _files(path) == [(path, "thing.bin")]


def test_what_is_not_there_or_empty_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="neither a file nor a folder"):
        _files(tmp_path / "nothing")
    with pytest.raises(BadInput, match="no file with a known ending"):
        _files(tmp_path)


def test_questions_are_read_and_faults_in_them_are_placed(tmp_path: Path) -> None:
    path = tmp_path / "questions.yaml"
    path.write_text("- question: Where?\n  expects: [behind the house]\n- question: Who is the mayor?\n")
    assert _questions(path) == [
        Question(question="Where?", expects=["behind the house"]),
        Question(question="Who is the mayor?"),
    ]
    path.write_text("- question: Where?\n- expects: [x]\n")
    with pytest.raises(BadInput, match=r"1\.question: Field required"):
        _questions(path)


def test_words_are_found_in_any_case_and_spacing() -> None:
    assert _has("It is behind  the\nHouse.", ["the house", "IT IS"])
    assert not _has("It is behind the house.", ["the house", "garden"])
