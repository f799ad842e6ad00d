"""A server that speaks Deepgram's streaming messages (listen v1), for asr's tests."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

BYTES_PER_S = 32_000


@dataclass
class DeepgramPeer:
    """Hears "hello" in each piece of audio, and "hello there" in an utterance at its Finalize."""

    refuse: int = 0  # an HTTP status
    refuse_languages: frozenset[str] = frozenset()  # with 400
    answer_finalize: bool = True
    acknowledge: bool = True  # the empty result that says `from_finalize`
    finals: bool = True  # results at Finalize
    interims: bool = True
    words: bool = True  # False: transcripts alone
    drop_after_bytes: int = 1 << 30
    query: dict[str, list[str]] = field(default_factory=dict)
    authorization: str = ""
    texts: list[str] = field(default_factory=list)  # types of the messages that came
    kept_alive: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    sockets: int = 0
    address: str = ""

    async def listen(self, request: web.Request) -> web.StreamResponse:
        self.query = {key: request.query.getall(key) for key in request.query}
        self.authorization = request.headers.get("Authorization", "")
        status = self.refuse or (400 if self.query["language"][0] in self.refuse_languages else 0)
        if status:
            return web.json_response({"err_code": "REFUSED", "err_msg": "no", "request_id": "r"}, status=status)
        self.sockets += 1
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        heard = finalized = 0
        async for message in socket:
            if message.type == WSMsgType.BINARY:
                heard += len(message.data)
                if heard > self.drop_after_bytes:
                    self.drop_after_bytes = 1 << 30
                    await socket.close(code=WSCloseCode.INTERNAL_ERROR)
                    break
                if self.interims:
                    await socket.send_str(results("Hello", finalized, heard, is_final=False, words=self.words))
                self.heard.set()
                continue
            kind = json.loads(message.data)["type"]
            self.texts.append(kind)
            if kind == "KeepAlive":
                self.kept_alive.set()
            elif kind == "Finalize":
                if self.answer_finalize and self.finals and heard > finalized:
                    await socket.send_str(results("Hello there", finalized, heard, is_final=True, words=self.words))
                if self.answer_finalize and self.acknowledge:
                    await socket.send_str(results("", heard, heard, is_final=True, from_finalize=True))
                finalized = heard
        return socket


def results(text: str, start: int, end: int, *, is_final: bool, from_finalize: bool = False, words: bool = True) -> str:
    """One Results message; `start` and `end` in bytes of the socket's audio. Without `words`: only the transcript."""
    begin, step = start / BYTES_PER_S, (end - start) / BYTES_PER_S / max(len(text.split()), 1)
    timed = [
        {"word": word.lower(), "start": begin + at * step, "end": begin + (at + 1) * step, "confidence": 0.8}
        for at, word in enumerate(text.split())
    ]
    return json.dumps(
        {
            "type": "Results",
            "channel_index": [0, 1],
            "start": begin,
            "duration": (end - start) / BYTES_PER_S,
            "is_final": is_final,
            "speech_final": is_final,
            "from_finalize": from_finalize,
            "channel": {
                "alternatives": [{"transcript": text, "confidence": 0.8, "words": timed if words else []}],
            },
            "metadata": {"request_id": "r", "model_uuid": "m", "model_info": {"name": "", "version": "", "arch": ""}},
        }
    )


@asynccontextmanager
async def deepgram_server(peer: DeepgramPeer) -> AsyncIterator[str]:
    """Serve the peer; yields its address, ws://…, as PARLEY_VENDORS takes it."""
    app = web.Application()
    app.router.add_get("/v1/listen", peer.listen)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
