"""What a call costs at the LiveKit channel: the SDK in this process, calls that echo every frame.

The server (the tests' simulated one) and the callers (the SDK as well) run in a process of their own:
`python -m parley_bench.channels.livekit_channel CALLS SECONDS`.
"""

import asyncio
import sys
import time

import aiohttp
import uvloop
from aiohttp import web
from livekit import rtc
from parley_core.tasks import Tasks
from parley_gateway.channels.livekit.channel import PATH, LiveKitChannel
from parley_gateway.settings import GatewaySettings
from parley_testing.simulated.livekit import KEY, SECRET, simulated_livekit

from parley_bench.channel_context import simulated_context
from parley_bench.channels.client_channels import SimulatedCalls
from parley_bench.measure import Row

CALLS = 4
_RATE, _FRAME = 16_000, 320


async def cpu_per_call(seconds: float) -> Row:
    module = "parley_bench.channels.livekit_channel"
    rooms = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, str(CALLS), str(seconds), stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert rooms.stdout is not None
    assert rooms.stdin is not None
    try:
        async with asyncio.timeout(seconds + 60), Tasks("bench livekit") as tasks:
            url = (await rooms.stdout.readline()).decode().strip()
            settings = GatewaySettings.of(livekit_url=url, livekit_api_key=KEY, livekit_api_secret=SECRET)
            channel = LiveKitChannel(simulated_context(settings, SimulatedCalls(), tasks), settings.livekit)
            async with channel.running(), _Routes(channel) as http_url:
                await _join(http_url)
                rooms.stdin.write(b"joined\n")
                await rooms.stdout.readline()  # every caller hears its echo
                wall, cpu = time.monotonic(), time.process_time()
                heard = int(await rooms.stdout.readline())
                share = (time.process_time() - cpu) / (time.monotonic() - wall)
        await rooms.wait()
    finally:
        if rooms.returncode is None:
            rooms.kill()
            await rooms.wait()
    where = (
        f"{CALLS} rooms, the SDK's threads included, share of one core for each; {heard} of {CALLS} heard their echo"
    )
    return Row("channel.livekit.cpu_per_call", share / CALLS * 100, "%", where)


class _Routes:
    """The channel's routes on a port."""

    def __init__(self, channel: LiveKitChannel) -> None:
        application = web.Application()
        application.add_routes(channel.http_routes())
        self._runner = web.AppRunner(application, access_log=None)

    async def __aenter__(self) -> str:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}{PATH}"

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()


async def _join(url: str) -> None:
    async with aiohttp.ClientSession() as http:
        for number in range(CALLS):
            async with http.post(url, json={"room": f"r{number}"}) as answer:
                answer.raise_for_status()


class _Caller:
    def __init__(self) -> None:
        self.room = rtc.Room()
        self.source = rtc.AudioSource(_RATE, 1, queue_size_ms=100)
        self.heard = asyncio.Event()

    async def call(self, url: str, token: str, tasks: Tasks) -> None:
        def on_track(track: rtc.Track, *_: object) -> None:
            tasks.spawn(self._listen(track), "listens")

        self.room.on("track_subscribed", on_track)
        await self.room.connect(url, token)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self.source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.room.local_participant.publish_track(track, options)
        tasks.spawn(self._talk(), "talks")

    async def _talk(self) -> None:
        noise = bytes(range(0, 256, 2)) * 5
        while True:
            await self.source.capture_frame(rtc.AudioFrame(noise, _RATE, 1, _FRAME))

    async def _listen(self, track: rtc.Track) -> None:
        async for event in rtc.AudioStream(track, sample_rate=_RATE, num_channels=1, frame_size_ms=20):
            if any(event.frame.data):
                self.heard.set()


async def _rooms(calls: int, seconds: float) -> None:
    async with Tasks("bench callers") as tasks, simulated_livekit() as server:
        _tell(server.url)
        await asyncio.to_thread(sys.stdin.readline)
        callers = [_Caller() for _ in range(calls)]
        for number, caller in enumerate(callers):
            await caller.call(server.url, server.token(f"caller{number}", f"r{number}"), tasks)
        async with asyncio.timeout(20):
            await asyncio.gather(*(caller.heard.wait() for caller in callers))
        _tell("ready")
        await asyncio.sleep(seconds)
        _tell(str(sum(caller.heard.is_set() for caller in callers)))
        await asyncio.gather(*(caller.room.disconnect() for caller in callers))


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(_rooms(int(sys.argv[1]), float(sys.argv[2])))
