"""Speechmatics' real-time messages (RT v2), of one connection. See `sockets`."""

import json
from collections.abc import Mapping, Sequence

from parley_testing.vendors.sockets import Asked, Failure, Spoken

ERRORS: dict[Failure, tuple[str, int]] = {
    "key": ("not_authorised", 4001),
    "funds": ("insufficient_funds", 4002),
    "busy": ("quota_exceeded", 4005),
    "server": ("internal_error", 1011),
}


class SpeechmaticsWire:
    path = "/v2"

    def __init__(self) -> None:
        self._chunks = 0
        self._from_ms = 0.0

    @staticmethod
    def handshake(headers: Mapping[str, str], query: Mapping[str, Sequence[str]], key: str) -> int:
        return 0 if headers.get("Authorization") == f"Bearer {key}" else 401

    def opened(self) -> Sequence[str]:
        return ()

    def read(self, message: str | bytes) -> Asked:
        if isinstance(message, bytes):
            self._chunks += 1
            return Asked("audio", message, answers=(json.dumps({"message": "AudioAdded", "seq_no": self._chunks}),))
        body = json.loads(message)
        match body["message"]:
            case "StartRecognition":
                raw = {"type": "raw", "encoding": "pcm_s16le", "sample_rate": 16000}
                if body["audio_format"] != raw or not body["transcription_config"]["language"]:
                    return Asked("set up", refused=((_error("invalid_audio_type"),), 4006))
                started = {"message": "RecognitionStarted", "id": "s", "language_pack_info": {"word_delimiter": " "}}
                return Asked("set up", answers=(json.dumps(started),))
            case "ForceEndOfUtterance":
                return Asked("flush")
            case "EndOfStream":
                assert body["last_seq_no"] == self._chunks
                return Asked("bye", answers=(json.dumps({"message": "EndOfTranscript"}),))
        return Asked("bye", refused=((_error("invalid_message"),), 1008))

    def interim(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        return (self._said("AddPartialTranscript", words, heard_ms),)

    def settled(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        said = [self._said("AddTranscript", [word], heard_ms) for word in words]
        window = {"start_time": heard_ms / 1000, "end_time": heard_ms / 1000}
        self._from_ms = heard_ms
        return (*said, json.dumps({"message": "EndOfUtterance", "format": "2.9", "metadata": window}))

    def discarded(self, heard_ms: float) -> Sequence[str]:
        raise AssertionError("there is no such message")

    def failure(self, kind: Failure) -> tuple[Sequence[str], int]:
        name, code = ERRORS[kind]
        return (_error(name),), code

    def unknown(self) -> str:
        return json.dumps({"message": "Info", "type": "recognition_quality", "quality": "telephony", "reason": "8 kHz"})

    def _said(self, kind: str, words: Sequence[Spoken], heard_ms: float) -> str:
        results: list[dict[str, object]] = []
        for word in words:
            start, end = word.start_ms / 1000, word.end_ms / 1000
            plain = word.text.rstrip(".")
            best = {"content": plain, "confidence": 0.8, "language": "en", "speaker": "UU"}
            results.append({"type": "word", "start_time": start, "end_time": end, "alternatives": [best]})
            if plain != word.text:
                stop = {"content": ".", "confidence": 1.0, "language": "en", "speaker": "UU"}
                mark = {"type": "punctuation", "attaches_to": "previous", "is_eos": True, "alternatives": [stop]}
                results.append({**mark, "start_time": end, "end_time": end})
        metadata = {
            "start_time": self._from_ms / 1000,
            "end_time": heard_ms / 1000,
            "transcript": " ".join(word.text for word in words),
        }
        return json.dumps({"message": kind, "format": "2.9", "metadata": metadata, "results": results})


def _error(kind: str) -> str:
    return json.dumps({"message": "Error", "type": kind, "reason": "no"})
