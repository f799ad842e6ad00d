"""AssemblyAI's streaming v3 messages, of one connection. See `sockets`."""

import json
from collections.abc import Mapping, Sequence

from parley_testing.vendors.sockets import BYTES_PER_MS, Asked, Failure, Spoken

CODES: dict[Failure, tuple[int, str]] = {
    "key": (4001, "Not Authorized"),
    "funds": (4002, "Insufficient Funds"),
    "busy": (3009, "Too many concurrent sessions"),
    "server": (3005, "Server error"),
}


class AssemblyAiWire:
    path = "/v3/ws"

    def __init__(self) -> None:
        self._turn = 0

    @staticmethod
    def handshake(headers: Mapping[str, str], query: Mapping[str, Sequence[str]], key: str) -> int:
        if headers.get("Authorization") != key:
            return 401
        right = query.get("sample_rate") == ["16000"] and query.get("encoding") == ["pcm_s16le"]
        return 0 if right else 400

    def opened(self) -> Sequence[str]:
        return (json.dumps({"type": "Begin", "id": "0b1c", "expires_at": "2030-01-01T00:00:00Z"}),)

    def read(self, message: str | bytes) -> Asked:
        if isinstance(message, bytes):
            if not 50 <= len(message) / BYTES_PER_MS <= 1000:
                error = {"type": "Error", "error_code": 3007, "error": "Input duration violation: 50 to 1000 ms"}
                return Asked("audio", refused=((json.dumps(error),), 3007))
            return Asked("audio", message)
        match json.loads(message)["type"]:
            case "ForceEndpoint":
                return Asked("flush")
            case "KeepAlive":
                return Asked("alive")
            case "Terminate":
                ended = {"type": "Termination", "audio_duration_seconds": 1, "session_duration_seconds": 2}
                return Asked("bye", answers=(json.dumps(ended),))
        return Asked("bye", refused=self.failure("server"))

    def interim(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        return (self._said(words, over=False),)

    def settled(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        said = self._said(words, over=True)
        self._turn += 1
        return (said,)

    def discarded(self, heard_ms: float) -> Sequence[str]:
        raise AssertionError("there is no such message")

    def failure(self, kind: Failure) -> tuple[Sequence[str], int]:
        code, text = CODES[kind]
        return (json.dumps({"type": "Error", "error_code": code, "error": text}),), code

    def unknown(self) -> str:
        return json.dumps(
            {"type": "Heartbeat", "total_audio_received_ms": 1, "total_duration_ms": 2, "realtime_factor": 1.0}
        )

    def _said(self, words: Sequence[Spoken], *, over: bool) -> str:
        timed = [
            {
                "text": word.text.lower().strip("."),
                "start": round(word.start_ms),
                "end": round(word.end_ms),
                "confidence": 0.8,
                "word_is_final": over,
            }
            for word in words
        ]
        return json.dumps(
            {
                "type": "Turn",
                "turn_order": self._turn,
                "turn_is_formatted": False,
                "end_of_turn": over,
                "transcript": " ".join(str(word["text"]) for word in timed),
                "end_of_turn_confidence": 0.9 if over else 0.2,
                "words": timed,
            }
        )
