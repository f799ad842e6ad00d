"""The far end of the bus measurement: `python -m parley_bench.echo URL` sends every message of `bench.there` back."""

import asyncio
import sys

import uvloop
from parley_core.bus.connection import connect
from parley_core.bus.port import Message

THERE = "bench.there"
BACK = "bench.back"
READY = "bench.ready"


async def echo(url: str) -> None:
    async with connect(url, "bench-echo") as bus:

        async def back(message: Message) -> None:
            bus.post(BACK, message.data)

        await bus.subscribe(THERE, back)
        while True:  # until the process is ended by whoever started it
            bus.post(READY, b"")
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    uvloop.run(echo(sys.argv[1]))
