from pathlib import Path

import pytest
from parley_cli.script import Script, ScriptedCaller, load_script
from parley_core.errors import BadInput
from parley_local.stack import examples_folder


def caller(*lines: str, answers: dict[str, str] | None = None, max_turns: int = 16, **values: str) -> ScriptedCaller:
    replies = [{"when": when, "say": say} for when, say in (answers or {}).items()]
    script = Script.model_validate({"agent": "a", "lines": lines, "answers": replies, "max_turns": max_turns})
    return ScriptedCaller(script, values)


def test_lines_are_said_in_order_and_then_the_caller_hangs_up() -> None:
    person = caller("One.", "Two.")
    assert [person.reply_to("Hello.") for _ in range(3)] == ["One.", "Two.", None]


def test_an_answer_comes_before_the_next_line() -> None:
    person = caller("One.", answers={"your name": "I am Ann."})
    assert person.reply_to("May I have YOUR NAME?") == "I am Ann."
    assert person.reply_to("Thank you.") == "One."


def test_only_the_last_sentence_of_the_agent_is_answered() -> None:
    person = caller("One.", answers={"your name": "I am Ann."})
    assert person.reply_to("I have your name. What else can I do?") == "One."


def test_a_caller_who_is_always_asked_the_same_hangs_up_at_last() -> None:
    person = caller("One.", answers={"name": "I am Ann."}, max_turns=3)
    assert [person.reply_to("Your name?") for _ in range(4)] == ["I am Ann."] * 3 + [None]


def test_known_values_are_filled_in_and_other_braces_are_left_alone() -> None:
    person = caller("Book {when}.", "A {brace} and a {.", when="next Tuesday")
    assert person.reply_to("") == "Book next Tuesday."
    assert person.reply_to("") == "A {brace} and a {."


def test_a_script_says_whether_it_needs_a_free_time() -> None:
    assert caller("Book {when}.").script.needs_time
    assert caller("Hello.", answers={"time": "{when}, please."}).script.needs_time
    assert not caller("Hello.").script.needs_time


def test_the_example_script_can_be_read() -> None:
    script = load_script(examples_folder() / "calls" / "clinic.yaml")
    assert script.agent == "clinic"
    assert script.needs_time


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("lines: [", "not YAML"),
        ("agent: a\nlines: []", "lines"),
        ("agent: a\nlines: [x]\nspeed: 3", "speed"),
        ("agent: a\nlines: [x]\nwords_per_minute: 5", "words_per_minute"),
        ("agent: a\nlines: [x]\nanswers: [{when: '(', say: y}]", "answers.when"),
        ("- a list", "script.yaml"),
    ],
)
def test_a_wrong_script_is_refused_with_the_place(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=problem):
        load_script(path)


def test_a_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nobody\.yaml: No such file"):
        load_script(tmp_path / "nobody.yaml")
