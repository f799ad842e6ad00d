"""One call's conversation: follows the call's log and acts. Made by `worker` when this process is claimed for a call.

All it knows is the fold of the log, so a worker that takes a call up goes on where the other one stopped. It acts only
once its own claim is on the log, and stops when another worker's claim follows: no turn is answered twice.
"""

import asyncio
import contextlib
import logging
from contextlib import aclosing

from google.protobuf.message import DecodeError
from parley.v1 import events_pb2, live_pb2, session_pb2
from parley_core.bus import subjects
from parley_core.bus.log import follow_log, read_log
from parley_core.bus.port import Bus, Message, Subscription
from parley_core.errors import NotFound, ParleyError
from parley_core.tasks import Tasks

from parley_llm.reply.context import CallContext
from parley_llm.reply.drafts import Drafts
from parley_llm.reply.running import RunningReply

log = logging.getLogger(__name__)

ROLE = "llm"


class LiveConversation:
    """See `parley_core.bus.claims.RoleCall`: opened once, closed once."""

    def __init__(self, bus: Bus, context: CallContext, *, worker: str, resume: bool, tasks: Tasks) -> None:
        self._bus = bus
        self._context = context
        self._memory = context.memory
        self._worker = worker
        self._resume = resume
        self._tasks = tasks
        self._history: set[str] = set()
        self._acting = False
        self._stopped = False
        self._mine_seen = asyncio.Event()
        self._listener_seen = asyncio.Event()  # the call's tts is there to be spoken to
        self._running = RunningReply(context, tasks)
        self._drafts = Drafts(bus, context, tasks, is_open=self._may_draft)
        self._subscriptions: list[Subscription] = []

    async def open(self) -> None:
        """Fold what has happened and listen. Raises a ParleyError when the log cannot be read."""
        place = (self._context.tenant, self._context.call)
        self._subscriptions = [
            await self._bus.subscribe(subjects.live_stop(*place), self._on_stop),
            await self._bus.subscribe(subjects.live_draft(*place), self._on_draft),
        ]
        with contextlib.suppress(NotFound):  # claimed before CallStarted was stored
            for event in await read_log(self._bus, self._context.tenant, self._context.call):
                self._history.add(event.id)
                self._memory.apply(event)
        self._see_listener()
        self._tasks.spawn(self._follow(), "follow log")
        self._tasks.spawn(self._begin(), "begin")

    async def close(self, reason: str) -> None:
        """Stop at once. What is unfinished stays so on the log, for the next worker."""
        self._stopped = True
        for subscription in self._subscriptions:
            await subscription.close()
        await self._tasks.close()

    async def _follow(self) -> None:
        async with aclosing(follow_log(self._bus, self._context.tenant, self._context.call)) as events:
            async for event in events:
                if event.id in self._history:
                    continue
                try:
                    committed = self._drafts.settle(event)
                    self._memory.apply(event)
                    if committed is not None:
                        self._running.adopt(committed.output.turn, committed.reply, committed.task)
                    self._on(event)
                except Exception:
                    log.exception("event handler failed", extra={"call": self._context.call, "event": event.id})
                if self._stopped:
                    self._drafts.drop()
                    self._running.cancel(log_it=False)
                    return

    def _on(self, event: events_pb2.Event) -> None:
        match event.WhichOneof("body"):
            case "turn_committed":
                self._answer_newest()
            case "interrupted":
                self._interrupt(event.interrupted.turn)
            case "client_tool_returned":
                self._context.toolbox.client.returned(event.client_tool_returned)
            case "worker_claimed":
                self._on_claim(event.worker_claimed)
            case "call_ended":
                self._stopped = True

    def _on_claim(self, claim: events_pb2.WorkerClaimed) -> None:
        if claim.role == ROLE and claim.worker != self._worker:
            self._stopped = True
        elif claim.role == ROLE:
            self._mine_seen.set()
        self._see_listener()
        if claim.role == "tts" and claim.resume and not claim.handing_over and self._acting:
            self._say_again()

    def _see_listener(self) -> None:
        """The greeting waits for the voice; and for the ears, where they decide which language it is in. A carrier that
        recognises and speaks itself has both."""
        session = self._memory.conversation.session
        needed = {"tts", "asr"} if len(self._context.agent.tags) > 1 else {"tts"}
        if session is not None and session.audio.encoding == session_pb2.AUDIO_ENCODING_TEXT:
            needed = set()
        if needed <= set(self._memory.conversation.workers):
            self._listener_seen.set()

    async def _on_stop(self, message: Message) -> None:
        try:
            stop = live_pb2.Stop.FromString(message.data)
        except DecodeError:
            log.warning("invalid stop message", extra={"call": self._context.call})
            return
        if not stop.draft:
            self._interrupt(stop.turn)
            return
        self._drafts.stop(stop.draft)

    async def _on_draft(self, message: Message) -> None:
        try:
            asked = live_pb2.Draft.FromString(message.data)
        except DecodeError:
            log.warning("invalid draft message", extra={"call": self._context.call})
            return
        self._drafts.begin(asked)

    def _may_draft(self, turn: int) -> bool:
        return self._acting and not self._stopped and turn > max(self._memory.newest_turn, self._running.turn)

    # -- taking the call up ------------------------------------------------------------------------------------------

    async def _begin(self) -> None:
        """Act from the own claim on; what happened before it is answered here."""
        tuning = self._context.tuning
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(tuning.claim_seen_s):
                await self._mine_seen.wait()
        if self._stopped:
            return
        if self._memory.newest_turn == 0 and not self._resume:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(tuning.listener_s):
                    await self._listener_seen.wait()
        self._acting = True
        if self._resume:
            self._say_again()
        self._answer_newest()
        try:
            await self._context.toolbox.settle_pending(self._memory.newest_turn)
        except ParleyError as error:
            log.warning(
                "pending tool calls not settled", extra={"call": self._context.call, "error": type(error).__name__}
            )

    def _say_again(self) -> None:
        """A speech worker or a conversation was lost: say what was not heard of the newest reply."""
        number = self._memory.newest_turn
        turn = self._memory.turn(number)
        if turn.interrupted:
            return
        take = self._memory.resumes(self._worker if self._resume else "")
        for sentence in self._memory.unheard(number):
            self._context.output.again(number, sentence, take)
        if turn.replied is not None and turn.sentences:
            self._context.output.end(number, turn.replied.then)

    # -- replies -----------------------------------------------------------------------------------------------------

    def _answer_newest(self) -> None:
        number = self._memory.newest_turn
        turn = self._memory.turn(number)
        owed = turn.committed or (number == 0 and self._context.agent.first_speaker == "agent")
        if not self._acting or self._stopped or not owed or turn.replied is not None or turn.interrupted:
            return
        # Of a draft that a lost worker had made something may be playing that never came to the log.
        take = (
            self._memory.resumes(self._worker) if self._resume and turn.draft and not self._memory.told(number) else 0
        )
        if self._running.busy:
            if self._running.turn >= number:
                return
            self._running.cancel(log_it=True)
        self._running.begin(number, take=take)

    def _interrupt(self, turn: int) -> None:
        self._drafts.take_turn(turn)
        if self._running.turn <= turn:
            self._running.cancel(log_it=True)
