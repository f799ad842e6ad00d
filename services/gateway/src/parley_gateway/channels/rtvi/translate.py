"""Parley's events as RTVI 2 messages. No I/O; one per caller, for both transports.

A caller who talks over the agent has started to speak, in RTVI's sense, once that interrupts the agent or the agent has
finished; `vad-user-started-speaking` tells of every voice.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from parley_core import clock

from parley_gateway.channels.rtvi.messages import LABEL, Json

Told = Mapping[str, Any]  # an event of the call, as in the README's WebSocket protocol
VERSION = "2.0.0"
_ABOUT = {"library": "parley"}


class Translator:
    def __init__(self) -> None:
        self._user_speaks = False
        self._bot_speaks = False
        self._waiting_voice = False  # over the agent
        self._tools: dict[str, str] = {}  # names, by call
        self._sentences: dict[tuple[int, int], str] = {}  # of the newest turn

    def ready(self, id_: str) -> str:
        return message("bot-ready", {"version": VERSION, "about": _ABOUT}, id_)

    def told(self, event: Told) -> Iterator[str]:
        handle = _TOLD.get(str(event["type"]))
        if handle is not None:
            yield from handle(self, event)

    # The caller

    def _caller_started(self, event: Told) -> Iterator[str]:
        yield message("vad-user-started-speaking")
        if self._bot_speaks:
            self._waiting_voice = True
        else:
            yield from self._user_started()

    def _caller_stopped(self, event: Told) -> Iterator[str]:
        yield message("vad-user-stopped-speaking")

    def _user_started(self) -> Iterator[str]:
        self._waiting_voice = False
        if not self._user_speaks:
            self._user_speaks = True
            yield message("user-started-speaking")

    def _user_stopped(self) -> Iterator[str]:
        self._waiting_voice = False
        if self._user_speaks:
            self._user_speaks = False
            yield message("user-stopped-speaking")

    def _state(self, event: Told) -> Iterator[str]:
        if event["state"] in ("listening", "pausing") and self._waiting_voice:
            yield from self._user_started()
        elif event["state"] == "idle":
            yield from self._user_stopped()

    def _partial(self, event: Told) -> Iterator[str]:
        if event["text"]:
            yield _transcription(event["text"], final=False)

    def _transcript(self, event: Told) -> Iterator[str]:
        self._sentences.clear()
        yield from self._user_stopped()
        text, typed = event["text"], event["reason"] in ("typed", "digits")
        if not text:
            return
        if not typed:
            yield _transcription(text, final=True)
        told = {"text": text, "input_type": "chat" if typed else "transcription", "final": True}
        yield message("user-input", {**told, "timestamp": _now(), "user_id": "", "msg_id": str(event["turn"])})

    # The agent

    def _agent_sentence(self, event: Told) -> Iterator[str]:
        key, text = (event["turn"], event["sentence"]), event["text"]
        if key in self._sentences:
            return  # said again, for a voice that was lost
        self._sentences[key] = text
        yield message("bot-llm-text", {"text": text})
        yield message("bot-output", {**_output(key, text), "spoken": False, "spoken_status": "new"})

    def _spoken(self, event: Told) -> Iterator[str]:
        heard: str = event["text"]
        key = (event["turn"], event["sentence"])
        text = self._sentences.get(key, heard)
        if heard:
            yield message("bot-tts-text", {"text": heard})
        rest = " ".join(text.split()[len(heard.split()) :])
        yield message(
            "bot-output",
            {
                **_output(key, text),
                "spoken": True,
                "spoken_status": "completed" if event["complete"] else "in-progress",
                "spoken_progress": {"accumulated_text": heard, "remaining_text": rest},
            },
        )

    def _agent_started(self, event: Told) -> Iterator[str]:
        if not self._bot_speaks:
            self._bot_speaks = True
            yield message("bot-started-speaking")

    def _agent_stopped(self, event: Told) -> Iterator[str]:
        if self._bot_speaks:
            self._bot_speaks = False
            yield message("bot-stopped-speaking")

    def _interrupted(self, event: Told) -> Iterator[str]:
        if self._waiting_voice:
            yield from self._user_started()
        yield message("bot-interrupted")
        yield from self._agent_stopped(event)

    def _tool_call(self, event: Told) -> Iterator[str]:
        call, name = event["tool_call"], event["tool"]
        self._tools[call] = name
        yield message("llm-function-call-started", {"function_name": name})
        arguments = json.loads(event["arguments"] or "{}")
        told = {"tool_call_id": call, "function_name": name, "arguments": arguments}
        yield message("llm-function-call-in-progress", told)

    def _tool_done(self, event: Told) -> Iterator[str]:
        call = event["tool_call"]
        told = {"tool_call_id": call, "function_name": self._tools.pop(call, ""), "cancelled": not event["ok"]}
        yield message("llm-function-call-stopped", told)

    def _turn_latency(self, event: Told) -> Iterator[str]:
        parts = event["parts_ms"]
        yield message(
            "metrics",
            {
                "ttfb": [_metric("llm", parts["model"]), _metric("tts", parts["speech"])],
                "ttfa": [_metric("parley", event["total_ms"])],
                "processing": [_metric(name, parts[name]) for name in ("pause", "final_text", "sentence", "playout")],
            },
        )

    def _refused(self, event: Told) -> Iterator[str]:
        yield error(f"{event['reason']}: {event['detail']}", fatal=True)

    def _ended(self, event: Told) -> Iterator[str]:
        yield from self._agent_stopped(event)


def message(kind: str, data: Json | None = None, id_: str = "") -> str:
    told: Json = {"label": LABEL, "type": kind, "id": id_}
    if data is not None:
        told["data"] = data
    return json.dumps(told, separators=(",", ":"))


def error(text: str, *, fatal: bool) -> str:
    return message("error", {"error": text, "fatal": fatal})


def _transcription(text: str, *, final: bool) -> str:
    return message("user-transcription", {"text": text, "final": final, "timestamp": _now(), "user_id": ""})


def _output(key: tuple[int, int], text: str) -> Json:
    return {
        "text": text,
        "will_be_spoken": True,
        "aggregated_by": "sentence",
        "output_type": "sentence",
        "segment_id": f"{key[0]}-{key[1]}",
    }


def _metric(processor: str, ms: float) -> Json:
    return {"processor": processor, "value": round(ms / 1000, 6)}


def _now() -> str:
    return datetime.fromtimestamp(clock.current().time_us() / 1e6, UTC).isoformat(timespec="milliseconds")


# Everything a client is told, on one screen.
_TOLD = {
    "caller_started": Translator._caller_started,
    "caller_stopped": Translator._caller_stopped,
    "state": Translator._state,
    "partial": Translator._partial,
    "transcript": Translator._transcript,
    "agent_sentence": Translator._agent_sentence,
    "spoken": Translator._spoken,
    "agent_started": Translator._agent_started,
    "agent_stopped": Translator._agent_stopped,
    "interrupted": Translator._interrupted,
    "tool_call": Translator._tool_call,
    "tool_done": Translator._tool_done,
    "turn_latency": Translator._turn_latency,
    "refused": Translator._refused,
    "error": Translator._refused,
    "ended": Translator._ended,
}
