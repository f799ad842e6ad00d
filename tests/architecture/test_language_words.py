"""The words of a language stand in its pack: no list of them, and no pattern over them, anywhere else."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from parley_core.languages.pack import Pack
from parley_core.languages.phrases import words
from parley_core.languages.registry import PACKS

PLACES = ("libs/core/src/", "services/")
HOME = "libs/core/src/parley_core/languages/"
LONG = 12  # words in a text that has nothing else
MOST = 3  # words of a language in one literal; more are a list

# Where such a literal is no list of what is said or heard.
ALLOWED = {
    "services/llm/src/parley_llm/providers/rule_based/values/clock_times.py": "the grammar of English clock times",
    "services/tools/src/parley_tools/calendar.py": "the keys of a calendar's file",
}
# Words of a language that name things in code as well.
NAMES_IN_CODE = words(
    """text message note call say said name number date day time when phone mail email start end stop cancel change done
    ok to of for from with at by in on or and not is as if no yes it first last next up down one two a an the wait hold
    record recording press open close back"""
)


def vocabulary(pack: Pack) -> set[str]:
    """The single words that a pack's answers, endings, numbers and calendar are made of."""
    answers, endings = pack.answers, pack.endings
    phrases = [*answers.yes, *answers.right, *answers.no, *answers.wait, *answers.around, *answers.doubt]
    lists = [endings.carry_on, endings.answers, endings.asking, endings.fillers, pack.backchannels]
    lists += [pack.numbers.ones, pack.numbers.tens, pack.calendar.weekdays, pack.calendar.months]
    every = [word for some in lists for word in some] + [word for phrase in phrases for word in phrase.split()]
    return {word for word in every if len(word) > 1}


WORDS = set().union(*(vocabulary(pack) for pack in PACKS.values())) - NAMES_IN_CODE


def texts(node: ast.AST) -> list[str]:
    """What a literal lists: elements or keys that are texts, the words of a text that is split or is all words, or of a
    pattern."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        listed = node.value.value.split()
        every = len(listed) >= LONG and all(re.fullmatch(r"[^\W\d_A-Z][^\W\d_A-Z'’.-]*", word) for word in listed)
        return (
            [word for word in listed if len(word) > 3] if every else []
        )  # shorter ones are codes of languages as well
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return [one.value for one in node.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if isinstance(node, ast.Dict):
        return [one.value for one in node.keys if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        text = node.func.value
        if node.func.attr == "split" and isinstance(text, ast.Constant) and isinstance(text.value, str):
            return text.value.split()
        if node.func.attr in ("compile", "search", "match", "fullmatch", "sub") and node.args:
            pattern = ast.unparse(node.args[0])
            return re.findall(r"(?<=[|(])[^\W\d_]+(?=[|)])", pattern)
    return []


def lists(modules: list[Any]) -> Iterator[str]:
    for module in modules:
        if not module.path.startswith(PLACES) or module.path.startswith(HOME) or module.path in ALLOWED:
            continue
        for node in ast.walk(module.tree):
            listed = {text for text in texts(node) if text in WORDS}
            if len(listed) > MOST:
                yield f"{module.at(node)}: {', '.join(sorted(listed)[:6])}"


def test_word_lists_stand_in_the_language_packs(modules: list[Any]) -> None:
    assert not list(lists(modules))


def test_the_exceptions_hold_nothing_that_is_gone(modules: list[Any]) -> None:
    assert not set(ALLOWED) - {module.path for module in modules}


def test_the_rule_finds_lists_sets_keys_and_patterns() -> None:
    for code in (
        "{'yes', 'yeah', 'sure', 'okay', 'perfect', 'absolutely'}",
        "('gracias', 'claro', 'vale', 'perfecto')",
        "{'monday': 0, 'tuesday': 1, 'wednesday': 2, 'thursday': 3}",
        "'genau stimmt richtig nein vielleicht'.split()",
        "COMMON = 'yeah sure okay perfect monday tuesday twenty thirty the a of it'",
        "re.compile(r'(?:yeah|sure|okay|nope|perfect)')",
    ):
        tree = ast.parse(code)
        assert any(len({text for text in texts(node) if text in WORDS}) > MOST for node in ast.walk(tree)), code
