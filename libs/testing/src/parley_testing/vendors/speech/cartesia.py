"""A server of Cartesia's TTS WebSocket: contexts, chunks, word timestamps, cancel."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web
from parley_core.tasks import Tasks

from parley_testing.vendors.speech.peer import BrokenOff, VoicePeer, vendor_server


class CartesiaServer:
    def __init__(self, peer: VoicePeer) -> None:
        self.peer = peer

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        peer = self.peer
        if request.headers.get("Authorization") != f"Bearer {peer.key}":
            return web.json_response({"error_code": "unauthorized", "title": "No."}, status=401)
        if peer.status:
            return web.json_response({"error_code": peer.code, "title": "No."}, status=peer.status)
        assert request.query.get("cartesia_version") or request.headers.get("Cartesia-Version")
        peer.connections += 1
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async with Tasks("contexts of a socket") as speaking:
            contexts: dict[str, tuple[str, asyncio.Task[None]]] = {}
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                body = json.loads(message.data)
                peer.seen.append(body)
                context = body["context_id"]
                if body.get("cancel"):
                    text, task = contexts.pop(context)
                    task.cancel()
                    peer.cancel(text)
                else:
                    task = speaking.spawn(self._say(socket, body), "context")
                    contexts[context] = (body["transcript"], task)
        return socket

    async def _say(self, socket: web.WebSocketResponse, body: dict[str, object]) -> None:
        peer, context = self.peer, str(body["context_id"])
        if peer.malformed:
            await socket.send_str("[]")
        voice, form = body["voice"], body["output_format"]
        assert isinstance(voice, dict)
        assert isinstance(form, dict)
        if not peer.knows(voice["id"]):
            error = {"type": "error", "done": True, "title": "No.", "message": "No.", "error_code": "voice_not_found"}
            await socket.send_json({**error, "status_code": 404, "context_id": context})
            return
        try:
            async for piece in peer.pieces(str(body["transcript"]), int(form["sample_rate"])):
                if peer.strangers:
                    await socket.send_json({"type": "flush_done", "flush_done": True, "context_id": context})
                    await socket.send_json({"type": "chunk", "data": "AAAA", "context_id": "of-another"})
                if piece.words and body.get("add_timestamps"):
                    times = {
                        "words": [word for word, _, _, _ in piece.words],
                        "start": [start_ms / 1000 for _, _, start_ms, _ in piece.words],
                        "end": [end_ms / 1000 for _, _, _, end_ms in piece.words],
                    }
                    stamps = {"type": "timestamps", "word_timestamps": times, "done": False, "status_code": 206}
                    await socket.send_json({**stamps, "context_id": context})
                audio = {"type": "chunk", "data": base64.b64encode(piece.pcm).decode(), "done": False}
                await socket.send_json({**audio, "status_code": 206, "step_time": 1.0, "context_id": context})
        except BrokenOff:
            await socket.close(code=peer.close_code)
            return
        await socket.send_json({"type": "done", "done": True, "status_code": 206, "context_id": context})
        if peer.closes_behind:
            await socket.close(code=1000)

    async def list_voices(self, request: web.Request) -> web.Response:
        voice = {"id": "a-voice", "name": "A Voice", "language": "en", "is_owner": False}
        return web.json_response({"data": [voice], "has_more": False})


@asynccontextmanager
async def cartesia_server(peer: VoicePeer) -> AsyncIterator[str]:
    """Serve the peer; yields its address, as PARLEY_VENDORS takes it."""
    server = CartesiaServer(peer)
    async with vendor_server(
        web.get("/tts/websocket", server.websocket), web.get("/voices", server.list_voices)
    ) as url:
        yield url
