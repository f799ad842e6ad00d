"""What a call looks like in a terminal: one line per thing that happened, from the events of its log."""

import json
from collections.abc import Iterator

from google.protobuf.json_format import MessageToDict
from parley.v1 import events_pb2
from parley_core.bus.log import body_of, event_name
from rich.text import Text

Event = events_pb2.Event

_PARTS = (
    ("pause", "pause_us"),
    ("final text", "final_text_us"),
    ("model", "model_us"),
    ("sentence", "sentence_us"),
    ("speech", "speech_us"),
    ("bus", "bus_us"),
    ("playout", "playout_us"),
)


def as_json(event: Event) -> str:
    body = body_of(event)
    return json.dumps(
        {
            "event": event_name(event),
            "id": event.id,
            "time_us": event.time_us,
            "source": event.source,
            "traceparent": event.traceparent,
            "body": MessageToDict(body, preserving_proto_field_name=True) if body is not None else {},
        },
        ensure_ascii=False,
    )


def status_word(status: str) -> str:
    """ "TOOL_STATUS_OK" → "ok"."""
    return status.removeprefix("TOOL_STATUS_").replace("_", " ").lower()


def latency(measured: events_pb2.TurnMeasured) -> str:
    """One turn's latency and the parts that add up to it, in milliseconds."""
    parts = " + ".join(
        f"{name} {getattr(measured, field) / 1000:.0f}" for name, field in _PARTS if getattr(measured, field)
    )
    return f"{measured.total_us / 1000:.0f} ms = {parts}"


class CallView:
    """Makes lines of events as they come; `brief` leaves out what only engineers want."""

    def __init__(self, *, brief: bool = True) -> None:
        self._brief = brief
        self._started_us = 0

    def lines(self, event: Event) -> Iterator[Text]:
        if event.HasField("call_started"):
            self._started_us = event.time_us
        name = event_name(event)
        stamp = f"{(event.time_us - self._started_us) / 1e6:7.2f}  " if self._started_us else "         "
        body = body_of(event)
        if isinstance(body, events_pb2.TurnCommitted):
            yield _line(stamp, "caller", body.text, "bold cyan")
        elif isinstance(body, events_pb2.Spoken):
            tail = "" if body.complete else " —"
            yield _line(stamp, "agent", body.text + tail, "bold green")
        elif isinstance(body, events_pb2.TurnMeasured):
            yield _line(stamp, "", f"answered after {latency(body)}", "dim")
        elif isinstance(body, events_pb2.ToolCalled):
            yield _line(stamp, "tool", f"{body.tool} {body.arguments_json}", "magenta")
        elif isinstance(body, events_pb2.ToolReturned):
            yield _line(
                stamp, "tool", f"{body.tool}: {status_word(body.status)} {body.result_json or body.error}", "magenta"
            )
        elif isinstance(body, events_pb2.KnowledgeSearched):
            sources = ", ".join(f"{one.source} › {one.section}" for one in body.citations[:3])
            yield _line(stamp, "found", sources or "nothing", "dim")
        elif isinstance(body, events_pb2.Interrupted):
            yield _line(stamp, "", "the caller interrupted", "yellow")
        elif isinstance(body, events_pb2.WorkerLost):
            yield _line(stamp, "", f"the {body.role} worker was lost ({body.reason})", "red")
        elif isinstance(body, events_pb2.WorkerClaimed) and (body.resume or not self._brief):
            how = "took the call up" if body.resume else "serves the call"
            yield _line(stamp, "", f"{body.worker} {how} as {body.role} after {body.took_ms} ms", "dim")
        elif isinstance(body, events_pb2.CallRefused):
            yield _line(stamp, "", f"refused: {body.reason} {body.detail}", "red")
        elif isinstance(body, events_pb2.HandoffRequested):
            yield _line(stamp, "", f"handed to {body.target}: {body.reason}", "yellow")
        elif isinstance(body, events_pb2.GuardrailTripped):
            yield _line(stamp, "", f"guardrail {body.rule} ({body.side}): {body.action}", "yellow")
        elif isinstance(body, events_pb2.TurnFailed):
            yield _line(stamp, "", f"turn {body.turn} failed in {body.stage} ({body.error}): {body.action}", "red")
        elif isinstance(body, events_pb2.CallEnded):
            yield _line(stamp, "", f"ended: {body.reason} after {body.duration_ms / 1000:.1f} s", "bold")
        elif not self._brief and body is not None:
            values = MessageToDict(body, preserving_proto_field_name=True)
            yield _line(stamp, name, json.dumps(values, ensure_ascii=False), "dim")


def _line(stamp: str, who: str, text: str, style: str) -> Text:
    line = Text()
    line.append(stamp, "dim")
    line.append(f"{who:<8}", style)
    line.append(text, style if style in ("dim", "red", "yellow", "magenta") else "")
    return line
