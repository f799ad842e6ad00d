"""Checks that every relative link in the Markdown files leads to a file that is there."""

import re
import subprocess
import sys
from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "*.md"], capture_output=True, text=True, check=True).stdout.split()
    broken = 0
    for name in listed:
        for target in LINK.findall(Path(name).read_text(encoding="utf-8")):
            path = target.split("#")[0]
            if not path or "://" in path or path.startswith("mailto:"):
                continue
            if not (Path(name).parent / path).exists():
                sys.stderr.write(f"{name}: {target} leads nowhere\n")
                broken += 1
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
