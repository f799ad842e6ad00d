"""Parley's own JSON for clients, documented in the gateway's README: what a call reports, and what is wrong.

Used by the channels that speak it: WebSocket, WebRTC's data channel, LiveKit's data messages.
"""

from typing import assert_never

from parley.v1 import events_pb2
from parley_core.reasons import Reason

from parley_gateway import call_events as ce

Json = dict[str, object]

CLEAR: Json = {"type": "clear"}
PONG: Json = {"type": "pong"}


def problem(reason: Reason, detail: str) -> Json:
    """A message of the client's was wrong."""
    return {"type": "error", "reason": reason, "detail": detail}


def to_json(event: ce.CallEvent) -> Json:
    match event:
        case ce.Ready(call, session, resume, resumed):
            ready: Json = {"type": "ready", "call": call, "session": session, "resume": resume}
            return {**ready, "resumed": True} if resumed else ready
        case ce.Refusal(reason, detail):
            return {"type": "refused", "reason": reason, "detail": detail}
        case ce.CallFailed(reason, detail):
            return problem(reason, detail)
        case ce.Ended(reason, duration_ms):
            return {"type": "ended", "reason": reason, "duration_ms": duration_ms}
        case ce.CallerStarted(at_ms):
            return {"type": "caller_started", "at_ms": at_ms}
        case ce.CallerStopped(at_ms):
            return {"type": "caller_stopped", "at_ms": at_ms}
        case ce.PartialTranscript(utterance, text):
            return {"type": "partial", "utterance": utterance, "text": text}
        case ce.UtteranceTranscript(utterance, text, more):
            return {"type": "heard", "utterance": utterance, "text": text, "more": more}
        case ce.TurnTranscript(turn, text, why):
            return {"type": "transcript", "turn": turn, "text": text, "reason": why.name.lower()}
        case ce.PhaseChanged(phase):
            return {"type": "state", "state": phase.value}
        case ce.LanguageChanged():
            return _language(event)
        case ce.AgentSentence():
            return _agent_sentence(event)
        case ce.AgentStarted(turn):
            return {"type": "agent_started", "turn": turn}
        case ce.AgentStopped(turn):
            return {"type": "agent_stopped", "turn": turn}
        case ce.AgentSpoken():
            return _agent_spoken(event)
        case ce.ReplyDone(turn):
            return {"type": "reply_done", "turn": turn}
        case ce.Interrupted(turn, heard):
            return {"type": "interrupted", "turn": turn, "heard": heard}
        case ce.LatencyMeasured():
            return _latency(event)
        case ce.ClientToolCalled(turn, tool_call, tool, arguments):
            return {"type": "tool_call", "turn": turn, "tool_call": tool_call, "tool": tool, "arguments": arguments}
        case ce.ClientToolDone(turn, tool_call, ok):
            return {"type": "tool_done", "turn": turn, "tool_call": tool_call, "ok": ok}
        case ce.TransferStarted(target, address):
            return {"type": "hand_off", "target": target, "address": address}
        case ce.WorkerFailover(role):
            return {"type": "worker_lost", "role": role}
        case _:
            assert_never(event)


def _language(event: ce.LanguageChanged) -> Json:
    reason = events_pb2.LanguageReason.Name(event.reason).removeprefix("LANGUAGE_REASON_").lower()
    return {"type": "language", "language": event.language, "reason": reason}


def _agent_sentence(event: ce.AgentSentence) -> Json:
    return {
        "type": "agent_sentence",
        "turn": event.turn,
        "sentence": event.sentence,
        "take": event.take,
        "text": event.text,
        "kind": _kind(event.kind),
        "interruptible": event.interruptible,
    }


def _agent_spoken(event: ce.AgentSpoken) -> Json:
    return {
        "type": "spoken",
        "turn": event.turn,
        "sentence": event.sentence,
        "text": event.text,
        "complete": event.complete,
        "kind": _kind(event.kind),
    }


def _latency(event: ce.LatencyMeasured) -> Json:
    return {
        "type": "turn_latency",
        "turn": event.turn,
        "total_ms": event.total_ms,
        "parts_ms": {
            "pause": event.pause_ms,
            "final_text": event.final_text_ms,
            "model": event.model_ms,
            "sentence": event.sentence_ms,
            "speech": event.speech_ms,
            "bus": event.bus_ms,
            "playout": event.playout_ms,
        },
    }


def _kind(kind: "events_pb2.SayKind.ValueType") -> str:
    return events_pb2.SayKind.Name(kind or events_pb2.SAY_KIND_REPLY).removeprefix("SAY_KIND_").lower()
