"""A server of ElevenLabs' multi-context WebSocket and of its HTTP streaming with timestamps."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import WSMsgType, web
from parley_core.tasks import Tasks

from parley_testing.vendors.speech.peer import BrokenOff, Piece, VoicePeer, vendor_server

RATE_HZ = 16_000


@dataclass
class _Context:
    text: str = ""
    task: asyncio.Task[None] | None = None
    closed: bool = False


class ElevenLabsServer:
    def __init__(self, peer: VoicePeer, *, twice: bool = False, sockets: bool = True) -> None:
        """`twice`: the alignment of what was said so far comes again with each message, as flash v2.5 does it."""
        self.peer = peer
        self._twice = twice
        self._sockets = sockets

    async def stream_input(self, request: web.Request) -> web.StreamResponse:
        peer = self.peer
        if not self._sockets:
            return web.Response(status=502)
        if request.headers.get("xi-api-key") != peer.key:
            return web.json_response({"detail": {"status": "invalid_api_key", "message": "No."}}, status=401)
        if peer.status:
            return web.json_response({"detail": {"status": peer.code, "message": "No."}}, status=peer.status)
        peer.connections += 1
        peer.seen.append(dict(request.query))
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if not peer.knows(request.match_info["voice"]):
            error = {"message": "No such voice.", "error": "voice_id_does_not_exist", "code": 1008}
            await socket.send_json(error)
            await socket.close(code=1008)
            return socket
        async with Tasks("contexts of a socket") as speaking:
            contexts: dict[str, _Context] = {}
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    body = json.loads(message.data)
                    peer.seen.append(body)
                    self._take(socket, body, contexts.setdefault(body["context_id"], _Context()), speaking)
        return socket

    def _take(self, socket: web.WebSocketResponse, body: dict[str, str], context: "_Context", speaking: Tasks) -> None:
        """A context that was flushed goes on when it is closed; closed again, it ends."""
        context.text += body.get("text") or ""
        if body.get("flush"):
            context.task = speaking.spawn(self._say(socket, body["context_id"], context.text.strip()), "context")
        if body.get("close_context"):
            if context.closed and context.task is not None and not context.task.done():
                context.task.cancel()
                self.peer.cancel(context.text.strip())
            context.closed = True

    async def _say(self, socket: web.WebSocketResponse, context: str, text: str) -> None:
        peer = self.peer
        if peer.malformed:
            await socket.send_str("{not json")
        said: list[tuple[str, int, int, int]] = []
        try:
            async for piece in peer.pieces(text, RATE_HZ):
                if peer.strangers:
                    await socket.send_json({"mood": "fine", "contextId": context})
                    await socket.send_json({"audio": "AAAA", "contextId": "of-another", "isFinal": None})
                before = said[-1][3] + 20 if said else 0
                said += piece.words
                alignment = _alignment(said if self._twice else list(piece.words), 0 if self._twice else before)
                await socket.send_json(
                    {
                        "audio": base64.b64encode(piece.pcm).decode(),
                        "isFinal": None,
                        "contextId": context,
                        "alignment": None,
                        "normalizedAlignment": alignment if piece.words else None,
                    }
                )
        except BrokenOff:
            await socket.close(code=peer.close_code)
            return
        await socket.send_json({"isFinal": True, "contextId": context})
        if peer.closes_behind:
            await socket.close(code=1000)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        peer = self.peer
        body = await request.json()
        peer.seen.append(body)
        if request.headers.get("xi-api-key") != peer.key:
            return web.json_response({"detail": {"status": "invalid_api_key", "message": "No."}}, status=401)
        if peer.status:
            return web.json_response({"detail": {"status": peer.code, "message": "No."}}, status=peer.status)
        if not peer.knows(request.match_info["voice"]):
            return web.json_response({"detail": {"status": "voice_not_found", "message": "No."}}, status=404)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        if peer.malformed:
            await response.write(b"<html>\n")
        try:
            async for piece in peer.pieces(body["text"], RATE_HZ):
                await response.write(json.dumps(_line(piece)).encode() + b"\n")
        except BrokenOff:
            if request.transport is not None:
                request.transport.abort()
        except (ConnectionError, BaseException):
            peer.cancel(body["text"])
            raise
        return response

    async def list_voices(self, request: web.Request) -> web.Response:
        verified = [{"language": "en", "model_id": "eleven_flash_v2_5", "locale": "en-GB"}]
        voice = {"voice_id": "george", "name": "George", "labels": {"language": "en"}, "verified_languages": verified}
        return web.json_response({"voices": [voice], "has_more": False, "total_count": 1})


def _alignment(words: list[tuple[str, int, int, int]], base_ms: int) -> dict[str, list[object]]:
    """Of characters; times count from `base_ms`. The blank behind a word belongs to it."""
    chars: list[object] = []
    starts: list[object] = []
    lengths: list[object] = []
    for word, _, start_ms, end_ms in words:
        step = (end_ms - start_ms) // len(word)
        chars += [*word, " "]
        starts += [start_ms - base_ms + step * at for at in range(len(word) + 1)]
        lengths += [*[step] * len(word), 20]
    return {"chars": chars, "charStartTimesMs": starts, "charDurationsMs": lengths}


def _line(piece: Piece) -> dict[str, object]:
    of_ms = _alignment(list(piece.words), 0)
    starts = [float(str(start)) / 1000 for start in of_ms["charStartTimesMs"]]
    lengths = [float(str(length)) / 1000 for length in of_ms["charDurationsMs"]]
    alignment = {
        "characters": of_ms["chars"],
        "character_start_times_seconds": starts,
        "character_end_times_seconds": [start + length for start, length in zip(starts, lengths, strict=True)],
    }
    return {
        "audio_base64": base64.b64encode(piece.pcm).decode(),
        "alignment": alignment if piece.words else None,
        "normalized_alignment": None,
    }


@asynccontextmanager
async def elevenlabs_server(peer: VoicePeer, *, twice: bool = False, sockets: bool = True) -> AsyncIterator[str]:
    """Serve the peer; yields its address, as PARLEY_VENDORS takes it."""
    server = ElevenLabsServer(peer, twice=twice, sockets=sockets)
    async with vendor_server(
        web.get("/v1/text-to-speech/{voice}/multi-stream-input", server.stream_input),
        web.post("/v1/text-to-speech/{voice}/stream/with-timestamps", server.stream),
        web.get("/v2/voices", server.list_voices),
    ) as url:
        yield url
