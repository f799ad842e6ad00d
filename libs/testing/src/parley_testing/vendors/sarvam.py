"""Sarvam's streaming recognition, of one connection. See `sockets`."""

import base64
import json
from collections.abc import Mapping, Sequence

from parley_testing.vendors.sockets import Asked, Failure, Spoken

CODES: dict[Failure, str] = {
    "key": "invalid_api_key_error",
    "funds": "insufficient_quota_error",
    "busy": "rate_limit_exceeded_error",
    "server": "internal_server_error",
}


class SarvamWire:
    path = "/speech-to-text/ws"

    @staticmethod
    def handshake(headers: Mapping[str, str], query: Mapping[str, Sequence[str]], key: str) -> int:
        if headers.get("Api-Subscription-Key") != key:
            return 403
        wanted = {"sample_rate": ["16000"], "input_audio_codec": ["pcm_s16le"], "flush_signal": ["true"]}
        right = all(query.get(name) == value for name, value in wanted.items())
        return 0 if right and query["language-code"][0].endswith("-IN") else 422

    def opened(self) -> Sequence[str]:
        return ()

    def read(self, message: str | bytes) -> Asked:
        body = json.loads(message)
        if "audio" in body:
            audio = body["audio"]
            assert audio["sample_rate"] == 16000 and audio["encoding"] == "audio/wav"  # noqa: PT018
            return Asked("audio", base64.b64decode(audio["data"], validate=True))
        return Asked("flush") if body.get("type") == "flush" else Asked("bye", refused=self.failure("server"))

    def interim(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        return ()

    def settled(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        data = {
            "request_id": "r",
            "transcript": " ".join(word.text for word in words),
            "timestamps": None,
            "diarized_transcript": None,
            "language_code": "en-IN",
            "metrics": {"audio_duration": heard_ms / 1000, "processing_latency": 0.1},
        }
        return (json.dumps({"type": "data", "data": data}),)

    def discarded(self, heard_ms: float) -> Sequence[str]:
        raise AssertionError("there is no such message")

    def failure(self, kind: Failure) -> tuple[Sequence[str], int]:
        return (json.dumps({"type": "error", "data": {"error": "no", "code": CODES[kind]}}),), 1000

    def unknown(self) -> str:
        return json.dumps({"type": "events", "data": {"event_type": "vad", "signal_type": "START_SPEECH"}})
