"""Google's and Riva's streaming recognition over gRPC, for asr's tests: one behaviour, two vendors' messages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import grpc
from google.cloud.speech_v2.types import cloud_speech
from riva.client.proto import riva_asr_pb2, riva_asr_pb2_grpc, riva_audio_pb2

from parley_testing.vendors.sockets import Spoken, hello_there


@dataclass
class StreamPeer:
    """The fields may be changed while it serves."""

    hear: Callable[[bytes], list[Spoken]] = hello_there
    key: str = "secret"
    fails: grpc.StatusCode | None = None  # at the first audio
    hangs: bool = False
    ends_early: bool = False  # without an error, at the first audio
    interims: bool = True
    calls: int = 0
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    phrases: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)

    async def talk(
        self, audio: AsyncIterator[bytes], context: "grpc.aio.ServicerContext"
    ) -> AsyncIterator[tuple[list[Spoken], bool]]:
        """Yields words, and whether they are settled."""
        self.calls += 1
        heard = b""
        async for pcm in audio:
            if self.hangs:
                await asyncio.Event().wait()
            if self.fails is not None:
                await context.abort(self.fails, "the test says so")
            if self.ends_early:
                return
            heard += pcm
            self.heard.set()
            if self.interims and (words := self.hear(heard)):
                yield words, False
        words = self.hear(heard)
        for half in (words[: len(words) // 2], words[len(words) // 2 :]):
            if half:
                yield half, True


class GoogleService:
    """google.cloud.speech.v2.Speech/StreamingRecognize."""

    def __init__(self, peer: StreamPeer) -> None:
        self._peer = peer

    def handler(self) -> grpc.GenericRpcHandler:
        recognise = grpc.stream_stream_rpc_method_handler(
            self._recognise,
            request_deserializer=cloud_speech.StreamingRecognizeRequest.deserialize,
            response_serializer=cloud_speech.StreamingRecognizeResponse.serialize,
        )
        handler: grpc.GenericRpcHandler = grpc.method_handlers_generic_handler(
            "google.cloud.speech.v2.Speech", {"StreamingRecognize": recognise}
        )
        return handler

    async def _recognise(
        self, requests: AsyncIterator[cloud_speech.StreamingRecognizeRequest], context: "grpc.aio.ServicerContext"
    ) -> AsyncIterator[cloud_speech.StreamingRecognizeResponse]:
        first = await anext(requests)
        asked = first.streaming_config.config
        raw = asked.explicit_decoding_config
        if not first.recognizer.endswith("/recognizers/_") or (raw.sample_rate_hertz, raw.encoding) != (16_000, 1):
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Invalid recognizer or decoding config")
        self._peer.languages.extend(asked.language_codes)
        self._peer.phrases = [
            phrase.value for one in asked.adaptation.phrase_sets for phrase in one.inline_phrase_set.phrases
        ]

        async def audio() -> AsyncIterator[bytes]:
            async for request in requests:
                if not 0 < len(request.audio) <= 25_600:
                    await context.abort(
                        grpc.StatusCode.INVALID_ARGUMENT, "Audio chunk can be of a maximum of 25600 bytes"
                    )
                yield request.audio

        async for words, settled in self._peer.talk(audio(), context):
            yield cloud_speech.StreamingRecognizeResponse(results=[_google(words, settled=settled)])


def _google(words: list[Spoken], *, settled: bool) -> cloud_speech.StreamingRecognitionResult:
    timed = [
        cloud_speech.WordInfo(
            word=word.text,
            start_offset=timedelta(milliseconds=word.start_ms),
            end_offset=timedelta(milliseconds=word.end_ms),
            confidence=0.8,
        )
        for word in words
    ]
    best = cloud_speech.SpeechRecognitionAlternative(
        transcript=" ".join(word.text for word in words),
        confidence=0.8 if settled else 0,
        words=timed if settled else [],
    )
    return cloud_speech.StreamingRecognitionResult(alternatives=[best], is_final=settled, stability=0.9)


class RivaService(riva_asr_pb2_grpc.RivaSpeechRecognitionServicer):  # type: ignore[misc]
    def __init__(self, peer: StreamPeer) -> None:
        self._peer = peer

    async def StreamingRecognize(
        self, requests: AsyncIterator[riva_asr_pb2.StreamingRecognizeRequest], context: "grpc.aio.ServicerContext"
    ) -> AsyncIterator[object]:
        if dict(context.invocation_metadata() or ()).get("authorization") != f"Bearer {self._peer.key}":
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "invalid token")
        asked = (await anext(requests)).streaming_config.config
        if (asked.encoding, asked.sample_rate_hertz) != (riva_audio_pb2.AudioEncoding.LINEAR_PCM, 16_000):
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Error: unsupported encoding")
        self._peer.languages.append(asked.language_code)
        self._peer.phrases = [phrase for one in asked.speech_contexts for phrase in one.phrases]

        async def audio() -> AsyncIterator[bytes]:
            async for request in requests:
                yield request.audio_content

        async for words, settled in self._peer.talk(audio(), context):
            timed = [
                riva_asr_pb2.WordInfo(
                    word=word.text, start_time=round(word.start_ms), end_time=round(word.end_ms), confidence=0.8
                )
                for word in words
            ]
            best = riva_asr_pb2.SpeechRecognitionAlternative(
                transcript=" ".join(word.text for word in words) + " ", confidence=0.8, words=timed if settled else []
            )
            result = riva_asr_pb2.StreamingRecognitionResult(alternatives=[best], is_final=settled, stability=1.0)
            yield riva_asr_pb2.StreamingRecognizeResponse(results=[result])


@asynccontextmanager
async def stream_server(vendor: str, peer: StreamPeer) -> AsyncIterator[str]:
    """Serve the peer as "google" or "riva"; yields its address, as PARLEY_VENDORS takes it."""
    server = grpc.aio.server()
    if vendor == "google":
        server.add_generic_rpc_handlers((GoogleService(peer).handler(),))
    else:
        riva_asr_pb2_grpc.add_RivaSpeechRecognitionServicer_to_server(RivaService(peer), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"grpc://127.0.0.1:{port}"
    finally:
        await server.stop(None)
