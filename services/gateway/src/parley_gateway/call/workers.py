"""The workers that serve one call: claims one per role, watches over them, claims another when one is lost.

`call` owns it. A role's replacement is taken up in a fixed order: `WorkerLost` on the log, a new claim, what
`worker_ready` does to hand over (replaying audio, letting the line fall silent), `WorkerClaimed` on the log. Where
handing over takes its time, the log has the claim before it as well, marked so.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from parley.v1 import events_pb2, live_pb2
from parley_core.bus.claims import Claims
from parley_core.bus.log import CallLog
from parley_core.errors import LimitReached, ParleyError, TimedOut, Unavailable
from parley_core.tasks import Tasks

log = logging.getLogger(__name__)

ROLES = ("asr", "llm", "tts")
_AGAIN_S = 0.15  # between claims while nobody is free


class WorkerListener(Protocol):
    def worker_lost(self, role: str) -> None: ...

    def worker_claimed(self, role: str, claimed: live_pb2.Claimed) -> None:
        """A worker has taken the role; `WorkerClaimed` comes after this."""
        ...

    def hands_over(self, role: str) -> bool:
        """Whether `worker_ready` will wait: the caller still hears what the lost worker left."""
        ...

    async def worker_ready(self, role: str) -> None:
        """A replacement is there; hand over to it. `WorkerClaimed` is logged when this returns."""
        ...

    def worker_replaced(self, role: str) -> None: ...

    def worker_missing(self, role: str) -> None:
        """Nobody could be found in time."""
        ...

    def fence(self) -> int:
        """The oldest turn that may still be heard."""
        ...


class NobodyFree(Exception):
    def __init__(self, role: str, why: str) -> None:
        super().__init__(f"nobody is free for {role}: {why}")
        self.role = role
        self.why = why


@dataclass(slots=True)
class _Held:
    worker: str
    release: Callable[[], None]


class CallWorkers:
    def __init__(
        self,
        claims: Claims,
        call_log: CallLog,
        claim: live_pb2.Claim,
        listener: WorkerListener,
        tasks: Tasks,
        *,
        wait_s: float,
        resume_wait_s: float,
        roles: Sequence[str] = ROLES,
        before: Mapping[str, str] | None = None,
    ) -> None:
        """`claim` names the call; `wait_s` and `resume_wait_s` bound the search at the start and for a replacement.
        `before`: who held the roles for another gateway."""
        self._before = dict(before or {})
        self._workers = roles
        self._claims = claims
        self._log = call_log
        self._claim = claim
        self._listener = listener
        self._tasks = tasks
        self._wait_s = wait_s
        self._resume_wait_s = resume_wait_s
        self._held: dict[str, _Held] = {}
        self._closed = False

    def worker(self, role: str) -> str:
        held = self._held.get(role)
        return held.worker if held else ""

    async def start(self, roles: Sequence[str] = ROLES, *, resume: bool = False) -> None:
        """Claim these roles at once. Raises NobodyFree for the first that cannot be had."""
        missing: list[BaseException] = []
        try:
            async with asyncio.TaskGroup() as claiming:
                for role in (one for one in roles if one in self._workers):
                    claiming.create_task(self._claim_first(role, resume=resume), name=f"claim {role}")
        except* NobodyFree as group:
            missing += group.exceptions
        # One is enough to say no. It is raised out here: what is raised inside `except*` comes out as a group.
        if missing:
            raise missing[0]

    def stalled(self, role: str) -> None:
        """Take a worker as lost that beats but does not deliver."""
        self._lost(role, self.worker(role), "stalled")

    def in_language(self, language: str) -> None:
        """Workers that are claimed from now on begin in this language."""
        self._claim.language = language

    def close(self) -> None:
        self._closed = True
        for held in self._held.values():
            held.release()
        self._held.clear()

    async def _claim_first(self, role: str, *, resume: bool) -> None:
        lost = self._before.get(role, "")
        claimed, took_s = await self._search(role, resume=resume, lost=lost, wait_s=self._wait_s)
        self._hold(role, claimed.worker)
        self._listener.worker_claimed(role, claimed)
        self._append_claimed(role, claimed.worker, took_s, resume=resume)

    def _hold(self, role: str, worker: str) -> _Held:
        def lost(reason: str) -> None:
            self._lost(role, worker, reason)

        held = self._held[role] = _Held(worker, self._claims.hold(worker, lost))
        return held

    def _lost(self, role: str, worker: str, reason: str) -> None:
        held = self._held.get(role)
        if self._closed or held is None or held.worker != worker:
            return  # a replacement is on its way, or there already
        del self._held[role]
        held.release()
        log.warning("worker lost", extra={"role": role, "lost": worker, "reason": reason, "call": self._log.call})
        self._log.append(events_pb2.WorkerLost(role=role, worker=worker, reason=reason))
        self._listener.worker_lost(role)
        self._tasks.spawn(self._replace(role, worker), f"replace {role}")

    async def _replace(self, role: str, lost: str) -> None:
        try:
            claimed, took_s = await self._search(role, resume=True, lost=lost, wait_s=self._resume_wait_s)
        except NobodyFree:
            self._listener.worker_missing(role)
            return
        if self._closed:
            return
        held = self._hold(role, claimed.worker)
        self._listener.worker_claimed(role, claimed)
        if self._listener.hands_over(role):
            self._append_claimed(role, claimed.worker, took_s, resume=True, handing_over=True)
        await self._listener.worker_ready(role)
        if self._held.get(role) is not held:
            return  # lost as well meanwhile, or the call is over
        self._append_claimed(role, claimed.worker, took_s, resume=True)
        self._listener.worker_replaced(role)

    async def _search(self, role: str, *, resume: bool, lost: str, wait_s: float) -> tuple[live_pb2.Claimed, float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        claim = live_pb2.Claim()
        claim.CopyFrom(self._claim)
        claim.role, claim.resume, claim.lost = role, resume, lost
        why = ""
        while (left := began + wait_s - loop.time()) > 0:
            claim.fence = self._listener.fence()
            try:
                claimed = await self._claims.claim(claim, timeout_s=left, traceparent=self._log.traceparent)
                return claimed, loop.time() - began
            except LimitReached:
                why = "all are taken"
            except (Unavailable, TimedOut) as error:
                why = str(error)
                if resume and self._claims.frozen:
                    began = loop.time()  # nobody could have answered: the search begins when the bus works again
            except ParleyError as error:
                raise NobodyFree(role, str(error)) from error
            await asyncio.sleep(min(_AGAIN_S, max(0.0, began + wait_s - loop.time())))
        raise NobodyFree(role, why or "nobody answered")

    def _append_claimed(
        self, role: str, worker: str, took_s: float, *, resume: bool, handing_over: bool = False
    ) -> None:
        took_ms = round(took_s * 1000)
        self._log.append(
            events_pb2.WorkerClaimed(
                role=role, worker=worker, resume=resume, took_ms=took_ms, handing_over=handing_over
            )
        )
