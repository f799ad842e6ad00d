"""Google Cloud Speech-to-Text v2, streaming, through Google's own client. Made by `registry`.

The key is a service account's JSON (`file:/path` in PARLEY_VENDORS); the project is the account's. The address has the
location: europe-west4-speech.googleapis.com; without one it is the global.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from datetime import timedelta

import grpc
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud.speech_v2 import SpeechAsyncClient
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport
from google.cloud.speech_v2.types import cloud_speech
from parley_core.errors import BadInput, ParleyError, Rejected, Unavailable
from parley_core.languages.registry import primary
from parley_core.text import load_json
from parley_core.vendors import Endpoint

from parley_asr.providers.base import Billing, RecogniserRequest
from parley_asr.providers.vendors.call_stream import RpcRecogniser, Said, Service, refused
from parley_asr.providers.vendors.key_terms import key_terms
from parley_asr.providers.vendors.sockets.reading import part_of
from parley_asr.providers.vendors.whole import UNKNOWN_CONFIDENCE, together

NAME = "google"
URL, MODEL = "https://speech.googleapis.com", "chirp_2"
HOST = "-speech.googleapis.com"
_LANGUAGES = """af am ar az bg bn bs ca cs cy da de el en es et eu fa fi fr gl gu he hi hr hu hy id is it ja jv ka
    kk km kn ko lo lt lv mk ml mn mr ms my ne nl no pa pl pt ro ru si sk sl sq sr su sv sw ta te th tr
    uk ur uz vi yue zh zu"""
LANGUAGES = frozenset(_LANGUAGES.split())
BOOST = 10.0  # from 0 to 20

Asked = cloud_speech.StreamingRecognizeRequest
Answer = cloud_speech.StreamingRecognizeResponse


class GoogleProvider:
    name = NAME
    billing = Billing(step_ms=1000)

    def __init__(self, at: Endpoint) -> None:
        """`at.url` with grpc:// is a server without TLS that asks for no key, as an emulator."""
        self.model = at.model or MODEL
        self._at = at
        self._host = (at.url or URL).partition("://")[2]
        self._location = self._host.removesuffix(HOST) if self._host.endswith(HOST) else "global"
        self._client: SpeechAsyncClient | None = None
        self._project = "-"

    def hears(self, language: str) -> bool:
        return primary(language) in LANGUAGES

    async def start(self) -> None:
        """Raises BadInput for a key that is no service account's."""
        if self._at.url.startswith("grpc://"):
            channel = grpc.aio.insecure_channel(self._host)
            nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]
            transport = SpeechGrpcAsyncIOTransport(channel=channel, credentials=nobody)
            self._client = SpeechAsyncClient(transport=transport)
            return
        try:
            account = part_of(load_json(self._at.key))
            self._project = str(account["project_id"])
            options = ClientOptions(api_endpoint=self._host)
            self._client = SpeechAsyncClient.from_service_account_info(account, client_options=options)
        except (ValueError, KeyError, TypeError, GoogleAuthError) as error:
            raise BadInput(
                "PARLEY_VENDORS", f"the key of google is no service account: {type(error).__name__}"
            ) from None

    async def open(self, request: RecogniserRequest) -> RpcRecogniser[Asked, Answer]:
        if request.language and not self.hears(request.language):
            raise BadInput("language", f"{request.language!r} is not heard by {NAME}")
        language = request.language or "en-US"
        first = Asked(
            recognizer=f"projects/{self._project}/locations/{self._location}/recognizers/_",
            streaming_config=self._config(request, language),
        )
        return RpcRecogniser(
            Service(
                NAME,
                language,
                lambda: first,
                lambda pcm: Asked(audio=pcm),
                self._listen,
                _read,
                _failed,
                lambda said, length_ms: together([(o.text, o.words, o.confidence) for o in said], language, length_ms),
            )
        )

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.transport.close()  # type: ignore[no-untyped-call]

    def _config(self, request: RecogniserRequest, language: str) -> cloud_speech.StreamingRecognitionConfig:
        phrases = [cloud_speech.PhraseSet.Phrase(value=term, boost=BOOST) for term in key_terms(request.speech)]
        inline = cloud_speech.SpeechAdaptation.AdaptationPhraseSet(
            inline_phrase_set=cloud_speech.PhraseSet(phrases=phrases)
        )
        return cloud_speech.StreamingRecognitionConfig(
            config=cloud_speech.RecognitionConfig(
                explicit_decoding_config=cloud_speech.ExplicitDecodingConfig(
                    encoding=cloud_speech.ExplicitDecodingConfig.AudioEncoding.LINEAR16,
                    sample_rate_hertz=16_000,
                    audio_channel_count=1,
                ),
                model=request.model or self.model,
                language_codes=[language],
                features=cloud_speech.RecognitionFeatures(enable_word_time_offsets=True, enable_word_confidence=True),
                adaptation=cloud_speech.SpeechAdaptation(phrase_sets=[inline]) if phrases else None,
            ),
            streaming_features=cloud_speech.StreamingRecognitionFeatures(interim_results=True),
        )

    async def _listen(self, requests: AsyncIterator[Asked]) -> AsyncIterable[Answer]:
        if self._client is None:
            raise Unavailable(NAME, "it was not started")
        answers: AsyncIterable[Answer] = await self._client.streaming_recognize(requests=requests)
        return answers


def _read(answer: Answer) -> list[Said]:
    """Settled results one by one; those that are not make one interim text together."""
    found, interim = [], []
    for result in answer.results:
        if not result.alternatives:
            continue
        best = result.alternatives[0]
        if not result.is_final:
            interim.append(best.transcript.strip())
            continue
        words = tuple(
            (
                word.word,
                _ms(word.start_offset),
                _ms(word.end_offset),
                word.confidence,
            )
            for word in best.words
        )
        found.append(Said(best.transcript.strip(), words, True, best.confidence or UNKNOWN_CONFIDENCE))
    return [*found, Said(" ".join(interim))] if interim or not found else found


def _ms(offset: object) -> float:
    """The client's library gives a timedelta, whatever its types say."""
    return offset.total_seconds() * 1000 if isinstance(offset, timedelta) else 0.0


def _failed(error: Exception) -> ParleyError | None:
    if isinstance(error, GoogleAPICallError):
        return refused(NAME, error.grpc_status_code.name if error.grpc_status_code else "UNKNOWN")
    if isinstance(error, GoogleAuthError):
        return Rejected(NAME, "credentials")
    return Unavailable(NAME, type(error).__name__) if isinstance(error, (OSError, asyncio.TimeoutError)) else None
