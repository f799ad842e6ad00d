"""What the call tells its client in JSON, made from what it tells the log. Documented in the service's README."""

from parley.v1 import events_pb2, live_pb2, session_pb2

Json = dict[str, object]


def ready(session: session_pb2.Session, resume: str, *, resumed: bool) -> Json:
    told: Json = {"type": "ready", "call": session.call, "session": session.session, "resume": resume}
    return {**told, "resumed": True} if resumed else told


def agent_sentence(say: live_pb2.Say) -> Json:
    return {
        "type": "agent_sentence",
        "turn": say.turn,
        "sentence": say.sentence,
        "take": say.take,
        "text": say.text,
        "kind": _kind(say.kind),
        "interruptible": not say.uninterruptible,
    }


def transcript(turn: int, text: str, reason: str) -> Json:
    return {"type": "transcript", "turn": turn, "text": text, "reason": reason.lower()}


def spoken(body: events_pb2.Spoken) -> Json:
    return {
        "type": "spoken",
        "turn": body.turn,
        "sentence": body.sentence,
        "text": body.text,
        "complete": body.complete,
        "kind": _kind(body.kind),
    }


def turn_latency(body: events_pb2.TurnMeasured) -> Json:
    return {
        "type": "turn_latency",
        "turn": body.turn,
        "total_ms": body.total_us / 1000,
        "parts_ms": {
            "pause": body.pause_us / 1000,
            "final_text": body.final_text_us / 1000,
            "model": body.model_us / 1000,
            "sentence": body.sentence_us / 1000,
            "speech": body.speech_us / 1000,
            "bus": body.bus_us / 1000,
            "playout": body.playout_us / 1000,
        },
    }


def _kind(kind: "events_pb2.SayKind.ValueType") -> str:
    return events_pb2.SayKind.Name(kind or events_pb2.SAY_KIND_REPLY).removeprefix("SAY_KIND_").lower()
