#!/usr/bin/env bash
# Shows that services install alone: for each, the Dockerfile's own uv command in a clean copy of the last commit, then
# its app is imported and every other service's is not there. `deploy/docker/alone.sh [service ...]`, all by default.
set -euo pipefail
cd "$(dirname "$0")/../.."
all=$(ls services)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git archive HEAD | tar -x -C "$copy"
cd "$copy"
for service in ${*:-$all}; do
    export UV_PROJECT_ENVIRONMENT="$copy/environment"
    rm -rf "$UV_PROJECT_ENVIRONMENT"
    uv sync --quiet --frozen --no-dev --no-editable --package "parley-$service"
    python="$UV_PROJECT_ENVIRONMENT/bin/python"
    if [ "$service" = asr ]; then
        uv sync --quiet --frozen --inexact --only-group models
        (cd / && "$python" -c "
from pathlib import Path
from parley_core import weights
for one in (weights.WHISPER_BASE, weights.WHISPER_TINY_EN): weights.read(one, Path('nowhere'))")
    fi
    (cd / && "$python" -c "import parley_$service.app, parley_$service.settings")
    for other in $all; do
        [ "$other" = "$service" ] || (cd / && "$python" -c "
import importlib.util, sys
sys.exit(importlib.util.find_spec('parley_$other') is not None)") ||
            { echo "$service: parley_$other is installed too" >&2; exit 1; }
    done
    # Libraries of the system that compiled packages want and the slim image may lack.
    wanted=$(find "$UV_PROJECT_ENVIRONMENT" \( -name '*.so' -o -name '*.so.*' \) -type f -print0 |
        xargs -0 -r -n 50 ldd 2>/dev/null | awk '/=> \/(usr\/)?lib/ {print $1}' | sort -u | tr '\n' ' ')
    echo "$service: $(du -sm "$UV_PROJECT_ENVIRONMENT" | cut -f1) MB; system libraries: $wanted"
done
