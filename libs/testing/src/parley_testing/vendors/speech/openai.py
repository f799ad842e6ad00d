"""A server of OpenAI's `POST /v1/audio/speech`, raw audio and events, and of Kokoro-FastAPI's list of voices."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from parley_testing.vendors.speech.peer import BrokenOff, Piece, VoicePeer, vendor_server

RATE_HZ = 24_000


class OpenAiSpeechServer:
    def __init__(self, peer: VoicePeer, *, wav: bool = False) -> None:
        """`wav`: answers with a WAV file of unknown length, whatever it is asked for."""
        self.peer = peer
        self._wav = wav

    async def speak(self, request: web.Request) -> web.StreamResponse:
        peer = self.peer
        peer.connections += 1
        body = await request.json()
        peer.seen.append(body)
        if request.headers.get("Authorization") != f"Bearer {peer.key}":
            return _error(401, "invalid_api_key")
        if peer.status:
            return _error(peer.status, peer.code)
        if not peer.knows(body["voice"]):
            return _error(400, "invalid_value")
        events = body.get("stream_format") == "sse"
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream" if events else "audio/pcm"})
        if peer.malformed:
            response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        await self._send(request, response, body["input"], events=events)
        return response

    async def _send(self, request: web.Request, response: web.StreamResponse, text: str, *, events: bool) -> None:
        peer = self.peer
        if peer.malformed:
            await response.write(b"<html>")
        if self._wav and not events:
            await response.write(_wav_header())
        try:
            async for piece in peer.pieces(text, RATE_HZ):
                for data in _written(piece, events=events, strangers=peer.strangers):
                    await response.write(data)
            if events:
                usage = {"input_tokens": len(text.split()), "output_tokens": 20, "total_tokens": 0}
                await response.write(_event({"type": "speech.audio.done", "usage": usage}))
        except BrokenOff:
            if request.transport is not None:
                request.transport.abort()
        except (ConnectionError, BaseException):
            peer.cancel(text)
            raise

    async def list_voices(self, request: web.Request) -> web.Response:
        return web.json_response({"voices": ["af_heart", {"id": "af_bella", "name": "Bella"}]})


def _written(piece: Piece, *, events: bool, strangers: bool) -> list[bytes]:
    if not events:
        return [piece.pcm[:101], piece.pcm[101:]]  # a sample is split between two messages
    audio: dict[str, object] = {"type": "speech.audio.delta", "audio": base64.b64encode(piece.pcm).decode()}
    return [*([_event({"type": "speech.mood", "mood": "fine"})] if strangers else []), _event(audio)]


def _event(body: dict[str, object]) -> bytes:
    return f"data: {json.dumps(body)}\n\n".encode()


def _error(status: int, code: str) -> web.Response:
    error = {"message": "No.", "type": "invalid_request_error", "param": None, "code": code}
    return web.json_response({"error": error}, status=status)


def _wav_header() -> bytes:
    size, rate = (0xFFFFFFFF).to_bytes(4, "little"), RATE_HZ.to_bytes(4, "little")
    byte_rate = (2 * RATE_HZ).to_bytes(4, "little")
    return b"RIFF" + size + b"WAVEfmt \x10\0\0\0\1\0\1\0" + rate + byte_rate + b"\2\0\x10\0data" + size


@asynccontextmanager
async def openai_speech_server(peer: VoicePeer, *, wav: bool = False) -> AsyncIterator[str]:
    """Serve the peer; yields its address with /v1, as PARLEY_VENDORS takes it."""
    server = OpenAiSpeechServer(peer, wav=wav)
    async with vendor_server(
        web.post("/v1/audio/speech", server.speak), web.get("/v1/audio/voices", server.list_voices)
    ) as url:
        yield f"{url}/v1"
