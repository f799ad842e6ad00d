"""Checks Markdown files and llms.txt: a relative link leads to a file, an anchor to a heading, no line is too long.

A line's length is that of what is read: the target of a link does not count. Generated tables, between two comments,
are left out.
"""

import re
import subprocess
import sys
from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TARGET = re.compile(r"(?<=\])\([^)\s]+\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
GENERATED = re.compile(r"^<!-- (?:settings|fields of [\w.]+) -->.*?^<!-- ", re.MULTILINE | re.DOTALL)
LONGEST = 160


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "*.md", "llms.txt"], capture_output=True, text=True, check=True)
    problems = [problem for name in listed.stdout.split() for problem in problems_of(Path(name))]
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return 1 if problems else 0


def problems_of(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8")
    broken = [f"{file}: {target} leads nowhere" for target in LINK.findall(text) if not leads_somewhere(file, target)]
    written = GENERATED.sub(lambda found: "\n" * found[0].count("\n"), text)
    lengths = ((number, len(TARGET.sub("", line))) for number, line in enumerate(written.splitlines(), 1))
    return broken + [f"{file}:{number}: {length} characters" for number, length in lengths if length > LONGEST]


def leads_somewhere(file: Path, target: str) -> bool:
    if "://" in target or target.startswith("mailto:"):
        return True
    path, _, anchor = target.partition("#")
    found = file.parent / path if path else file
    if not found.exists():
        return False
    return not anchor or found.suffix != ".md" or anchor in anchors(found.read_text(encoding="utf-8"))


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives the headings of a text."""
    titles = (
        LINK.sub(lambda link: link[0][1 : link[0].index("]")], title) for title in HEADING.findall(FENCE.sub("", text))
    )
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


if __name__ == "__main__":
    sys.exit(main())
