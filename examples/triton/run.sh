#!/usr/bin/env bash
# Starts the example server in its own environment (.venv-triton), which `run.sh --setup` makes. Arguments are serve.py's.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
venv=$root/.venv-triton
uv=$(command -v uv || echo "$root/.venv-uv/bin/uv")
if [ "${1-}" = --setup ]; then
    python=$(command -v /usr/bin/python3.11 || command -v python3.11 || command -v python3)
    if ! [ -e "$venv/.ready" ] || [ "$root/examples/triton/requirements.txt" -nt "$venv/.ready" ]; then
        "$uv" venv --quiet --allow-existing --python "$python" "$venv"
        "$uv" pip install --quiet --python "$venv/bin/python" -r "$root/examples/triton/requirements.txt"
        touch "$venv/.ready"
    fi
    exit 0
fi
# Triton's process for Python models looks for the libpython of this Python, and takes another one where it is not led.
LD_LIBRARY_PATH=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
export PYTHONPATH=$root/services/asr/src:$root/libs/core/src:$root/libs/audio/src
# Whisper's weights come from the packages of Parley's own environment, behind everything that this one has.
packages=$("$root/.venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
exec "$venv/bin/python" "$root/examples/triton/serve.py" --packages "$packages" "$@"
