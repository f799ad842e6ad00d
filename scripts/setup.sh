#!/usr/bin/env bash
# Makes the virtual environment from uv.lock, with uv from PATH or, where there is none, from the package index.
# Every failure ends in one line that says what and how to go on.
set -uo pipefail
cd "$(dirname "$0")/.."
venv=${1:-.venv}
python=${PYTHON:-python3}

fail() {
    echo "setup: $1" >&2
    exit 1
}

command -v "$python" >/dev/null || fail "no $python found; install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3"
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' ||
    fail "$("$python" -V 2>&1) cannot run Parley; 3.11 to 3.13 can: make PYTHON=python3.12"

free_kb=$(df -Pk . | awk 'NR == 2 {print $4}')
[ "$free_kb" -gt 4000000 ] || fail "only $((free_kb / 1024)) MB free on this disk; the environment needs 4000 MB"

if command -v uv >/dev/null && uv --version >/dev/null 2>&1; then
    uv=uv
else
    tool=$venv-uv
    if ! [ -x "$tool/bin/uv" ]; then
        echo "setup: getting uv, which installs the rest"
        rm -rf "$tool"
        if "$python" -m venv "$tool" 2>/dev/null; then
            "$tool/bin/python" -m pip install --quiet --disable-pip-version-check uv ||
                fail "uv could not be installed; is the package index reachable? (see pip's message above)"
        elif "$python" -m pip --version >/dev/null 2>&1; then
            # Debian splits venv off its Python; pip alone can still put uv into a folder.
            rm -rf "$tool"
            "$python" -m pip install --quiet --disable-pip-version-check --target "$tool" uv ||
                fail "uv could not be installed; is the package index reachable? (see pip's message above)"
        else
            fail "this Python has neither venv nor pip: install them (Debian, Ubuntu: apt install python3-venv)"
        fi
    fi
    uv=$tool/bin/uv
fi

echo "setup: installing from uv.lock"
if ! "$uv" sync --frozen --all-packages --python "$python" 2>"$venv-sync.log"; then
    cat "$venv-sync.log" >&2
    if grep -qiE 'failed to fetch|dns|connect|timed out|network' "$venv-sync.log"; then
        fail "the package index cannot be reached; check the network or the proxy settings and run make again"
    elif grep -qiE 'gcc|cc1|compiler|failed to build' "$venv-sync.log"; then
        fail "a package had to be compiled and could not be; install a compiler (Debian, Ubuntu: apt install build-essential python3-dev)"
    elif grep -qiE 'no space left' "$venv-sync.log"; then
        fail "the disk is full; free some space and run make again"
    fi
    fail "installing failed; the message above says where"
fi
rm -f "$venv-sync.log"
"$venv/bin/python" - <<'END'
from pathlib import Path

from parley_cli.models import summary

for line in summary(Path("var/models")):
    print("setup: model", line)
END
echo "setup: $venv has $(du -sm "$venv" | cut -f1) MB"
