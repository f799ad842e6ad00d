"""The SIP channel alone, in a process ended by its input's end: `python -m parley_bench.channels.sip_channel PORT`.

Behind the real channel stand simulated calls that send every frame back, through decoder, jitter buffer and encoder.
"""

import asyncio
import sys

import uvloop
from parley_core.bus.memory import MemoryBus
from parley_core.tasks import Tasks
from parley_gateway.call_events import Ready
from parley_gateway.channels.sip.channel import SipChannel
from parley_gateway.ports import Leg
from parley_gateway.settings import GatewaySettings

from parley_bench.channel_context import simulated_context
from parley_bench.channels.webrtc_channel import SimulatedCall, SimulatedCalls


class AnsweredCalls(SimulatedCalls):
    def __len__(self) -> int:
        return 0

    async def open(self, caller: object, leg: Leg) -> SimulatedCall:
        call = await super().open(caller, leg)
        asyncio.get_running_loop().call_soon(leg.send_event, Ready(call="c", session="s", resume=""))
        return call


async def serve(port: int) -> None:
    async with Tasks("bench channel") as tasks:
        settings = GatewaySettings.of(sip_port=port, default_agent="bench", sip_rtp_ports="42000-42999")
        bus = MemoryBus()
        context = simulated_context(settings, AnsweredCalls(), tasks, bus)
        async with SipChannel(context, settings.sip).running():
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
