"""A server of OpenAI's audio transcriptions, for asr's tests: it reads the form and hears words in the WAV."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from parley_testing.vendors.sockets import Spoken, hello_there


@dataclass
class TranscriptionPeer:
    """The fields may be changed while it serves."""

    hear: Callable[[bytes], list[Spoken]] = hello_there
    key: str = "secret"
    status: int = 0  # of every answer
    body: bytes = b""  # in place of an answer
    hangs: bool = False
    breaks_off: int = 0  # so many requests are cut in the middle
    times: bool = True  # False: verbose_json is refused, as by models that have none
    nested: bool = False  # words inside segments, as some servers give them
    forms: list[dict[str, list[str]]] = field(default_factory=list)

    async def transcribe(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return _error(401, "invalid_api_key")
        pcm, form = b"", dict[str, list[str]]()
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            assert part.name
            if part.name == "file":
                assert part.filename == "speech.wav"
                pcm = _samples(bytes(await part.read()))
            else:
                form.setdefault(part.name, []).append(await part.text())
        self.forms.append(form)
        if self.hangs:
            await asyncio.Event().wait()
        if self.breaks_off:
            self.breaks_off -= 1
            assert request.transport is not None
            request.transport.abort()
        if self.status:
            return _error(self.status, "refused")
        verbose = form["response_format"] == ["verbose_json"]
        if verbose and not self.times:
            return _error(400, "unsupported_value")
        if self.body:
            return web.Response(body=self.body, content_type="application/json")
        return web.json_response(self._answer(self.hear(pcm), len(pcm) / 32_000, verbose=verbose))

    def _answer(self, words: Sequence[Spoken], length_s: float, *, verbose: bool) -> dict[str, object]:
        said = " ".join(word.text for word in words)
        if not verbose:
            return {"text": said, "logprobs": [{"token": word.text, "logprob": -0.2, "bytes": []} for word in words]}
        timed = [
            {"word": word.text, "start": word.start_ms / 1000, "end": word.end_ms / 1000, "probability": 0.8}
            for word in words
        ]
        segment: dict[str, object] = {"id": 0, "text": said, "avg_logprob": -0.2, "no_speech_prob": 0.1}
        body: dict[str, object] = {"task": "transcribe", "language": "english", "duration": length_s, "text": said}
        if self.nested:
            return {**body, "segments": [{**segment, "words": timed}], "words": None}
        return {**body, "segments": [segment], "words": timed}


def _samples(wav: bytes) -> bytes:
    with wave.open(io.BytesIO(wav)) as reader:
        assert (reader.getframerate(), reader.getnchannels(), reader.getsampwidth()) == (16_000, 1, 2)
        return bytes(reader.readframes(reader.getnframes()))


def _error(status: int, code: str) -> web.Response:
    error = {"message": "no", "type": "invalid_request_error", "param": None, "code": code}
    return web.json_response({"error": error}, status=status)


@asynccontextmanager
async def transcription_server(peer: TranscriptionPeer) -> AsyncIterator[str]:
    """Serve the peer; yields its address, as PARLEY_VENDORS takes it."""
    app = web.Application(client_max_size=64 << 20)
    app.router.add_post("/v1/audio/transcriptions", peer.transcribe)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()
