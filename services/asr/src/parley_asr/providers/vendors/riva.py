"""NVIDIA Riva and the speech NIMs (Parakeet, Canary, Nemotron) over Riva's own gRPC. Made by `registry`.

Messages are those of the package nvidia-riva-client; the calls are made here, because its client has no asyncio.
"""

from collections.abc import AsyncIterable, AsyncIterator

import grpc
from parley_core.errors import BadInput
from parley_core.languages.registry import primary
from parley_core.text import well_formed
from parley_core.vendors import Endpoint
from riva.client.proto import riva_asr_pb2, riva_asr_pb2_grpc, riva_audio_pb2

from parley_asr.providers.base import AUDIO_SENT, Final, RecogniserRequest
from parley_asr.providers.vendors.call_stream import RpcRecogniser, Said, Service, rpc_failed
from parley_asr.providers.vendors.key_terms import key_terms
from parley_asr.providers.vendors.whole import UNKNOWN_CONFIDENCE, together

NAME = "riva"
URL = "127.0.0.1:50051"
# Of Parakeet's and Canary's multilingual models together.
_LANGUAGES = """ar bg cs da de el en es et fi fr hi hr hu it ja ko lt lv mt nl no pl pt ro ru sk sl sv th tr uk vi zh"""
LANGUAGES = frozenset(_LANGUAGES.split())
LONGEST_S = 180.0  # of a call: an utterance of a minute, and a caller who pauses
BOOST = 20.0  # as Riva's documents advise for names


class RivaProvider:
    name = NAME
    billing = AUDIO_SENT

    def __init__(self, at: Endpoint) -> None:
        self.model = at.model  # empty: the server's own for the language
        scheme, _, self._address = (at.url or URL).rpartition("://")
        self._secure = scheme in ("grpcs", "https")
        self._metadata = (("authorization", f"Bearer {at.key}"),) if at.key else ()
        self._channel: grpc.aio.Channel | None = None

    def hears(self, language: str) -> bool:
        return primary(language) in LANGUAGES

    async def start(self) -> None:
        """Nothing: the connection is opened with the first call."""

    async def open(
        self, request: RecogniserRequest
    ) -> RpcRecogniser[riva_asr_pb2.StreamingRecognizeRequest, riva_asr_pb2.StreamingRecognizeResponse]:
        if request.language and not self.hears(request.language):
            raise BadInput("language", f"{request.language!r} is not heard by {NAME}")
        language = request.language or "en-US"
        config = riva_asr_pb2.StreamingRecognitionConfig(
            interim_results=True,
            config=riva_asr_pb2.RecognitionConfig(
                encoding=riva_audio_pb2.AudioEncoding.LINEAR_PCM,
                sample_rate_hertz=16_000,
                audio_channel_count=1,
                language_code=language,
                max_alternatives=1,
                enable_word_time_offsets=True,
                model=request.model or self.model,
            ),
        )
        if terms := key_terms(request.speech):
            config.config.speech_contexts.add(phrases=terms, boost=BOOST)
        return RpcRecogniser(
            Service(
                NAME,
                language,
                lambda: riva_asr_pb2.StreamingRecognizeRequest(streaming_config=config),
                lambda pcm: riva_asr_pb2.StreamingRecognizeRequest(audio_content=pcm),
                self._listen,
                _read,
                lambda error: rpc_failed(NAME, error),
                lambda said, length_ms: _finish(said, language, length_ms),
            )
        )

    async def close(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def _listen(
        self, requests: AsyncIterator[riva_asr_pb2.StreamingRecognizeRequest]
    ) -> AsyncIterable[riva_asr_pb2.StreamingRecognizeResponse]:
        if self._channel is None:
            self._channel = (
                grpc.aio.secure_channel(self._address, grpc.ssl_channel_credentials())
                if self._secure
                else grpc.aio.insecure_channel(self._address)
            )
        stub = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(self._channel)
        answers: AsyncIterable[riva_asr_pb2.StreamingRecognizeResponse] = stub.StreamingRecognize(
            requests, metadata=self._metadata, timeout=LONGEST_S
        )
        return answers


def _read(answer: riva_asr_pb2.StreamingRecognizeResponse) -> list[Said]:
    """Settled results one by one; those that are not make one interim text together."""
    found, interim = [], []
    for result in answer.results:
        if not result.alternatives:
            continue
        best = result.alternatives[0]
        if not result.is_final:
            interim.append(well_formed(best.transcript))
            continue
        words = tuple((word.word, word.start_time, word.end_time, word.confidence) for word in best.words)
        confidence = best.confidence if 0 < best.confidence <= 1 else UNKNOWN_CONFIDENCE
        languages = list(best.language_code)
        found.append(Said(best.transcript, words, True, confidence, languages[0] if languages else ""))
    return [*found, Said(" ".join(interim))] if interim or not found else found


def _finish(said: list[Said], language: str, length_ms: int) -> Final:
    return together([(one.text, one.words, one.confidence) for one in said], language, length_ms)
