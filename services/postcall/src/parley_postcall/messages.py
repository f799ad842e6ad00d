"""What the workflow and its activities say to each other: names of the activities, one dataclass in, one out.

Imported by both sides and by the starter; imports nothing. These go through Temporal's history, so they hold ids,
paths and counts, never speech. Fields are added with a default and never reused: running workflows outlive a release.
"""

from dataclasses import dataclass, field

WORKFLOW = "Postcall"

STORE_TRANSCRIPT = "store_transcript"
STORE_SUMMARY = "store_summary"
WRITE_NOTE = "write_note"
RATE_CALL = "rate_call"
COMPLETE_NOTE = "complete_note"
WRITE_ROWS = "write_rows"
APPEND_FINISHED = "append_finished"


def workflow_id(tenant: str, call: str) -> str:
    """The one workflow of a call: Temporal refuses a second one by this id."""
    return f"postcall-{tenant}-{call}"


@dataclass(frozen=True, slots=True)
class CallRef:
    tenant: str
    call: str
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Durations in seconds. Part of the input, so a replay uses what the first run was given."""

    settle_s: float = 1.0
    part_s: float = 300.0
    late_rows_s: float = 7 * 86_400.0
    heartbeat_s: float = 10.0
    retry_max_s: float = 30.0


@dataclass(frozen=True, slots=True)
class PostcallInput:
    call: CallRef
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that an activity left in the object store; an empty path: the agent document asks for none."""

    path: str


@dataclass(frozen=True, slots=True)
class NoteWritten:
    note: str  # empty: the agent document asks for none


@dataclass(frozen=True, slots=True)
class CostRated:
    total_micros: int
    per_minute_micros: int
    currency: str
    by_meter: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the parts made. An empty or missing one was not wanted, or `problems` say why, as "part: reason"."""

    call: CallRef
    transcript_path: str = ""
    summary_path: str = ""
    note: str = ""
    cost: CostRated | None = None
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RowsWritten:
    rows: dict[str, int] = field(default_factory=dict)  # per table


@dataclass(frozen=True, slots=True)
class FinishedAppended:
    event: str  # id on the call's log


@dataclass(frozen=True, slots=True)
class PostcallDone:
    event: str
    problems: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
