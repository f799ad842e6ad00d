"""The widget's sentences: every reason for which there is no call has one."""

import re
from pathlib import Path

import parley_gateway
from parley_core.reasons import RefusalReason

TEXTS = Path(parley_gateway.__path__[0]) / "web" / "widget" / "texts.js"


def test_every_refusal_has_a_sentence_in_every_language() -> None:
    text = TEXTS.read_text()
    table = text.partition("const REASONS = {")[2].partition("};")[0]
    reasons = dict(re.findall(r'^  (\w+): "([\w-]+)",$', table, re.MULTILINE))
    assert {reason.value for reason in RefusalReason} <= set(reasons)
    languages = text.partition("const REASONS = {")[0]
    for name in {reasons[reason] for reason in RefusalReason}:
        assert languages.count(f'"{name}":') == 3
