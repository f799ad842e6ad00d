"""baresip, a real SIP phone without a sound card: it speaks a recording, keys digits, and keeps what it hears."""

import asyncio
import json
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from parley.v1 import events_pb2
from parley_audio.resample import resample
from parley_core.bus.log import body_of, event_name
from parley_testing.peers import require
from parley_testing.servers import free_port
from parley_testing.workers import Workers

from .conftest import Sip

_CONFIG = """
sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
audio_source aufile,{speech}
audio_player aubridge,nil
module_path /usr/lib/baresip/modules
module aufile.so
module aubridge.so
module sndfile.so
module g711.so
module g722.so
module opus.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {folder}
rtp_ports {rtp}-{rtp_last}
"""


class Baresip:
    """Its control socket: netstrings of JSON."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def command(self, name: str, parameters: str = "") -> None:
        message = json.dumps({"command": name, "params": parameters, "token": name})
        self._writer.write(f"{len(message)}:{message},".encode())

    async def until(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while True:
                length = int((await self._reader.readuntil(b":"))[:-1])
                message: dict[str, Any] = json.loads(await self._reader.readexactly(length))
                await self._reader.readexactly(1)
                if message.get("type") == kind:
                    return message


@asynccontextmanager
async def baresip(folder: Path, speech: bytes, codec: str) -> AsyncIterator[Baresip]:
    rate = 16_000 if codec == "G722/16000/1" else 48_000 if codec.startswith("opus") else 8000
    channels = 2 if codec.startswith("opus") else 1  # it takes no other
    with wave.open(str(folder / "speech.wav"), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        # It says it again and again, with silence between.
        said = np.frombuffer(bytes(rate) + resample(speech, 16_000, rate) + bytes(2 * rate * 4), np.int16)
        out.writeframes(np.tile(np.repeat(said, channels), 3).tobytes())
    control, port = free_port(), free_port()
    low = 40_000 + free_port() % 10_000 * 2
    ports = {"sip": port, "control": control, "rtp": low, "rtp_last": low + 40}
    (folder / "config").write_text(_CONFIG.format(speech=folder / "speech.wav", folder=folder, **ports))
    (folder / "accounts").write_text(f"<sip:bs@127.0.0.1:{port}>;regint=0;audio_codecs={codec};dtmfmode=rtpevent\n")
    process = await asyncio.create_subprocess_exec(
        require("baresip"),
        *("-f", str(folder)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=(folder / "log").open("wb"),
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Baresip(*await _connect(control))
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(15):
        while True:
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("codec", ["PCMA/8000/1", "G722/16000/1", "opus/48000/2"])
async def test_a_phone_speaks_keys_and_hears(
    sip: Sip, workers: Workers, speech: bytes, tmp_path: Path, codec: str
) -> None:
    workers.asr.texts = ["I need an appointment please", "", ""]
    workers.llm.replies = [["Of course."], ["Thank you."], ["Yes."]]
    async with baresip(tmp_path, speech, codec) as phone:
        phone.command("dial", f"sip:100@127.0.0.1:{sip.port}")
        await phone.until("CALL_ESTABLISHED")
        call = await sip.call()
        await sip.event(call, "Spoken")
        for digit in "42":
            phone.command("sndcode", digit)
            await sip.event(call, "DigitsEntered")
        phone.command("hangup")
        log = await sip.ended(call)
        phone.command("quit")
    named = [(event_name(one), body_of(one)) for one in log]
    committed = [body.text for name, body in named if isinstance(body, events_pb2.TurnCommitted)]
    assert committed[0] == "I need an appointment please"
    assert [body.reason for _, body in named if isinstance(body, events_pb2.CallEnded)] == ["caller_hung_up"]
    assert next(body.digits for _, body in named if isinstance(body, events_pb2.DigitsEntered)) == "4"
    assert _share(*_heard(tmp_path), 330.0) > 0.8


def _heard(folder: Path) -> tuple[np.ndarray[Any, np.dtype[np.float64]], int]:
    """What the phone's loudspeaker got, one channel of it, and its rate."""
    longest = max(folder.glob("dump-*-dec.wav"), key=lambda path: path.stat().st_size)
    with wave.open(str(longest)) as recording:
        pcm = recording.readframes(recording.getnframes())
        return np.frombuffer(pcm, np.int16)[:: recording.getnchannels()].astype(float), recording.getframerate()


def _share(samples: np.ndarray[Any, np.dtype[np.float64]], rate: int, hz: float) -> float:
    """How much of the loudest half second is the tone that the speech service says words with."""
    window = rate // 2
    loudest = max(
        range(0, max(1, len(samples) - window), window // 4),
        key=lambda at: float(np.sum(samples[at : at + window] ** 2)),
    )
    spectrum = np.abs(np.fft.rfft(samples[loudest : loudest + window])) ** 2
    at = np.fft.rfftfreq(window, 1 / rate)
    return float(spectrum[np.abs(at - hz) < 15].sum() / spectrum.sum())
