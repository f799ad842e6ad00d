"""Who serves a call: workers answer claims and beat; the gateway claims, listens for beats and claims again.

`ClaimedWorker` runs in asr, llm and tts; `Claims` runs in the gateway. A call's role is held by one worker at a time.
"""

import asyncio
import logging
import resource
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from google.protobuf.message import DecodeError
from parley.v1 import events_pb2, live_pb2

from parley_core import clock, telemetry
from parley_core.bus import subjects
from parley_core.bus.beats import Beats
from parley_core.bus.log import decode
from parley_core.bus.occupancy import Occupancy
from parley_core.bus.port import Bus, Message, Subscription
from parley_core.errors import LimitReached, ParleyError, TimedOut, Unavailable
from parley_core.tasks import Tasks

log = logging.getLogger(__name__)

BEAT_S = 0.5
SILENT_S = 1.5  # a worker is lost when no beat came for so long
GATEWAY_SILENT_S = 30.0  # a gateway's caller may come back through another gateway until then
CHECK_S = 0.25
FORGOTTEN_S = 60.0  # a worker that holds nothing here and has not beaten for so long
REFUSALS_TRIED = 3
ASK_AGAIN_S = 0.75  # a worker that does not answer in so long may be frozen: another one is asked beside it
READS_TRIED = 5
RECHECK_S = 10.0  # how often a worker reads whether its calls are still its own


class WorkerSession(Protocol):
    """One role in one call, as the worker holds it."""

    async def close(self, reason: str) -> None:
        """End the work and give back what it holds. Called once."""
        ...


@runtime_checkable
class KnowsLanguages(Protocol):
    """A worker session that reports which of the agent's languages it supports."""

    @property
    def languages(self) -> Sequence[str]: ...


OpenCall = Callable[[live_pb2.Claim], Awaitable[WorkerSession]]


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
        self._in_use = telemetry.level(f"parley_{role}_in_use", "Calls that this process serves")
        self._room = telemetry.level(f"parley_{role}_capacity", "Calls that it may serve; 0 while it drains")
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
        self._in_use.set(beat.calls)
        self._room.set(0 if self.draining else self._capacity)
        self._bus.post(subjects.worker(self._role, self._worker), beat.SerializeToString())


@dataclass(slots=True)
class _Held:
    worker_session: WorkerSession
    gateway: str
    lost: str  # whom it took over from
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
        """Take no more calls, announce the drain to the gateways, and wait until they have moved the calls."""
        self._beating.draining = True
        await self._listen_while_room()
        self._beating.beat()
        try:
            await asyncio.wait_for(self._empty.wait(), timeout_s)
        except TimeoutError:
            log.warning("drain timeout", extra={"calls": len(self._held)})

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
        held = self._held.get((claim.tenant, claim.call))
        known = (
            held.worker_session.languages
            if held is not None and isinstance(held.worker_session, KnowsLanguages)
            else ()
        )
        answer = live_pb2.Claimed(worker=self._id, refused=refused, languages=() if refused else known)
        await message.respond(answer.SerializeToString())

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
                worker_session = await self._open_call(claim)
        except ParleyError as error:
            log.warning("claim refused", extra={"call": claim.call, "error": type(error).__name__})
            return f"{type(error).__name__}: {error}"
        except Exception as error:
            log.exception("claim failed", extra={"call": claim.call})
            return type(error).__name__
        finally:
            self._opening -= 1
        while key in self._held:
            await self._close(key, "claimed again")  # by a claim that was opened at the same time
        held = _Held(worker_session, claim.gateway, claim.lost)
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
                await worker_session.close("not opened")
            for subscription in held.subscriptions:
                await subscription.close()
            raise
        self._tasks.spawn(self._recheck(key, held), "still its own")
        await self._listen_while_room()
        return ""

    async def _recheck(self, key: tuple[str, str], held: _Held) -> None:
        """Read from the stored log whether the call goes on and is this worker's: what the subscriptions tell may be
        lost, and a claim may be taken after its gateway gave up, or had taken another worker's answer."""
        while self._held.get(key) is held:
            reason = ""
            for _ in range(READS_TRIED):
                try:
                    reason = await self._why_not_its_own(key, held)
                    break
                except (TimedOut, Unavailable):
                    await asyncio.sleep(BEAT_S)
            if reason and self._held.get(key) is held:
                await self._close(key, reason)
                return
            await asyncio.sleep(RECHECK_S)

    async def _why_not_its_own(self, key: tuple[str, str], held: _Held) -> str:
        if await self._bus.read_stored(subjects.log(*key, events_pb2.CallEnded.DESCRIPTOR.name)):
            return "call ended before"
        claims = await self._bus.read_stored(subjects.log(*key, events_pb2.WorkerClaimed.DESCRIPTOR.name))
        told = [decode(data).worker_claimed for _, data in claims]
        newest = next((one.worker for one in reversed(told) if one.role == self._role), "")
        return "" if newest in ("", self._id, held.lost) else "claimed elsewhere before"

    async def _close(self, key: tuple[str, str], reason: str, *, in_handler: bool = False) -> None:
        """`in_handler`: this runs inside one of the call's own subscriptions, whose closing cancels it."""
        held = self._held.pop(key, None)
        if held is None:
            return
        try:
            await held.worker_session.close(reason)
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
            if any(held.gateway in silent for held in self._held.values()) and not await self._bus_works():
                self._gateways = dict.fromkeys(self._gateways, clock.current().monotonic())
                continue
            for key, held in list(self._held.items()):
                if held.gateway in silent:
                    await self._close(key, "gateway silent")
            in_use = {held.gateway for held in self._held.values()}
            self._gateways = {
                name: seen for name, seen in self._gateways.items() if name in in_use or name not in silent
            }

    async def _bus_works(self) -> bool:
        """Whether it is the gateways that are silent, and not the bus."""
        try:
            await self._bus.read_stored(subjects.log("bus", "works", events_pb2.CallEnded.DESCRIPTOR.name))
        except (TimedOut, Unavailable):
            return False
        return True


class Claims:
    """The gateway's side: claims workers and says when one that is held stops beating or drains."""

    def __init__(self, bus: Bus, own: str = "") -> None:
        """`own`: this process's name in its own beats, by which a frozen bus is told from silent workers."""
        self._bus = bus
        self._beats = Beats(own)
        self.occupancy = Occupancy()
        self._holds: dict[str, list[Callable[[str], None]]] = {}
        self._tasks = Tasks("claims")
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        self._subscription = await self._bus.subscribe(subjects.ALL_WORKERS, self._beat)
        self._tasks.spawn(self._check(), "check beats")

    @property
    def frozen(self) -> bool:
        """Whether nothing comes through the bus."""
        return self._beats.frozen(clock.current().monotonic())

    async def stop(self) -> None:
        if self._subscription is not None:
            await self._subscription.close()
        await self._tasks.close()

    async def claim(self, claim: live_pb2.Claim, *, timeout_s: float, traceparent: str = "") -> live_pb2.Claimed:
        """Claim one. Raises LimitReached when no worker is free, Unavailable when those asked refuse or are silent."""
        deadline = clock.current().monotonic() + timeout_s
        traceparent = traceparent or telemetry.current_traceparent()
        why, refusals, nobody = "nobody answered", 0, False
        asked: set[asyncio.Task[bytes]] = set()
        try:
            while (left := deadline - clock.current().monotonic()) > 0 and refusals < REFUSALS_TRIED:
                if not nobody:
                    asked.add(asyncio.create_task(self._ask(claim, left, traceparent), name=f"claim {claim.role}"))
                nobody = False
                await asyncio.wait(asked, timeout=min(left, ASK_AGAIN_S), return_when=asyncio.FIRST_COMPLETED)
                for answered in [one for one in asked if one.done()]:
                    asked.discard(answered)
                    try:
                        claimed = live_pb2.Claimed.FromString(answered.result())
                    except Unavailable:
                        nobody = True  # besides those that were asked and have not answered; a while later perhaps
                    except TimedOut:
                        continue
                    else:
                        if not claimed.refused:
                            self._beats.heard(claimed.worker, clock.current().monotonic())
                            return claimed
                        why, refusals = claimed.refused, refusals + 1
                if nobody and not asked:
                    if refusals:
                        break
                    raise LimitReached(f"role {claim.role}", 0)
        finally:
            # Whoever answers them after this lets go: another worker's claim is on the log, or the call's end.
            for one in asked:
                one.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        raise Unavailable(f"role {claim.role}", why)

    async def _ask(self, claim: live_pb2.Claim, timeout_s: float, traceparent: str) -> bytes:
        return await self._bus.request(
            subjects.claim(claim.role),
            claim.SerializeToString(),
            timeout_s=timeout_s,
            headers={"traceparent": traceparent} if traceparent else None,
        )

    def hold(self, worker: str, on_lost: Callable[[str], None]) -> Callable[[], None]:
        """Call `on_lost(reason)` once when the worker is lost; returns how to stop watching."""
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
        self._beats.heard(beat.worker, clock.current().monotonic())
        self.occupancy.heard(beat, clock.current().monotonic())
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
                if self._beats.silent_s(worker, now) > SILENT_S:
                    self._lost(worker, "silent")
            for worker in self._beats.names():
                if worker not in self._holds and self._beats.silent_s(worker, now) > FORGOTTEN_S:
                    self._beats.forget(worker)

    def _lost(self, worker: str, reason: str) -> None:
        for on_lost in self._holds.pop(worker, []):
            on_lost(reason)
