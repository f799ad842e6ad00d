"""The life of a service process, as the process manager sees it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp
import pytest
from parley_testing.servers import free_port

pytestmark = pytest.mark.outside

PROGRAM = """
from contextlib import asynccontextmanager
from parley_core.bus.connection import connect
from parley_core.runtime import main
from parley_core.settings import ServiceSettings

class EarSettings(ServiceSettings, service="ear"):
    pass

@asynccontextmanager
async def app(settings, runtime):
    async with connect(settings.nats_url, runtime.worker, timeout_s=0.5):
        async def drain():
            print("draining", flush=True)
        runtime.on_drain(drain)
        runtime.health.set("bus", True)
        yield
        print("left", flush=True)

main("ear", EarSettings, app)
"""


async def start(tmp_path: Path, **environment: str) -> asyncio.subprocess.Process:
    program = tmp_path / "ear.py"
    program.write_text(PROGRAM)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_sigterm_drains_and_ends_with_0(tmp_path: Path, nats_url: str) -> None:
    port = free_port()
    process = await start(tmp_path, PARLEY_NATS_URL=nats_url, PARLEY_HEALTH_PORT=str(port))
    async with aiohttp.ClientSession() as http:
        async with asyncio.timeout(30):
            while True:
                try:
                    async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                        if answer.status == 200:
                            break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)
        async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
            assert answer.status == 200
    process.send_signal(signal.SIGTERM)
    out, _ = await asyncio.wait_for(process.communicate(), 15)
    assert out.decode().split() == ["draining", "left"]
    assert process.returncode == 0


async def test_a_wrong_setting_ends_the_start_with_one_line(tmp_path: Path) -> None:
    process = await start(tmp_path, PARLEY_EAR_NOSE="1")
    _, error = await asyncio.wait_for(process.communicate(), 30)
    assert error.decode() == "parley-ear: PARLEY_EAR_NOSE: is not a setting of this service\n"
    assert process.returncode == 2


async def test_an_absent_bus_is_named(tmp_path: Path) -> None:
    process = await start(tmp_path, PARLEY_NATS_URL=f"nats://127.0.0.1:{free_port()}")
    _, error = await asyncio.wait_for(process.communicate(), 30)
    assert b"NATS is unavailable" in error
    assert process.returncode == 3
