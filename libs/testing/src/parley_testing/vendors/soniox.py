"""Soniox' real-time messages, of one connection. See `sockets`."""

import json
from collections.abc import Mapping, Sequence

from parley_testing.vendors.sockets import Asked, Failure, Spoken

CODES: dict[Failure, int] = {"key": 401, "funds": 402, "busy": 429, "server": 503}


class SonioxWire:
    path = "/transcribe-websocket"

    def __init__(self) -> None:
        self._configured = False
        self._settled: list[Spoken] = []

    @staticmethod
    def handshake(headers: Mapping[str, str], query: Mapping[str, Sequence[str]], key: str) -> int:
        return 0 if headers.get("Authorization") == f"Bearer {key}" else 401

    def opened(self) -> Sequence[str]:
        return ()

    def read(self, message: str | bytes) -> Asked:
        if isinstance(message, bytes):
            return Asked("audio", message)
        if not message:
            return Asked("bye", answers=(json.dumps({"tokens": [], "finished": True}),))
        body = json.loads(message)
        if not self._configured:
            self._configured = True
            raw = body["audio_format"] == "pcm_s16le" and body["sample_rate"] == 16000 and body["num_channels"] == 1
            wrong = json.dumps({"tokens": [], "error_code": 400, "error_message": "Invalid audio format."})
            return Asked("set up") if raw and "api_key" not in body else Asked("set up", refused=((wrong,), 1000))
        return Asked("flush" if body["type"] == "finalize" else "alive")

    def interim(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        return (self._tokens(words, heard_ms, final=False),)

    def settled(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        return (self._tokens(words, heard_ms, final=True, mark="<fin>"),)

    def discarded(self, heard_ms: float) -> Sequence[str]:
        raise AssertionError("there is no such message")

    def failure(self, kind: Failure) -> tuple[Sequence[str], int]:
        error = {"tokens": [], "error_code": CODES[kind], "error_message": "no"}
        return (json.dumps(error),), 1000

    def unknown(self) -> str:
        return json.dumps({"type": "notice", "text": "hello"})

    def _tokens(self, words: Sequence[Spoken], heard_ms: float, *, final: bool, mark: str = "") -> str:
        """Words in two pieces, as the vendor's vocabulary has them, and punctuation by itself."""
        tokens: list[dict[str, object]] = []
        for word in words:
            plain = word.text.rstrip(".")
            half = len(plain) // 2
            pieces = [f" {plain[:half]}", plain[half:], *("." for _ in range(len(word.text) - len(plain)))]
            step = (word.end_ms - word.start_ms) / len(pieces)
            for at, piece in enumerate(pieces):
                tokens.append(
                    {
                        "text": piece,
                        "start_ms": round(word.start_ms + at * step),
                        "end_ms": round(word.start_ms + (at + 1) * step),
                        "confidence": 0.8,
                        "is_final": final,
                    }
                )
        if mark:
            tokens.append({"text": mark, "is_final": True})
        return json.dumps(
            {"tokens": tokens, "final_audio_proc_ms": round(heard_ms), "total_audio_proc_ms": round(heard_ms)}
        )
