"""A Realtime session's configuration, asked for and in force: `session.update` in, `session.updated` out. Pure.

What cannot be had and changes nothing of what the client gets to hear (a voice, a threshold) is taken and shown as it
really is; what would make the client wrong about its session is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parley.v1 import events_pb2, session_pb2
from parley_audio import codecs
from parley_core.errors import BadInput

from parley_gateway.call.client_tools import MAX_INSTRUCTIONS, parse_tools
from parley_gateway.channels.realtime.protocol import Given, InvalidRequest, Json
from parley_gateway.turns.events import TurnControl

_RATES = {"audio/pcm": 24_000, "audio/pcmu": 8_000, "audio/pcma": 8_000}
_ENCODINGS = {
    "audio/pcm": session_pb2.AUDIO_ENCODING_PCM16,
    "audio/pcmu": session_pb2.AUDIO_ENCODING_MULAW,
    "audio/pcma": session_pb2.AUDIO_ENCODING_ALAW,
}
_VADS = ("server_vad", "semantic_vad")
_SESSION = {
    "type", "object", "id", "model", "instructions", "output_modalities", "audio", "tools", "tool_choice",
    "parallel_tool_calls", "max_output_tokens", "tracing", "truncation", "prompt", "include", "reasoning", "expires_at",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """A session's, as they are in force."""

    input_format: str = "audio/pcm"
    output_format: str = "audio/pcm"
    transcription: bool = True
    vad: str = "server_vad"  # "": push to talk
    create_response: bool = True
    interrupt_response: bool = True
    instructions: str = ""
    tools: tuple[Json, ...] = ()

    @property
    def turn_control(self) -> TurnControl:
        spoken = bool(self.vad)
        return TurnControl(answers=spoken and self.create_response, interrupts=spoken and self.interrupt_response)

    def client_tools(self) -> list[events_pb2.ClientTool]:
        return parse_tools(list(self.tools))


def codec_of(format_: str) -> codecs.Codec:
    match format_:
        case "audio/pcmu":
            return codecs.pcmu()
        case "audio/pcma":
            return codecs.pcma()
        case _:
            return codecs.l16(_RATES["audio/pcm"])


def audio_format(format_: str) -> session_pb2.AudioFormat:
    return session_pb2.AudioFormat(encoding=_ENCODINGS[format_], sample_rate_hz=_RATES[format_], channels=1)


def updated(settings: SessionSettings, given: Given, model: str) -> SessionSettings:
    """The settings after `session.update`. Raises Wrong; then nothing of the update is in force."""
    if unknown := sorted(set(given) - _SESSION):
        raise InvalidRequest("unknown_parameter", "is not known here", param=f"session.{unknown[0]}")
    _only(given, "type", ("realtime",))
    _only(given, "model", (model,))
    _only(given, "output_modalities", (["audio"],))
    _only(given, "tool_choice", ("auto",))
    _only(given, "prompt", ())
    if "instructions" in given:
        instructions = given["instructions"] or ""
        if not isinstance(instructions, str) or len(instructions) > MAX_INSTRUCTIONS:
            raise InvalidRequest(
                "invalid_value", f"must be at most {MAX_INSTRUCTIONS} characters", param="session.instructions"
            )
        settings = replace(settings, instructions=instructions)
    if "tools" in given:
        settings = replace(settings, tools=_tools(given["tools"] or []))
    audio = _part(given, "audio", "session.audio")
    return _output(_input(settings, _part(audio, "input", "session.audio.input")), audio)


def _input(settings: SessionSettings, given: Given) -> SessionSettings:
    if given.get("format") is not None:
        settings = replace(settings, input_format=_format(given["format"], "session.audio.input.format"))
    if "transcription" in given:
        settings = replace(settings, transcription=given["transcription"] is not None)
    if "turn_detection" not in given:
        return settings
    where = "session.audio.input.turn_detection"
    turns = given["turn_detection"]
    if turns is None:
        return replace(settings, vad="")
    if not isinstance(turns, Mapping) or turns.get("type", "server_vad") not in _VADS:
        raise InvalidRequest("invalid_value", "must be null, server_vad or semantic_vad", param=where)
    return replace(
        settings,
        vad=turns.get("type", "server_vad"),
        create_response=_flag(turns, "create_response", where),
        interrupt_response=_flag(turns, "interrupt_response", where),
    )


def _flag(turns: Given, name: str, where: str) -> bool:
    flag = turns.get(name)
    if flag is not None and not isinstance(flag, bool):
        raise InvalidRequest("invalid_type", "must be true or false", param=f"{where}.{name}")
    return flag is not False


def _output(settings: SessionSettings, audio: Given) -> SessionSettings:
    given = _part(audio, "output", "session.audio.output")
    if given.get("format") is None:
        return settings
    return replace(settings, output_format=_format(given["format"], "session.audio.output.format"))


def _format(given: object, where: str) -> str:
    kind = given.get("type") if isinstance(given, Mapping) else None
    if not isinstance(given, Mapping) or not isinstance(kind, str) or kind not in _RATES:
        raise InvalidRequest("invalid_value", f"must be one of {', '.join(_RATES)}", param=f"{where}.type")
    if given.get("rate") not in (None, _RATES[kind]):
        raise InvalidRequest("invalid_value", f"must be {_RATES[kind]}", param=f"{where}.rate")
    return kind


def _tools(given: object) -> tuple[Json, ...]:
    if not isinstance(given, list):
        raise InvalidRequest("invalid_type", "must be a list", param="session.tools")
    for at, tool in enumerate(given):
        if not isinstance(tool, Mapping) or tool.get("type") != "function":
            raise InvalidRequest("unsupported_value", "must be a function", param=f"session.tools[{at}].type")
    try:
        parsed = parse_tools(given)
    except BadInput as error:
        raise InvalidRequest("invalid_value", error.problem, param=f"session.{error.where}") from None
    return tuple(
        {"type": "function", "name": tool.name, "description": tool.description, "parameters": one.get("parameters")}
        for tool, one in zip(parsed, given, strict=True)
    )


def _only(given: Given, name: str, allowed: tuple[object, ...]) -> None:
    if given.get(name) is not None and given[name] not in allowed:
        what = f"must be {allowed[0]!r} here" if allowed else "cannot be given here"
        raise InvalidRequest("unsupported_value", what, param=f"session.{name}")


def _part(given: Given, name: str, where: str) -> Given:
    part = given.get(name)
    if part is None:
        return {}
    if not isinstance(part, Mapping):
        raise InvalidRequest("invalid_type", "must be an object", param=where)
    return part


def as_json(settings: SessionSettings, session: str, model: str) -> Json:
    detection: Json | None = None
    if settings.vad:
        detection = {
            "type": settings.vad,
            "create_response": settings.create_response,
            "interrupt_response": settings.interrupt_response,
        }

    def format_json(format_: str) -> Json:
        return {"type": format_, "rate": _RATES[format_]} if format_ == "audio/pcm" else {"type": format_}

    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": settings.instructions,
        "tools": list(settings.tools),
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "include": None,
        "audio": {
            "input": {
                "format": format_json(settings.input_format),
                "transcription": {"model": "parley"} if settings.transcription else None,
                "noise_reduction": None,
                "turn_detection": detection,
            },
            "output": {"format": format_json(settings.output_format), "voice": "agent", "speed": 1.0},
        },
    }
