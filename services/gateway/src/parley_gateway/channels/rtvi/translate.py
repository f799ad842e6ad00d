"""Parley's events as RTVI 2 messages. No I/O; one per caller, for both transports.

A caller who talks over the agent has started to speak, in RTVI's sense, once that interrupts the agent or the agent has
finished; `vad-user-started-speaking` reports every voice.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import assert_never

from parley_core import clock
from parley_core.text import load_json

from parley_gateway import call_events as ce
from parley_gateway.channels.rtvi.messages import LABEL, Json
from parley_gateway.turns.types import CommitReason, Phase

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

    def told(self, event: ce.CallEvent) -> Iterator[str]:
        match event:
            case ce.CallerStarted():
                yield from self._caller_started()
            case ce.CallerStopped():
                yield message("vad-user-stopped-speaking")
            case ce.PhaseChanged(phase):
                yield from self._phase(phase)
            case ce.PartialTranscript(text=text):
                if text:
                    yield _transcription(text, final=False)
            case ce.TurnTranscript():
                yield from self._turn_committed(event)
            case ce.AgentSentence():
                yield from self._agent_sentence(event)
            case ce.AgentSpoken():
                yield from self._agent_spoken(event)
            case ce.AgentStarted():
                yield from self._agent_started()
            case ce.AgentStopped() | ce.Ended():
                yield from self._agent_stopped()
            case ce.Interrupted():
                yield from self._interrupted()
            case ce.ClientToolCalled():
                yield from self._tool_called(event)
            case ce.ClientToolDone():
                yield self._tool_done(event)
            case ce.LatencyMeasured():
                yield _metrics(event)
            case ce.Refusal(reason, detail) | ce.CallFailed(reason, detail):
                yield error(f"{reason}: {detail}", fatal=True)
            case ce.Ready():
                pass  # `conversation` greets
            case ce.UtteranceTranscript() | ce.ReplyDone() | ce.LanguageChanged():
                pass  # RTVI has no message for these
            case ce.TransferStarted() | ce.WorkerFailover():
                pass  # nor for these
            case _:
                assert_never(event)

    # The caller

    def _caller_started(self) -> Iterator[str]:
        yield message("vad-user-started-speaking")
        if self._bot_speaks:
            self._waiting_voice = True
        else:
            yield from self._user_started()

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

    def _phase(self, phase: Phase) -> Iterator[str]:
        if phase in (Phase.LISTENING, Phase.PAUSING) and self._waiting_voice:
            yield from self._user_started()
        elif phase is Phase.IDLE:
            yield from self._user_stopped()

    def _turn_committed(self, event: ce.TurnTranscript) -> Iterator[str]:
        self._sentences.clear()
        yield from self._user_stopped()
        text, typed = event.text, event.reason in (CommitReason.TYPED, CommitReason.DIGITS)
        if not text:
            return
        if not typed:
            yield _transcription(text, final=True)
        told = {"text": text, "input_type": "chat" if typed else "transcription", "final": True}
        yield message("user-input", {**told, "timestamp": _now(), "user_id": "", "msg_id": str(event.turn)})

    # The agent

    def _agent_sentence(self, event: ce.AgentSentence) -> Iterator[str]:
        key, text = (event.turn, event.sentence), event.text
        if key in self._sentences:
            return  # said again, for a voice that was lost
        self._sentences[key] = text
        yield message("bot-llm-text", {"text": text})
        yield message("bot-output", {**_output(key, text), "spoken": False, "spoken_status": "new"})

    def _agent_spoken(self, event: ce.AgentSpoken) -> Iterator[str]:
        heard = event.text
        key = (event.turn, event.sentence)
        text = self._sentences.get(key, heard)
        if heard:
            yield message("bot-tts-text", {"text": heard})
        rest = " ".join(text.split()[len(heard.split()) :])
        yield message(
            "bot-output",
            {
                **_output(key, text),
                "spoken": True,
                "spoken_status": "completed" if event.complete else "in-progress",
                "spoken_progress": {"accumulated_text": heard, "remaining_text": rest},
            },
        )

    def _agent_started(self) -> Iterator[str]:
        if not self._bot_speaks:
            self._bot_speaks = True
            yield message("bot-started-speaking")

    def _agent_stopped(self) -> Iterator[str]:
        if self._bot_speaks:
            self._bot_speaks = False
            yield message("bot-stopped-speaking")

    def _interrupted(self) -> Iterator[str]:
        if self._waiting_voice:
            yield from self._user_started()
        yield message("bot-interrupted")
        yield from self._agent_stopped()

    def _tool_called(self, event: ce.ClientToolCalled) -> Iterator[str]:
        call, name = event.tool_call, event.tool
        self._tools[call] = name
        yield message("llm-function-call-started", {"function_name": name})
        arguments = load_json(event.arguments or "{}")
        told = {"tool_call_id": call, "function_name": name, "arguments": arguments}
        yield message("llm-function-call-in-progress", told)

    def _tool_done(self, event: ce.ClientToolDone) -> str:
        call = event.tool_call
        told = {"tool_call_id": call, "function_name": self._tools.pop(call, ""), "cancelled": not event.ok}
        return message("llm-function-call-stopped", told)


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


def _metrics(event: ce.LatencyMeasured) -> str:
    waited = {
        "pause": event.pause_ms,
        "final_text": event.final_text_ms,
        "sentence": event.sentence_ms,
        "playout": event.playout_ms,
    }
    return message(
        "metrics",
        {
            "ttfb": [_metric("llm", event.model_ms), _metric("tts", event.speech_ms)],
            "ttfa": [_metric("parley", event.total_ms)],
            "processing": [_metric(name, ms) for name, ms in waited.items()],
        },
    )


def _metric(processor: str, ms: float) -> Json:
    return {"processor": processor, "value": round(ms / 1000, 6)}


def _now() -> str:
    return datetime.fromtimestamp(clock.current().time_us() / 1e6, UTC).isoformat(timespec="milliseconds")
