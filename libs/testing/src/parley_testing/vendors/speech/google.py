"""A server of Google Cloud's `text:synthesize` (v1beta1): SSML with marks in, a WAV file and the marks' times out."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from xml.etree import ElementTree

from aiohttp import web

from parley_testing.vendors.speech.peer import WORD_MS, BrokenOff, VoicePeer, vendor_server


class GoogleSpeechServer:
    def __init__(self, peer: VoicePeer) -> None:
        self.peer = peer

    async def synthesize(self, request: web.Request) -> web.StreamResponse:
        peer = self.peer
        body = await request.json()
        peer.seen.append(body)
        peer.connections += 1
        if request.headers.get("X-Goog-Api-Key") != peer.key:
            return _error(401, "UNAUTHENTICATED")
        if peer.status:
            return _error(peer.status, "REFUSED")
        if not peer.knows(body["voice"].get("name", "")):
            return _error(400, "INVALID_ARGUMENT")
        if peer.malformed:
            return web.Response(text="<html>", content_type="text/html")
        marks: list[str] = []
        text = body["input"].get("text", "")
        if "ssml" in body["input"]:
            root = ElementTree.fromstring(body["input"]["ssml"])
            text = "".join(root.itertext())
            marks = [mark.get("name", "") for mark in root.iter("mark")]
        rate_hz = int(body["audioConfig"]["sampleRateHertz"])
        try:
            pcm = b"".join([piece.pcm async for piece in peer.pieces(text, rate_hz)])
        except BrokenOff:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        except asyncio.CancelledError:
            peer.cancel(text)
            raise
        times = [{"markName": name, "timeSeconds": at * WORD_MS / 1000} for at, name in enumerate(marks)]
        wanted = times if body.get("enableTimePointing") == ["SSML_MARK"] else []
        content = base64.b64encode(_wav(pcm, rate_hz) if pcm else b"").decode()
        return web.json_response({"audioContent": content, "timepoints": wanted, "mood": peer.strangers})

    async def list_voices(self, request: web.Request) -> web.Response:
        return web.json_response({"voices": [{"name": "en-US-Neural2-C", "languageCodes": ["en-US"]}]})


def _wav(pcm: bytes, rate_hz: int) -> bytes:
    rates = rate_hz.to_bytes(4, "little") + (2 * rate_hz).to_bytes(4, "little")
    head = b"WAVEfmt \x10\0\0\0\1\0\1\0" + rates + b"\2\0\x10\0data" + len(pcm).to_bytes(4, "little")
    return b"RIFF" + (len(head) + len(pcm)).to_bytes(4, "little") + head + pcm


def _error(code: int, status: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": "No.", "status": status}}, status=code)


@asynccontextmanager
async def google_speech_server(peer: VoicePeer) -> AsyncIterator[str]:
    """Serve the peer; yields its address, as PARLEY_VENDORS takes it."""
    server = GoogleSpeechServer(peer)
    async with vendor_server(
        web.post("/v1beta1/text:synthesize", server.synthesize), web.get("/v1/voices", server.list_voices)
    ) as url:
        yield url
