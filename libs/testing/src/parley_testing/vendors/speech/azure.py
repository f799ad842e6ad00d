"""A server of Azure's speech synthesis WebSocket: messages with headers, SSML, word boundaries, `synthesis.control`."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from xml.etree import ElementTree

from aiohttp import WSMsgType, web
from parley_core.tasks import Tasks

from parley_testing.vendors.speech.peer import BrokenOff, VoicePeer, vendor_server

RATE_HZ = 16_000
TICKS_PER_MS = 10_000
_SSML = "{http://www.w3.org/2001/10/synthesis}"


class AzureSpeechServer:
    def __init__(self, peer: VoicePeer) -> None:
        self.peer = peer

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        peer = self.peer
        if request.headers.get("Ocp-Apim-Subscription-Key") != peer.key:
            return web.Response(status=401)
        if peer.status:
            return web.Response(status=peer.status)
        assert request.headers["X-ConnectionId"]
        peer.connections += 1
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async with Tasks("speech of a socket") as speaking:
            context: dict[str, object] = {}
            running: dict[str, tuple[str, asyncio.Task[None]]] = {}
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                head, _, body = message.data.partition("\r\n\r\n")
                headers = dict(line.split(": ", 1) for line in head.split("\r\n"))
                peer.seen.append({**headers, "body": body})
                asked = headers["X-RequestId"]
                match headers["Path"]:
                    case "synthesis.context":
                        context = json.loads(body)
                    case "ssml":
                        text = "".join(ElementTree.fromstring(body).itertext())
                        running[asked] = (text, speaking.spawn(self._say(socket, asked, body, context), "speech"))
                    case "synthesis.control":
                        text, task = running.pop(asked)
                        task.cancel()
                        peer.cancel(text)
                        await socket.send_str(_text("turn.end", asked, {}))
        return socket

    async def _say(self, socket: web.WebSocketResponse, asked: str, ssml: str, context: dict[str, object]) -> None:
        peer = self.peer
        assert "raw-16khz-16bit-mono-pcm" in json.dumps(context)
        root = ElementTree.fromstring(ssml)
        voice = root.find(f"{_SSML}voice")
        assert voice is not None
        if not peer.knows(voice.get("name", "")):
            await socket.close(code=1007, message=b"Unsupported voice")
            return
        if peer.malformed:
            await socket.send_bytes(b"\xff")
        await socket.send_str(_text("turn.start", asked, {"context": {"serviceTag": "t"}}))
        try:
            async for piece in peer.pieces("".join(root.itertext()), RATE_HZ):
                if peer.strangers:
                    await socket.send_str(_text("mood", asked, {}))
                    await socket.send_bytes(_audio("0" * 32, b"\0\0"))
                for word, _, start_ms, end_ms in piece.words:
                    text = {"Text": word, "Length": len(word), "BoundaryType": "WordBoundary"}
                    times = {"Offset": start_ms * TICKS_PER_MS, "Duration": (end_ms - start_ms) * TICKS_PER_MS}
                    boundary: dict[str, object] = {
                        "Metadata": [{"Type": "WordBoundary", "Data": {**times, "text": text}}]
                    }
                    await socket.send_str(_text("audio.metadata", asked, boundary))
                await socket.send_bytes(_audio(asked, piece.pcm))
        except BrokenOff:
            await socket.close(code=peer.close_code)
            return
        await socket.send_str(_text("turn.end", asked, {}))
        if peer.closes_behind:
            await socket.close(code=1000)

    async def list_voices(self, request: web.Request) -> web.Response:
        return web.json_response([{"ShortName": "en-US-AvaMultilingualNeural", "Locale": "en-US"}])


def _text(kind: str, asked: str, body: dict[str, object]) -> str:
    return (
        f"X-RequestId:{asked}\r\nContent-Type:application/json; charset=utf-8\r\nPath:{kind}\r\n\r\n{json.dumps(body)}"
    )


def _audio(asked: str, pcm: bytes) -> bytes:
    head = f"X-RequestId:{asked}\r\nContent-Type:audio/x-wav\r\nX-StreamId:1\r\nPath:audio\r\n".encode()
    return struct.pack(">H", len(head)) + head + pcm


@asynccontextmanager
async def azure_speech_server(peer: VoicePeer) -> AsyncIterator[str]:
    """Serve the peer; yields its address, as PARLEY_VENDORS takes it."""
    server = AzureSpeechServer(peer)
    async with vendor_server(
        web.get("/tts/cognitiveservices/websocket/v1", server.websocket),
        web.get("/cognitiveservices/voices/list", server.list_voices),
    ) as url:
        yield url
