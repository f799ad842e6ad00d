#!/usr/bin/env bash
# Everything that is checked without running the platform. Runs all checks, then fails if any did.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=()
run() {
    echo "check: $1"
    shift
    "$@" || failed+=("$*")
}
run format ruff format --check --quiet .
run lint ruff check --quiet .
run types mypy $(ls -d libs/*/src services/*/src deploy/local/src cli/src bench/src sim/src)
run imports lint-imports --no-cache --no-logo
run contract buf lint
if git rev-parse -q --verify origin/main >/dev/null 2>&1 && git cat-file -e origin/main:buf.yaml 2>/dev/null; then
    run "contract against origin/main" buf breaking --against '.git#ref=origin/main'
fi
run "generated code" scripts/generate.sh --check
run "settings' example" python scripts/env_example.py --check
run dashboards python scripts/dashboards.py --check
run "tables of fields" python scripts/field_tables.py --check
# What is ignored is made, and holds addresses of the machine that made it.
run "nothing made is committed" bash -c '! git ls-files -ci --exclude-standard | grep .'
run links python scripts/links.py
if [ ${#failed[@]} -gt 0 ]; then
    printf 'check: failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
echo "check: all is well"
