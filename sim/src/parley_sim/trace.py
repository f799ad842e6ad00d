"""A call as a timeline: one line per thing that happened, equal runs giving equal bytes."""

import hashlib

from google.protobuf.message import Message as Proto
from parley.v1 import live_pb2
from parley_core.bus import subjects
from parley_core.bus.log import body_of, decode, event_name

from parley_sim.clock import START_S

_LIVE: dict[str, type[Proto]] = {
    "audio.in": live_pb2.AudioIn,
    "audio.out": live_pb2.AudioOut,
    "partial": live_pb2.Partial,
    "say": live_pb2.Say,
    "speech": live_pb2.Speech,
    "draft": live_pb2.Draft,
    "stop": live_pb2.Stop,
}


class Trace:
    """`on`: whether lines are kept at all; most calls need none."""

    def __init__(self, *, on: bool) -> None:
        self.on = on
        self.lines: list[str] = []

    def add(self, at: float, lane: str, text: str) -> None:
        if self.on:
            self.lines.append(f"{at - START_S:9.4f}  {lane:<14} {text}")

    def message(self, at: float, subject: str, data: bytes, sender: str) -> None:
        place = subjects.parse(subject) if self.on else None
        if place is None:
            return
        if place.kind == "log":
            event = decode(data)
            self.add(at, sender, f"{event_name(event)} {_short(body_of(event))}")
            return
        made = _LIVE[place.rest].FromString(data) if place.rest in _LIVE else None
        self.add(at, sender, f"~{place.rest} {_short(made)}")

    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


def _short(body: Proto | None) -> str:
    if body is None:
        return ""
    parts = []
    for field, value in body.ListFields():
        if field.name in ("session", "timing", "words"):
            continue
        if field.name == "pcm":
            parts.append(f"{len(value) // 32} ms")
        elif field.enum_type is not None and isinstance(value, int):
            parts.append(field.enum_type.values_by_number[value].name.rsplit("KIND_", 1)[-1].lower())
        elif isinstance(value, str | int | bool):
            parts.append(f"{field.name}={value!r}" if isinstance(value, str) else f"{field.name}={value}")
        elif isinstance(value, float):
            parts.append(f"{field.name}={value:.2f}")
        else:
            parts.append(f"{field.name}={list(value)}" if hasattr(value, "__iter__") else field.name)
    return " ".join(parts)


def brief(lines: list[str]) -> list[str]:
    """The lines that people want to read: without single frames and guesses."""
    return [line for line in lines if "~audio." not in line and "~partial" not in line]
