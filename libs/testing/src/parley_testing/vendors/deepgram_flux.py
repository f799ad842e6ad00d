"""Deepgram's listen v2 messages (Flux), of one connection. See `sockets`."""

import json
from collections.abc import Mapping, Sequence

from parley_testing.vendors.sockets import Asked, Failure, Spoken

CODES: dict[Failure, str] = {
    "key": "INVALID_AUTH",
    "funds": "PAYMENT_REQUIRED",
    "busy": "TOO_MANY_REQUESTS",
    "server": "INTERNAL_SERVER_ERROR",
}


class FluxWire:
    path = "/v2/listen"

    def __init__(self) -> None:
        self._turn = self._sequence = 0
        self._from_ms = 0.0
        self._started = False

    @staticmethod
    def handshake(headers: Mapping[str, str], query: Mapping[str, Sequence[str]], key: str) -> int:
        if headers.get("Authorization") != f"Token {key}":
            return 401
        known = query.get("model", [""])[0].startswith("flux-general-")
        return 0 if known and query.get("encoding") == ["linear16"] and query.get("sample_rate") == ["16000"] else 400

    def opened(self) -> Sequence[str]:
        return (self._message("Connected"),)

    def read(self, message: str | bytes) -> Asked:
        if isinstance(message, bytes):
            return Asked("audio", message)
        match json.loads(message)["type"]:
            case "ForceEndTurn":
                return Asked("flush")
            case "CloseStream":
                return Asked("bye")
        return Asked("bye", refused=self.failure("server"))

    def interim(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        event, self._started = "Update" if self._started else "StartOfTurn", True
        return (self._info(event, words, heard_ms),)

    def eager(self, words: Sequence[Spoken], heard_ms: float) -> str:
        return self._info("EagerEndOfTurn", words, heard_ms)

    def resumed(self, words: Sequence[Spoken], heard_ms: float) -> str:
        return self._info("TurnResumed", words, heard_ms)

    def settled(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        if not words:  # there is no turn to end
            return (self._info("Update", (), heard_ms),)
        said = self._info("EndOfTurn", words, heard_ms, trigger="manual")
        self._turn, self._from_ms, self._started = self._turn + 1, heard_ms, False
        return (said,)

    def discarded(self, heard_ms: float) -> Sequence[str]:
        raise AssertionError("there is no such message")

    def failure(self, kind: Failure) -> tuple[Sequence[str], int]:
        return (self._message("Error", code=CODES[kind], description="no"),), 1011

    def unknown(self) -> str:
        return self._message("Warning", code="SLOW", description="audio comes slowly")

    def _info(self, event: str, words: Sequence[Spoken], heard_ms: float, **more: object) -> str:
        timed = [
            {
                "word": word.text.lower().strip("."),
                "confidence": 0.8,
                "start": word.start_ms / 1000,
                "end": word.end_ms / 1000,
            }
            for word in words
        ]
        return self._message(
            "TurnInfo",
            event=event,
            turn_index=self._turn,
            audio_window_start=self._from_ms / 1000,
            audio_window_end=heard_ms / 1000,
            transcript=" ".join(str(word["word"]) for word in timed),
            words=timed,
            end_of_turn_confidence={"EndOfTurn": 0.9, "EagerEndOfTurn": 0.6}.get(event, 0.1),
            **more,
        )

    def _message(self, kind: str, **fields: object) -> str:
        self._sequence += 1
        return json.dumps({"type": kind, "request_id": "r", "sequence_id": self._sequence - 1, **fields})
