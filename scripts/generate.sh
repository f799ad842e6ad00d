#!/usr/bin/env bash
# Writes proto/gen from proto/parley and proto/rtvi. `--check` fails when the committed code is not what the schema gives.
set -euo pipefail
cd "$(dirname "$0")/.."
gen() {
    rm -rf "$1" && mkdir -p "$1"
    python -m grpc_tools.protoc -I proto --python_out="$1" --mypy_out=quiet:"$1" proto/parley/v1/*.proto proto/rtvi/v1/*.proto
    # Stubs only for the files that define a service.
    python -m grpc_tools.protoc -I proto --grpc_python_out="$1" --mypy_grpc_out=quiet:"$1" \
        $(grep -l '^service ' proto/parley/v1/*.proto)
    touch "$1/parley/v1/py.typed" "$1/rtvi/v1/py.typed"
}
if [ "${1-}" = --check ]; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
    gen "$out/gen"
    diff -r -x __pycache__ "$out/gen" proto/gen || { echo "proto/gen is not current: run 'make proto'" >&2; exit 1; }
else
    gen proto/gen
fi
