"""Who serves a call: workers answer claims and beat; the gateway claims, listens for beats and claims again.

`ClaimedWorker` runs in asr, llm and tts; `Claims` runs in the gateway. A call's role is held by one worker at a time.
"""

import asyncio
import logging
import resource
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from google.protobuf.message import DecodeError
from parley.v1 import events_pb2, live_pb2

from parley_core import clock, telemetry
from parley_core.bus import subjects
from parley_core.bus.log import decode
from parley_core.bus.port import Bus, Message, Subscription
from parley_core.errors import LimitReached, ParleyError, TimedOut, Unavailable
from parley_core.tasks import Tasks

log = logging.getLogger(__name__)

BEAT_S = 0.5
SILENT_S = 1.5  # a worker is lost when no beat came for so long
GATEWAY_SILENT_S = 30.0  # a gateway's caller may come back through another gateway until then
CHECK_S = 0.25
REFUSALS_TRIED = 3
READS_TRIED = 5


class RoleCall(Protocol):
    """One role in one call, as the worker holds it."""

    async def close(self, reason: str) -> None:
        """End the work and give back what it holds. Called once."""
        ...


OpenCall = Callable[[live_pb2.Claim], Awaitable[RoleCall]]


def heartbeat(worker: str, role: str, *, calls: int, capacity: int, draining: bool, cpu: float) -> live_pb2.Heartbeat:
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return live_pb2.Heartbeat(
        worker=worker, role=role, calls=calls, capacity=capacity, draining=draining, cpu=cpu, rss_bytes=rss
    )


class Beating:
    """Publishes `worker.<role>.<worker>` every 500 ms."""

    def __init__(
        self,
        bus: Bus,
        role: str,
        worker: str,
        capacity: int,
        calls: Callable[[], int],
        loads: Callable[[], Sequence[live_pb2.Load]] = tuple,
    ) -> None:
        """`loads`: what of each limit is used, for gateways."""
        self._loads = loads
        self._bus = bus
        self._role = role
        self._worker = worker
        self._capacity = capacity
        self._calls = calls
        self._cpu = (time.monotonic(), time.process_time())
        self.draining = False

    async def run(self) -> None:
        while True:
            self.beat()
            await asyncio.sleep(BEAT_S)

    def beat(self) -> None:
        now, used = time.monotonic(), time.process_time()
        share = (used - self._cpu[1]) / max(now - self._cpu[0], 1e-6)
        self._cpu = (now, used)
        beat = heartbeat(
            self._worker,
            self._role,
            calls=self._calls(),
            capacity=self._capacity,
            draining=self.draining,
            cpu=share,
        )
        beat.loads.extend(self._loads())
        self._bus.post(subjects.worker(self._role, self._worker), beat.SerializeToString())


@dataclass(slots=True)
class _Held:
    role_call: RoleCall
    gateway: str
    subscriptions: list[Subscription] = field(default_factory=list)


class ClaimedWorker:
    """Answers claims of one role while it has room, and closes calls that ended, moved on or lost their gateway."""

    def __init__(self, bus: Bus, role: str, worker_id: str, capacity: int, open_call: OpenCall) -> None:
        self._bus = bus
        self._role = role
        self._id = worker_id
        self._capacity = capacity
        self._open_call = open_call
        self._held: dict[tuple[str, str], _Held] = {}
        self._opening = 0
        self._claims: Subscription | None = None
        self._gateways: dict[str, float] = {}
        self._watch: Subscription | None = None
        self._tasks = Tasks(f"{role} worker")
        self._beating = Beating(bus, role, worker_id, capacity, lambda: len(self._held))
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def calls(self) -> int:
        return len(self._held)

    async def start(self) -> None:
        self._watch = await self._bus.subscribe(subjects.worker("gateway", "*"), self._gateway_beat)
        self._tasks.spawn(self._beating.run(), "beat")
        self._tasks.spawn(self._check_gateways(), "check gateways")
        await self._listen_while_room()

    async def drain(self, timeout_s: float) -> None:
        """Take no more calls, tell the gateways, and wait until they have moved the calls elsewhere."""
        self._beating.draining = True
        await self._listen_while_room()
        self._beating.beat()
        try:
            await asyncio.wait_for(self._empty.wait(), timeout_s)
        except TimeoutError:
            log.warning("drain timed out", extra={"calls": len(self._held)})

    async def stop(self) -> None:
        self._beating.draining = True
        await self._listen_while_room()
        for key in list(self._held):
            await self._close(key, "worker stops")
        if self._watch is not None:
            await self._watch.close()
        await self._tasks.close()

    async def _listen_while_room(self) -> None:
        # A worker without room leaves the queue group: "nobody listens" is how the gateway learns that nobody is free.
        room = not self._beating.draining and len(self._held) + self._opening < self._capacity
        if room and self._claims is None:
            self._claims = await self._bus.subscribe(subjects.claim(self._role), self._claimed, queue=self._role)
        elif not room and self._claims is not None:
            closing, self._claims = self._claims, None
            await closing.close()

    async def _claimed(self, message: Message) -> None:
        # Opening may take a while (an agent's language model); the next claim must not wait behind it.
        self._tasks.spawn(self._answer(message), "open call")

    async def _answer(self, message: Message) -> None:
        try:
            claim = live_pb2.Claim.FromString(message.data)
        except DecodeError:
            await message.respond(live_pb2.Claimed(worker=self._id, refused="not a claim").SerializeToString())
            return
        refused = await self._take(claim, (message.headers or {}).get("traceparent", ""))
        await message.respond(live_pb2.Claimed(worker=self._id, refused=refused).SerializeToString())

    async def _take(self, claim: live_pb2.Claim, traceparent: str) -> str:
        """Open the call; return why not, or ""."""
        if len(self._held) + self._opening >= self._capacity or self._beating.draining:
            return "no room"
        key = (claim.tenant, claim.call)
        if key in self._held:
            await self._close(key, "claimed again")
        self._opening += 1
        try:
            with telemetry.span(f"open {self._role}", parent=traceparent, attributes={"parley.call": claim.call}):
                role_call = await self._open_call(claim)
        except ParleyError as error:
            log.warning("claim refused", extra={"call": claim.call, "error": type(error).__name__})
            return f"{type(error).__name__}: {error}"
        except Exception as error:
            log.exception("claim failed", extra={"call": claim.call})
            return type(error).__name__
        finally:
            self._opening -= 1
        held = _Held(role_call, claim.gateway)
        self._held[key] = held
        self._gateways.setdefault(claim.gateway, clock.current().monotonic())
        self._empty.clear()

        async def ended(message: Message) -> None:
            await self._close(key, "call ended", in_handler=True)

        async def claimed_elsewhere(message: Message) -> None:
            body = decode(message.data).worker_claimed
            if body.role == self._role and body.worker != self._id:
                await self._close(key, "claimed elsewhere", in_handler=True)

        try:
            for event, handler in ((events_pb2.CallEnded, ended), (events_pb2.WorkerClaimed, claimed_elsewhere)):
                subject = subjects.log(*key, event.DESCRIPTOR.name)
                held.subscriptions.append(await self._bus.subscribe(subject, handler))
        except BaseException:
            # Stopped in the middle: nobody else knows of this call yet.
            if self._held.pop(key, None) is held:
                await role_call.close("not opened")
            for subscription in held.subscriptions:
                await subscription.close()
            raise
        self._tasks.spawn(self._close_if_over(key, held), "over before it was opened")
        await self._listen_while_room()
        return ""

    async def _close_if_over(self, key: tuple[str, str], held: _Held) -> None:
        """A claim may reach a worker after its gateway gave up and ended the call: nobody tells of that end again."""
        subject = subjects.log(*key, events_pb2.CallEnded.DESCRIPTOR.name)
        for _ in range(READS_TRIED):
            try:
                over = await self._bus.read_stored(subject)
            except (TimedOut, Unavailable):
                await asyncio.sleep(BEAT_S)
                continue
            if over and self._held.get(key) is held:
                await self._close(key, "call ended before")
            return

    async def _close(self, key: tuple[str, str], reason: str, *, in_handler: bool = False) -> None:
        """`in_handler`: this runs inside one of the call's own subscriptions, whose closing cancels it."""
        held = self._held.pop(key, None)
        if held is None:
            return
        try:
            await held.role_call.close(reason)
        except Exception:
            log.exception("closing a call failed", extra={"call": key[1], "role": self._role})
        for subscription in held.subscriptions:
            if in_handler:
                self._tasks.spawn(subscription.close(), "close subscription")
            else:
                await subscription.close()
        if not self._held:
            self._empty.set()
        await self._listen_while_room()

    async def _gateway_beat(self, message: Message) -> None:
        beat = live_pb2.Heartbeat.FromString(message.data)
        self._gateways[beat.worker] = clock.current().monotonic()

    async def _check_gateways(self) -> None:
        while True:
            await asyncio.sleep(GATEWAY_SILENT_S / 10)
            now = clock.current().monotonic()
            silent = {gateway for gateway, seen in self._gateways.items() if now - seen > GATEWAY_SILENT_S}
            for key, held in list(self._held.items()):
                if held.gateway in silent:
                    await self._close(key, "gateway silent")
            in_use = {held.gateway for held in self._held.values()}
            self._gateways = {
                name: seen for name, seen in self._gateways.items() if name in in_use or name not in silent
            }


class Claims:
    """The gateway's side: claims workers and says when one that is held stops beating or drains."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._beats: dict[str, float] = {}
        self._holds: dict[str, list[Callable[[str], None]]] = {}
        self._tasks = Tasks("claims")
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        self._subscription = await self._bus.subscribe(subjects.ALL_WORKERS, self._beat)
        self._tasks.spawn(self._check(), "check beats")

    async def stop(self) -> None:
        if self._subscription is not None:
            await self._subscription.close()
        await self._tasks.close()

    async def claim(self, claim: live_pb2.Claim, *, timeout_s: float, traceparent: str = "") -> live_pb2.Claimed:
        """Claim one. Raises LimitReached when nobody is free, Unavailable when those asked refuse or are silent."""
        deadline = clock.current().monotonic() + timeout_s
        why = "nobody answered"
        traceparent = traceparent or telemetry.current_traceparent()
        for _ in range(REFUSALS_TRIED):
            left = deadline - clock.current().monotonic()
            if left <= 0:
                break
            try:
                answer = await self._bus.request(
                    subjects.claim(claim.role),
                    claim.SerializeToString(),
                    timeout_s=left,
                    headers={"traceparent": traceparent} if traceparent else None,
                )
            except Unavailable:
                raise LimitReached(f"role {claim.role}", 0) from None
            except TimedOut:
                break
            claimed = live_pb2.Claimed.FromString(answer)
            if not claimed.refused:
                self._beats[claimed.worker] = clock.current().monotonic()
                return claimed
            why = claimed.refused
        raise Unavailable(f"role {claim.role}", why)

    def hold(self, worker: str, on_lost: Callable[[str], None]) -> Callable[[], None]:
        """Call `on_lost(reason)` once when the worker is lost; returns how to let go of it."""
        self._holds.setdefault(worker, []).append(on_lost)

        def release() -> None:
            listening = self._holds.get(worker, [])
            if on_lost in listening:
                listening.remove(on_lost)
            if not listening:
                self._holds.pop(worker, None)

        return release

    async def _beat(self, message: Message) -> None:
        beat = live_pb2.Heartbeat.FromString(message.data)
        self._beats[beat.worker] = clock.current().monotonic()
        if beat.draining:
            self._lost(beat.worker, "draining")

    async def _check(self) -> None:
        last = clock.current().monotonic()
        while True:
            await asyncio.sleep(CHECK_S)
            now = clock.current().monotonic()
            if now - last > SILENT_S / 2:
                # This process itself was held up: beats wait unread in its socket. Nobody is judged in this round.
                last = now
                continue
            last = now
            for worker in list(self._holds):
                if now - self._beats.get(worker, now) > SILENT_S:
                    self._lost(worker, "silent")
            for worker in [name for name, seen in self._beats.items() if now - seen > 60 and name not in self._holds]:
                del self._beats[worker]

    def _lost(self, worker: str, reason: str) -> None:
        for on_lost in self._holds.pop(worker, []):
            on_lost(reason)
