"""A server of Deepgram's speech WebSocket (speak v1): Speak, Flush, Clear, Close."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web
from parley_core.tasks import Tasks

from parley_testing.vendors.speech.peer import BrokenOff, VoicePeer, vendor_server

FLUSHES_A_MINUTE = 20


class AuraServer:
    def __init__(self, peer: VoicePeer) -> None:
        self.peer = peer

    async def speak(self, request: web.Request) -> web.StreamResponse:
        peer = self.peer
        if request.headers.get("Authorization") != f"Token {peer.key}":
            return web.json_response({"err_code": "INVALID_AUTH", "err_msg": "No."}, status=401)
        if peer.status:
            return web.json_response({"err_code": peer.code, "err_msg": "No."}, status=peer.status)
        if not peer.knows(request.query["model"]):
            return web.json_response({"err_code": "INVALID_QUERY_PARAMETER", "err_msg": "No."}, status=400)
        peer.connections += 1
        peer.seen.append(dict(request.query))
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "Metadata", "request_id": "r", "model_name": request.query["model"]})
        async with Tasks("speech of a socket") as speaking:
            await self._converse(socket, int(request.query["sample_rate"]), speaking)
        return socket

    async def _converse(self, socket: web.WebSocketResponse, rate_hz: int, speaking: Tasks) -> None:
        peer, text, flushes = self.peer, "", 0
        task: asyncio.Task[None] | None = None
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            body = json.loads(message.data)
            match body["type"]:
                case "Speak":
                    text = body["text"]
                case "Flush" if flushes == FLUSHES_A_MINUTE:
                    await socket.send_json({"type": "Warning", "code": "FLUSHES", "description": "Too many."})
                case "Flush":
                    flushes += 1
                    task = speaking.spawn(self._say(socket, text, rate_hz, flushes), "speech")
                case "Clear":
                    if task is not None:
                        task.cancel()
                    peer.cancel(text)
                    await socket.send_bytes(bytes(64))  # was on its way
                    await socket.send_json({"type": "Cleared", "sequence_id": flushes})
                case "Close":
                    await socket.close()

    async def _say(self, socket: web.WebSocketResponse, text: str, rate_hz: int, flushes: int) -> None:
        peer = self.peer
        if peer.malformed:
            await socket.send_str("not json")
        try:
            async for piece in peer.pieces(text, rate_hz):
                if peer.strangers:
                    await socket.send_json({"type": "Warning", "code": "SLOW", "description": "Hm."})
                    await socket.send_json({"type": "Mood"})
                await socket.send_bytes(piece.pcm)
        except BrokenOff:
            await socket.close(code=peer.close_code)
            return
        await socket.send_json({"type": "Flushed", "sequence_id": flushes})
        if peer.closes_behind:
            await socket.close(code=1000)

    async def list_models(self, request: web.Request) -> web.Response:
        model = {"name": "thalia", "canonical_name": "aura-2-thalia-en", "languages": ["en", "en-US"]}
        return web.json_response({"stt": [], "tts": [model]})


@asynccontextmanager
async def aura_server(peer: VoicePeer) -> AsyncIterator[str]:
    """Serve the peer; yields its address, as PARLEY_VENDORS takes it."""
    server = AuraServer(peer)
    async with vendor_server(web.get("/v1/speak", server.speak), web.get("/v1/models", server.list_models)) as url:
        yield url
