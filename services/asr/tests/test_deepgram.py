"""The Deepgram adapter through Deepgram's own SDK, against a local peer that speaks the documented messages."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
from parley_asr.language.corpus import Speech
from parley_asr.providers import deepgram
from parley_asr.providers.deepgram import DeepgramProvider, DeepgramStream
from parley_core.errors import Rejected, TimedOut, Unavailable
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

pytestmark = pytest.mark.outside

SECOND = bytes(32_000)
SPEECH = Speech(phrases=("do you accept Blue Cross insurance",))


@dataclass
class Peer:
    """Hears "hello" in each second of audio; interim after half a second, final at Finalize."""

    refuse: int = 0
    answer_finalize: bool = True
    drop_after_bytes: int = 1 << 30
    query: dict[str, list[str]] = field(default_factory=dict)
    authorization: str = ""
    texts: list[str] = field(default_factory=list)
    kept_alive: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    sockets: int = 0

    def process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        self.query = parse_qs(urlsplit(request.path).query)
        self.authorization = request.headers["Authorization"]
        return connection.respond(self.refuse, "no") if self.refuse else None

    async def handle(self, socket: ServerConnection) -> None:
        self.sockets += 1
        heard = finalized = 0
        async for message in socket:
            if isinstance(message, bytes):
                heard += len(message)
                if heard > self.drop_after_bytes:
                    self.drop_after_bytes = 1 << 30
                    await socket.close(1011)
                    return
                await socket.send(results("Hello", finalized, heard, is_final=False))
                self.heard.set()
                continue
            kind = json.loads(message)["type"]
            self.texts.append(kind)
            if kind == "KeepAlive":
                self.kept_alive.set()
            if kind == "Finalize" and self.answer_finalize:
                if heard > finalized:
                    await socket.send(results("Hello there", finalized, heard, is_final=True))
                await socket.send(results("", heard, heard, is_final=True, from_finalize=True))
                finalized = heard


def results(text: str, start: int, end: int, *, is_final: bool, from_finalize: bool = False) -> str:
    begin, step = start / 32_000, (end - start) / 32_000 / max(len(text.split()), 1)
    words = [
        {"word": word.lower(), "start": begin + at * step, "end": begin + (at + 1) * step, "confidence": 0.8}
        for at, word in enumerate(text.split())
    ]
    return json.dumps(
        {
            "type": "Results",
            "channel_index": [0, 1],
            "start": begin,
            "duration": (end - start) / 32_000,
            "is_final": is_final,
            "speech_final": is_final,
            "from_finalize": from_finalize,
            "channel": {"alternatives": [{"transcript": text, "confidence": 0.8, "words": words}]},
            "metadata": {"request_id": "r", "model_uuid": "m", "model_info": {"name": "", "version": "", "arch": ""}},
        }
    )


async def lose(stream: DeepgramStream) -> None:
    await stream.accept(SECOND)
    await stream.finish()


@asynccontextmanager
async def deepgram_at(peer: Peer) -> AsyncIterator[DeepgramProvider]:
    async with serve(peer.handle, "127.0.0.1", 0, process_request=peer.process_request) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield DeepgramProvider("secret", f"ws://127.0.0.1:{port}", "nova-3")


async def test_utterances_share_a_socket_and_each_has_its_own_times() -> None:
    peer = Peer()
    async with deepgram_at(peer) as provider:
        recogniser = await provider.open(SPEECH, "en-US")
        for _ in range(2):
            stream = await recogniser.open_stream()
            await stream.accept(SECOND)
            final = await stream.finish()
            assert final.text == "hello there"
            assert [(word.start_ms, word.end_ms) for word in final.words] == [(0, 500), (500, 1000)]
            assert final.confidence == pytest.approx(0.8)
        await recogniser.close()
    assert peer.sockets == 1
    assert peer.texts == ["Finalize", "Finalize", "CloseStream"]
    assert peer.authorization == "Token secret"
    assert peer.query["keyterm"] == ["Blue", "Cross"]
    assert (peer.query["model"], peer.query["sample_rate"], peer.query["language"]) == (
        ["nova-3"],
        ["16000"],
        ["en-US"],
    )


async def test_interim_texts_are_partials() -> None:
    peer = Peer()
    async with deepgram_at(peer) as provider:
        recogniser = await provider.open(SPEECH, "en-US")
        stream = await recogniser.open_stream()
        async with asyncio.timeout(10):
            while await stream.accept(SECOND[:640]) != "hello":
                peer.heard.clear()
                await peer.heard.wait()
        await recogniser.close()


async def test_a_dropped_utterance_is_not_in_the_next_one() -> None:
    async with deepgram_at(Peer()) as provider:
        recogniser = await provider.open(SPEECH, "en-US")
        stream = await recogniser.open_stream()
        await stream.accept(SECOND)
        await stream.drop()
        stream = await recogniser.open_stream()
        await stream.accept(SECOND)
        final = await stream.finish()
        assert [(word.text, word.start_ms) for word in final.words] == [("hello", 0), ("there", 500)]
        await recogniser.close()


async def test_a_lost_socket_is_told_and_opened_again() -> None:
    peer = Peer(drop_after_bytes=32_000)
    async with deepgram_at(peer) as provider:
        recogniser = await provider.open(SPEECH, "en-US")
        stream = await recogniser.open_stream()
        await stream.accept(SECOND)
        with pytest.raises(Unavailable):
            await lose(stream)
        stream = await recogniser.open_stream()
        await stream.accept(SECOND)
        assert (await stream.finish()).words[0].start_ms == 0
        await recogniser.close()
    assert peer.sockets == 2


async def test_a_final_that_never_comes_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepgram, "FINAL_TIMEOUT_S", 0.05)
    async with deepgram_at(Peer(answer_finalize=False)) as provider:
        recogniser = await provider.open(SPEECH, "en-US")
        stream = await recogniser.open_stream()
        with pytest.raises(TimedOut):
            await stream.finish()
        await recogniser.close()


async def test_a_quiet_socket_is_kept_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepgram, "KEEP_ALIVE_S", 0.01)
    peer = Peer()
    async with deepgram_at(peer) as provider:
        recogniser = await provider.open(SPEECH, "en-US")
        await asyncio.wait_for(peer.kept_alive.wait(), 10)
        await recogniser.close()


async def test_a_refused_key_is_not_tried_again() -> None:
    async with deepgram_at(Peer(refuse=401)) as provider:
        with pytest.raises(Rejected, match="401"):
            await provider.open(SPEECH, "en-US")


async def test_nobody_there_is_unavailable() -> None:
    provider = DeepgramProvider("secret", "ws://127.0.0.1:1", "nova-3")
    with pytest.raises(Unavailable):
        await provider.open(SPEECH, "en-US")
