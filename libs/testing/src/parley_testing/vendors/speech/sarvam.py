"""A server of Sarvam's streaming synthesis: config, text and flush in, audio and the completion event out."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web
from parley_core.tasks import Tasks

from parley_testing.vendors.speech.peer import BrokenOff, VoicePeer, vendor_server


class SarvamSpeechServer:
    def __init__(self, peer: VoicePeer) -> None:
        self.peer = peer

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        peer = self.peer
        if request.headers.get("Api-Subscription-Key") != peer.key:
            return web.Response(status=401)
        if peer.status:
            return web.Response(status=peer.status)
        peer.connections += 1
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        text, configuration = "", {}
        async with Tasks("speech of a socket") as speaking:
            task = None
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                body = json.loads(message.data)
                peer.seen.append(body)
                match body["type"]:
                    case "config":
                        configuration = body["data"]
                    case "text":
                        text = body["data"]["text"]
                    case "flush":
                        task = speaking.spawn(self._say(socket, text, configuration), "speech")
            if task is not None and not task.done():
                peer.cancel(text)
        return socket

    async def _say(self, socket: web.WebSocketResponse, text: str, configuration: dict[str, object]) -> None:
        peer = self.peer
        if not peer.knows(str(configuration["speaker"])):
            await socket.send_json({"type": "error", "data": {"message": "No.", "code": 422}})
            return
        if peer.malformed:
            await socket.send_str("7")
        try:
            async for piece in peer.pieces(text, int(str(configuration["speech_sample_rate"]))):
                if peer.strangers:
                    await socket.send_json({"type": "mood", "data": {}})
                    await socket.send_json({"type": "event", "data": {"event_type": "begun"}})
                audio = {"content_type": "audio/linear16", "audio": base64.b64encode(piece.pcm).decode()}
                await socket.send_json({"type": "audio", "data": {**audio, "request_id": "r"}})
        except BrokenOff:
            await socket.close(code=peer.close_code)
            return
        await socket.send_json({"type": "event", "data": {"event_type": "final"}})
        if peer.closes_behind:
            await socket.close(code=1000)


@asynccontextmanager
async def sarvam_speech_server(peer: VoicePeer) -> AsyncIterator[str]:
    """Serve the peer; yields its address, as PARLEY_VENDORS takes it."""
    async with vendor_server(web.get("/text-to-speech/ws", SarvamSpeechServer(peer).websocket)) as url:
        yield url
