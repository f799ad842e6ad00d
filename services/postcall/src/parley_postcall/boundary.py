"""What surrounds every activity: a span under the call's trace, heartbeats, and Parley's errors as Temporal's."""

import asyncio
import logging
from typing import Any, Final

from parley_core import telemetry
from parley_core.errors import ParleyError
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from parley_postcall.messages import CallRef, Outcome

log = logging.getLogger(__name__)

BEATS_PER_TIMEOUT: Final = 4


class ActivityBoundary(Interceptor):
    """Heartbeats let Temporal give the activities of a killed worker to another one within seconds."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Inbound(next)


class _Inbound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        call = _call(input.args)
        facts: dict[str, str | int] = {
            "tenant": call.tenant,
            "call": call.call,
            "part": info.activity_type,
            "attempt": info.attempt,
        }
        beating = asyncio.create_task(_beat(info), name=f"heartbeat {info.activity_type}")
        try:
            with telemetry.span(f"postcall {info.activity_type}", parent=call.traceparent, attributes=facts):
                return await self.next.execute_activity(input)
        except ParleyError as error:
            log.warning(
                "post-call step failed", extra={**facts, "error": type(error).__name__, "permanent": error.permanent}
            )
            raise ApplicationError(str(error), type=type(error).__name__, non_retryable=error.permanent) from None
        finally:
            beating.cancel()


async def _beat(info: activity.Info) -> None:
    if info.heartbeat_timeout is None:
        return
    while True:
        activity.heartbeat()
        await asyncio.sleep(info.heartbeat_timeout.total_seconds() / BEATS_PER_TIMEOUT)


def _call(args: Any) -> CallRef:
    given = args[0]
    return given.call if isinstance(given, Outcome) else given
