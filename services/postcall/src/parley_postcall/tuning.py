"""Deadlines of the post-call work that no operator needs to set: constants with their reasons, in one object so that
tests can shorten them."""

from dataclasses import dataclass

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class PostcallTuning:
    # Activities that one worker runs at once: they wait for other services most of the time.
    activities: int = 16
    # After the call's end, for the last events of slower services.
    settle_s: float = 1.0
    # A part (summary, CRM, cost, …) is tried this long; then the work ends without it, and says so.
    part_limit_s: float = 300.0
    # The warehouse is tried a week longer: a weekend without one must lose nothing.
    late_rows_limit_s: float = 7 * DAY_S
    # Longest pause between two attempts of a part: a service that is back is noticed within half a minute.
    part_retry_max_s: float = 30.0
    # Silence after which an activity of a dead worker is given to another.
    heartbeat_s: float = 10.0
    # Temporal accepts a workflow; below the bus's own deadline for the message (30 s).
    start_timeout_s: float = 5.0
    # Longest pause before a call's end is offered to Temporal again.
    retry_delay_max_s: float = 30.0
    # Events of running calls wait this long for others before their rows are stored: one insert per table and second.
    feed_linger_s: float = 1.0
    # A model reads a long call and writes its summary.
    summary_timeout_s: float = 45.0
    billing_timeout_s: float = 15.0
    warehouse_timeout_s: float = 30.0
