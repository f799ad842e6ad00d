"""OpenAI's realtime transcription sessions, of one connection. See `sockets`."""

import base64
import json
from collections.abc import Mapping, Sequence

from parley_audio.resample import resample

from parley_testing.vendors.sockets import Asked, Failure, Spoken

ERRORS: dict[Failure, dict[str, str]] = {
    "key": {"type": "invalid_request_error", "code": "invalid_api_key"},
    "funds": {"type": "insufficient_quota", "code": "insufficient_quota"},
    "busy": {"type": "rate_limit_error", "code": "rate_limit_exceeded"},
    "server": {"type": "server_error", "code": "internal_error"},
}
_ITEM = "conversation.item.input_audio_transcription."


class OpenAiRealtimeWire:
    path = "/realtime"

    def __init__(self) -> None:
        self._events = self._items = 0
        self._said = ""
        self._appended = 0

    @staticmethod
    def handshake(headers: Mapping[str, str], query: Mapping[str, Sequence[str]], key: str) -> int:
        if headers.get("Authorization") != f"Bearer {key}":
            return 401
        return 0 if query.get("intent") == ["transcription"] and "model" not in query else 400

    def opened(self) -> Sequence[str]:
        return (self._event("session.created", session={"type": "transcription"}),)

    def read(self, message: str | bytes) -> Asked:
        body = json.loads(message)
        match body["type"]:
            case "session.update":
                heard = body["session"]["audio"]["input"]
                if body["session"]["type"] != "transcription" or heard["format"] != {
                    "type": "audio/pcm",
                    "rate": 24000,
                }:
                    return Asked("set up", answers=(self._error("invalid_request_error", "invalid_value"),))
                return Asked("set up", answers=(self._event("session.updated", session=body["session"]),))
            case "input_audio_buffer.append":
                pcm = base64.b64decode(body["audio"], validate=True)
                self._appended += len(pcm)
                return Asked("audio", resample(pcm, 24_000, 16_000))
            case "input_audio_buffer.commit":
                if self._appended < 4800:  # 100 ms
                    self._appended = 0
                    empty = self._error("invalid_request_error", "input_audio_buffer_commit_empty")
                    return Asked("set up", answers=(empty,))
                self._appended = 0
                return Asked("flush")
            case "input_audio_buffer.clear":
                self._appended = 0
                return Asked("discard")
        return Asked("bye", answers=(self._error("invalid_request_error", "unknown_event"),))

    def interim(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        text = " ".join(word.text for word in words[:1])
        delta, self._said = text.removeprefix(self._said), text
        return (self._event(f"{_ITEM}delta", item_id=self._item, content_index=0, delta=delta),) if delta else ()

    def settled(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        item, self._said = self._item, ""
        self._items += 1
        return (
            self._event("input_audio_buffer.committed", item_id=item, previous_item_id=None),
            self._event(
                "conversation.item.added",
                item={"id": item, "type": "message", "role": "user", "content": [{"type": "input_audio"}]},
            ),
            self._event(
                f"{_ITEM}completed",
                item_id=item,
                content_index=0,
                transcript=" ".join(word.text for word in words),
                logprobs=[{"token": word.text, "logprob": -0.2, "bytes": []} for word in words],
                usage={"type": "duration", "seconds": 1},
            ),
        )

    def discarded(self, heard_ms: float) -> Sequence[str]:
        self._said = ""
        self._items += 1
        return (self._event("input_audio_buffer.cleared"),)

    def failure(self, kind: Failure) -> tuple[Sequence[str], int]:
        return (self._error(**ERRORS[kind]),), 1000

    def unknown(self) -> str:
        return self._event("rate_limits.updated", rate_limits=[])

    @property
    def _item(self) -> str:
        return f"item_{self._items}"

    def _error(self, type: str, code: str) -> str:
        return self._event(
            "error", error={"type": type, "code": code, "message": "no", "param": None, "event_id": None}
        )

    def _event(self, kind: str, **fields: object) -> str:
        self._events += 1
        return json.dumps({"type": kind, "event_id": f"event_{self._events}", **fields})
