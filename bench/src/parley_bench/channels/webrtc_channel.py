"""The WebRTC channel alone, in a separate process: `python -m parley_bench.channels.webrtc_channel PORT` serves offers.

Behind the real channel stand simulated calls that send every frame back, and note when a beep came out of the
decoder. The notes are printed as JSON when standard input closes, which ends it.
"""

import asyncio
import json
import sys
import time

import uvloop
from aiohttp import web
from parley_audio.energy import rms
from parley_audio.formats import samples_of
from parley_core.reasons import EndReason
from parley_core.tasks import Tasks
from parley_gateway.admission.token_keys import TokenKeys
from parley_gateway.admission.tokens import Grant, Tokens
from parley_gateway.channels.webrtc.channel import OFFER, PeerConnections
from parley_gateway.channels.webrtc.data_channel import ParleyDataChannel
from parley_gateway.ports import Leg
from parley_gateway.settings import GatewaySettings

from parley_bench.channel_context import SECRET, simulated_context

BEEP_RMS = 1000.0


class SimulatedCall:
    """Echoes."""

    def __init__(self, leg: Leg, number: int) -> None:
        self.leg = leg
        self.caller = self
        self.number = number
        self.beeps: list[float] = []
        self._loud = False

    def audio(self, pcm: bytes) -> None:
        loud = rms(samples_of(pcm)) > BEEP_RMS
        if loud and not self._loud:
            self.beeps.append(time.monotonic())
        self._loud = loud
        self.leg.send_audio(pcm)

    def hang_up(self, reason: EndReason, detail: str = "") -> None:
        self.leg.close(reason, detail)

    def leg_lost(self, reason: EndReason, leg: Leg) -> None:
        """The leg closes itself."""


class SimulatedCalls:
    draining = False

    def __init__(self) -> None:
        self.calls: list[SimulatedCall] = []

    async def open(self, caller: object, leg: Leg) -> SimulatedCall:
        call = SimulatedCall(leg, len(self.calls))
        self.calls.append(call)
        return call


class SimulatedAgents:
    async def get(self, tenant: str, agent: str) -> None:
        """There is every agent."""


def token() -> str:
    return Tokens(TokenKeys(SECRET)).issue(Grant("bench", "bench", "", int(time.time()) + 3600))


async def serve(port: int) -> None:
    async with Tasks("bench channel") as tasks:
        calls = SimulatedCalls()
        settings = GatewaySettings()
        context = simulated_context(settings, calls, tasks, agents=SimulatedAgents())
        peers = PeerConnections(context, settings.webrtc, ParleyDataChannel)
        application = web.Application()
        application.add_routes(peers.routes(OFFER))
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        async with peers.running():
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            await asyncio.to_thread(sys.stdin.read)
        json.dump([call.beeps for call in calls.calls], sys.stdout)
        sys.stdout.flush()
        await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
