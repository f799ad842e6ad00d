"""Google Cloud's speech synthesis by REST: a whole sentence in one answer, with a mark in front of each word.

The answer has all of the audio at once, so the first audio waits for the last. Voices without SSML (Chirp) get plain
text, and their words estimated times.
Source: the REST reference of `text:synthesize` v1beta1 (time points of SSML marks), the documentation on billing.
"""

import base64
import binascii
import re
from collections.abc import AsyncGenerator, Iterator

from parley_core.errors import BadReply
from parley_core.languages.registry import primary
from parley_core.vendors import Endpoint

from parley_tts.figures import Dialect
from parley_tts.providers.base import SAMPLE_RATE_HZ, Charge, VoiceInfo
from parley_tts.providers.vendors.connections import Client, json_object, whole
from parley_tts.providers.vendors.ssml import SOUNDS, marked, plain
from parley_tts.providers.vendors.voice import At, Audio, Order, Part

NAME = "google"
URL = "https://texttospeech.googleapis.com"
SPEEDS = (0.25, 2.0)
WAV_HEADER, BYTES_PER_MS = 44, 2 * SAMPLE_RATE_HZ // 1000
_SPOKEN = """af am ar bg bn ca cmn cs da de el en es et eu fi fil fr gl gu he hi hr hu id is it ja kn ko lt lv ml mr ms
    nb nl no pa pl pt ro ru sk sl sr sv ta te th tr uk ur vi yue zh"""
LANGUAGES = frozenset(_SPOKEN.split())
_OTHER_NAMES = {"zh": "cmn", "no": "nb"}
_WITHOUT_MARKUP = ("Chirp", "Journey")
_TAG = re.compile(r"<mark [^>]*/>")


class Google:
    """See `voice.VendorEngine`. Without a voice, Google takes its own for the language."""

    name = NAME
    rate_hz = SAMPLE_RATE_HZ
    times_words = True

    def __init__(self, endpoint: Endpoint) -> None:
        self._url = (endpoint.url or URL).rstrip("/")
        self.model = endpoint.model
        self._voice = endpoint.voice
        self._client = Client(NAME, {"X-Goog-Api-Key": endpoint.key})

    def speaks(self, language: str) -> bool:
        return language in LANGUAGES

    def voice_for(self, language: str) -> str:
        """The voice of the settings where it is one of the language: its name begins with it."""
        return self._voice if primary(self._voice) == _google(primary(language or "en")) else ""

    def dialect(self, order: Order) -> Dialect:
        return SOUNDS

    def charge(self, order: Order) -> Charge | None:
        """Markup counts, but for `mark`."""
        return Charge("tts_characters", len(_TAG.sub("", _input(order)[1])) * 1000, order.voice)

    async def start(self) -> None:
        await self._client.start()

    async def close(self) -> None:
        await self._client.close()

    async def parts(self, order: Order) -> AsyncGenerator[Part, None]:
        kind, text = _input(order)
        spoken, _, region = order.language.partition("-")
        voice = {"languageCode": f"{_google(spoken)}-{region}".strip("-")}
        body: dict[str, object] = {
            "input": {kind: text},
            "voice": {**voice, "name": order.voice} if order.voice else voice,
            "audioConfig": {
                "audioEncoding": "LINEAR16",
                "sampleRateHertz": SAMPLE_RATE_HZ,
                "speakingRate": round(order.speed(*SPEEDS), 2),
            },
        }
        if kind == "ssml":
            body["enableTimePointing"] = ["SSML_MARK"]
        async with self._client.request("POST", f"{self._url}/v1beta1/text:synthesize", body=body) as response:
            answer = json_object(NAME, await whole(NAME, response))
        try:
            audio = base64.b64decode(str(answer.get("audioContent") or ""), validate=True)
        except binascii.Error:
            raise BadReply(NAME, "audio that is no base64") from None
        for mark in _marks(answer.get("timepoints"), (len(audio) - WAV_HEADER) / BYTES_PER_MS):
            yield mark
        yield Audio(audio)

    async def voices(self) -> list[VoiceInfo]:
        listed = (await self._client.get_json(f"{self._url}/v1/voices")).get("voices")
        return [
            VoiceInfo(NAME, str(voice.get("name") or ""), str(language))
            for voice in (listed if isinstance(listed, list) else [])
            if isinstance(voice, dict)
            for language in voice.get("languageCodes") or [""]
        ]


def _google(language: str) -> str:
    return _OTHER_NAMES.get(language, language)


def _input(order: Order) -> tuple[str, str]:
    if any(kind in order.voice for kind in _WITHOUT_MARKUP):
        return "text", plain(order.text)
    return "ssml", f"<speak>{marked(order.text)}</speak>"


def _marks(found: object, length_ms: float) -> Iterator[At]:
    """A mark is named after its word's position; a word ends where the next one begins."""
    times = [
        (int(one["markName"]), float(one["timeSeconds"]) * 1000)
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, dict) and str(one.get("markName")).isdigit()
        if isinstance(one.get("timeSeconds"), int | float)
    ]
    for at, (position, start_ms) in enumerate(times):
        yield At(position, start_ms, times[at + 1][1] if at + 1 < len(times) else max(length_ms, start_ms))
