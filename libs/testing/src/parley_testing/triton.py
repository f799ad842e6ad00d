"""A real Triton server for tests: examples/triton, in the environment that `make peers` makes."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tritonclient.grpc.aio import InferenceServerClient
from tritonclient.utils import InferenceServerException

from parley_testing.peers import require_folder
from parley_testing.servers import free_port

_ROOT = Path(__file__).resolve().parents[4]
_START_S = 120
_END_S = 30
_LOOK_S = 0.2


@asynccontextmanager
async def triton_server(folder: Path, model: str) -> AsyncIterator[str]:
    """Its address, once it serves `model`; its log goes to `folder`. Skips, or fails, where it is not installed."""
    require_folder(_ROOT / ".venv-triton", "Triton and what it serves")
    grpc, http, metrics = (str(free_port()) for _ in range(3))
    command = [
        str(_ROOT / "examples/triton/run.sh"),
        "--grpc-port",
        grpc,
        "--http-port",
        http,
        "--metrics-port",
        metrics,
    ]
    log = folder / "triton.log"
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(*command, stdout=file, stderr=file, cwd=_ROOT)
    client = InferenceServerClient(f"127.0.0.1:{grpc}")
    try:
        async with asyncio.timeout(_START_S):
            while not await _serves(client, model):
                if process.returncode is not None:
                    raise RuntimeError(f"Triton ended with status {process.returncode}: {log.read_text()[-2000:]}")
                await asyncio.sleep(_LOOK_S)
        yield f"grpc://127.0.0.1:{grpc}"
    finally:
        await client.close()
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            try:
                async with asyncio.timeout(_END_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def _serves(client: InferenceServerClient, model: str) -> bool:
    try:
        return bool(await client.is_model_ready(model))
    except InferenceServerException:  # nothing listens yet
        return False
