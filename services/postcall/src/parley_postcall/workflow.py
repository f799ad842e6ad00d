"""The work after one call, as a Temporal workflow. Orders the parts; all I/O is in the activities it names.

Every part is retried until its limit; then it alone is abandoned: the others go on, and the problem is named on the
call's log and in the warehouse. The warehouse gets its rows even when it comes back days later.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from parley_postcall import messages
from parley_postcall.messages import (
    CallRef,
    CostRated,
    FinishedAppended,
    Limits,
    NoteWritten,
    Outcome,
    PostcallDone,
    PostcallInput,
    RowsWritten,
    Stored,
)

_T = TypeVar("_T")

ATTEMPT = timedelta(seconds=90)  # one attempt of any activity, whatever deadlines it keeps inside
FIRST_RETRY = timedelta(seconds=1)


@workflow.defn(name=messages.WORKFLOW)
class PostcallWorkflow:
    def __init__(self) -> None:
        self._limits = Limits()
        self._problems: list[str] = []

    @workflow.run
    async def run(self, given: PostcallInput) -> PostcallDone:
        self._limits = limits = given.limits
        call = given.call
        if limits.settle_s > 0:
            await workflow.sleep(limits.settle_s)

        outcome = await self._make_parts(call)
        rows = await self._part("warehouse", self._run(messages.WRITE_ROWS, outcome, RowsWritten, limits.part_s))
        outcome = replace(outcome, problems=sorted(self._problems))
        # Without a limit: a call whose end is known is never left unfinished on its log.
        finished = await self._run(messages.APPEND_FINISHED, outcome, FinishedAppended, None)
        if rows is None:
            rows = await self._run(messages.WRITE_ROWS, outcome, RowsWritten, limits.late_rows_s)
        return PostcallDone(finished.event, outcome.problems, rows.rows)

    async def _make_parts(self, call: CallRef) -> Outcome:
        limit = self._limits.part_s
        transcript, summary, note, cost = await asyncio.gather(
            self._part("transcript", self._run(messages.STORE_TRANSCRIPT, call, Stored, limit)),
            self._part("summary", self._run(messages.STORE_SUMMARY, call, Stored, limit)),
            self._part("crm", self._run(messages.WRITE_NOTE, call, NoteWritten, limit)),
            self._part("cost", self._run(messages.RATE_CALL, call, CostRated, limit)),
        )
        outcome = Outcome(
            call,
            transcript_path=transcript.path if transcript else "",
            summary_path=summary.path if summary else "",
            note=note.note if note else "",
            cost=cost,
        )
        if outcome.note:
            await self._part("crm", self._run(messages.COMPLETE_NOTE, outcome, NoteWritten, limit))
        return replace(outcome, problems=sorted(self._problems))

    async def _part(self, name: str, work: Awaitable[_T]) -> _T | None:
        """Wait for the part; an abandoned one is noted and returns None."""
        try:
            return await work
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self._problems.append(f"{name}: {_reason(error)}")
            return None

    async def _run(self, activity: str, given: object, gives: type[_T], limit_s: float | None) -> _T:
        result: _T = await workflow.execute_activity(
            activity,
            given,
            result_type=gives,
            start_to_close_timeout=ATTEMPT,
            schedule_to_close_timeout=timedelta(seconds=limit_s) if limit_s is not None else None,
            heartbeat_timeout=timedelta(seconds=self._limits.heartbeat_s),
            retry_policy=RetryPolicy(
                initial_interval=FIRST_RETRY,
                backoff_coefficient=2.0,
                maximum_interval=timedelta(seconds=max(self._limits.retry_max_s, FIRST_RETRY.total_seconds())),
            ),
        )
        return result


def _reason(error: BaseException) -> str:
    """The class of the failure that ended the last attempt; never its text, which may hold what was said."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ApplicationError) and cause.type:
            return cause.type
        cause = cause.__cause__
    return "TimedOut"
