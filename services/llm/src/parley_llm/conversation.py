"""One call's conversation: follows the call's log and acts. Made by `worker` when this process is claimed for a call.

All it knows is the fold of the log, so a worker that takes a call up goes on where the other one stopped. It acts only
once its own claim is on the log, and stops when another worker's claim follows: no turn is answered twice.
"""

import asyncio
import contextlib
import logging
from contextlib import aclosing
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from parley.v1 import events_pb2, live_pb2, session_pb2
from parley_core import telemetry
from parley_core.bus import subjects
from parley_core.bus.log import follow_log, read_log
from parley_core.bus.port import Bus, Message, Subscription
from parley_core.errors import NotFound, ParleyError
from parley_core.tasks import Tasks

from parley_llm.draft_output import DraftOutput
from parley_llm.reply import Parts, Reply

log = logging.getLogger(__name__)

ROLE = "llm"
READ_AFTER_S = 0.01  # what a draft builds on and is not here by then is read from the stream


# What the next turn's model is told may change with these.
_CHANGES_HISTORY = ("spoken", "interrupted", "tool_returned")


@dataclass(frozen=True, slots=True)
class _Drafted:
    """A draft on its way."""

    output: DraftOutput
    reply: Reply
    task: asyncio.Task[None]


class LiveConversation:
    """See `parley_core.bus.claims.RoleCall`: opened once, closed once."""

    def __init__(self, bus: Bus, parts: Parts, *, worker: str, resume: bool, tasks: Tasks) -> None:
        self._bus = bus
        self._parts = parts
        self._memory = parts.memory
        self._worker = worker
        self._resume = resume
        self._tasks = tasks
        self._history: set[str] = set()
        self._acting = False
        self._stopped = False
        self._mine_seen = asyncio.Event()
        self._listener_seen = asyncio.Event()  # the call's tts is there to be spoken to
        self._reply: Reply | None = None
        self._reply_task: asyncio.Task[None] | None = None
        self._reply_turn = -1
        self._draft: _Drafted | None = None
        self._draft_fence = 0  # drafts up to this number are over
        self._subscriptions: list[Subscription] = []

    async def open(self) -> None:
        """Fold what has happened and listen. Raises a ParleyError when the log cannot be read."""
        place = (self._parts.tenant, self._parts.call)
        self._subscriptions = [
            await self._bus.subscribe(subjects.live_stop(*place), self._on_stop),
            await self._bus.subscribe(subjects.live_draft(*place), self._on_draft),
        ]
        with contextlib.suppress(NotFound):  # claimed before CallStarted was stored
            for event in await read_log(self._bus, self._parts.tenant, self._parts.call):
                self._history.add(event.id)
                self._memory.apply(event)
        self._see_listener()
        self._tasks.spawn(self._follow(), "follow log")
        self._tasks.spawn(self._begin(), "begin")

    async def close(self, reason: str) -> None:
        """Stop at once. What is unfinished stays so on the log, for whoever takes the call up."""
        self._stopped = True
        for subscription in self._subscriptions:
            await subscription.close()
        await self._tasks.close()

    async def _follow(self) -> None:
        async with aclosing(follow_log(self._bus, self._parts.tenant, self._parts.call)) as events:
            async for event in events:
                if event.id in self._history:
                    continue
                try:
                    committed = self._settle_draft(event)
                    self._memory.apply(event)
                    if committed is not None:
                        self._adopt(committed)
                    self._on(event)
                except Exception:
                    log.exception("event not handled", extra={"call": self._parts.call, "event": event.id})
                if self._stopped:
                    self._drop_draft()
                    self._cancel_reply(log_it=False)
                    return

    def _on(self, event: events_pb2.Event) -> None:
        match event.WhichOneof("body"):
            case "turn_committed":
                self._answer_newest()
            case "interrupted":
                self._interrupt(event.interrupted.turn)
            case "client_tool_returned":
                self._parts.toolbox.client.returned(event.client_tool_returned)
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
        if claim.role == "tts" and claim.resume and self._acting:
            self._say_again()

    def _see_listener(self) -> None:
        """The greeting waits for the voice; and for the ears, where they decide which language it is in. A carrier that
        recognises and speaks itself has both."""
        session = self._memory.conversation.session
        needed = {"tts", "asr"} if len(self._parts.agent.tags) > 1 else {"tts"}
        if session is not None and session.audio.encoding == session_pb2.AUDIO_ENCODING_TEXT:
            needed = set()
        if needed <= set(self._memory.conversation.workers):
            self._listener_seen.set()

    async def _on_stop(self, message: Message) -> None:
        try:
            stop = live_pb2.Stop.FromString(message.data)
        except DecodeError:
            log.warning("stop not understood", extra={"call": self._parts.call})
            return
        if not stop.draft:
            self._interrupt(stop.turn)
            return
        self._draft_fence = max(self._draft_fence, stop.draft)
        if self._draft is not None and self._draft.output.draft <= self._draft_fence:
            self._drop_draft()

    # -- drafts ------------------------------------------------------------------------------------------------------

    async def _on_draft(self, message: Message) -> None:
        try:
            asked = live_pb2.Draft.FromString(message.data)
        except DecodeError:
            log.warning("draft not understood", extra={"call": self._parts.call})
            return
        if not self._acting or self._stopped or asked.draft <= self._draft_fence:
            return
        if asked.turn <= max(self._memory.newest_turn, self._reply_turn):
            return  # the turn was committed meanwhile
        self._draft_fence = asked.draft - 1
        self._drop_draft()
        if self._memory.knows(asked):
            self._start_draft(asked)
        else:
            self._tasks.spawn(self._start_informed(asked), f"read before draft {asked.turn}.{asked.draft}")

    async def _start_informed(self, asked: live_pb2.Draft) -> None:
        """Begin a draft whose call has gone further than this worker was told: the stream tells the rest."""
        await asyncio.sleep(READ_AFTER_S)  # mostly it is only on its way
        if not self._memory.knows(asked):
            with contextlib.suppress(ParleyError):
                for event in await read_log(self._bus, self._parts.tenant, self._parts.call):
                    if event.source == asked.log_source and event.seq <= asked.log_seq:
                        self._memory.apply(event)
        over = self._stopped or asked.draft <= self._draft_fence or self._draft is not None
        if not over and asked.turn > max(self._memory.newest_turn, self._reply_turn):
            self._start_draft(asked)

    def _start_draft(self, asked: live_pb2.Draft) -> None:
        output = DraftOutput(self._parts.output, self._memory, asked)
        reply = Reply(self._parts, asked.turn, output)
        running = self._tasks.spawn(self._run(reply, asked.turn), f"draft {asked.turn}.{asked.draft}")
        self._draft = _Drafted(output, reply, running)

    def _settle_draft(self, event: events_pb2.Event) -> "_Drafted | None":
        """Before an event is folded in: what it means for the draft. Returns the draft that it makes real."""
        draft = self._draft
        if draft is None or event.id in self._memory.conversation.seen:
            return None
        kind = event.WhichOneof("body")
        if kind == "turn_committed" and event.turn_committed.turn >= draft.output.turn:
            body = event.turn_committed
            same = (body.turn, body.draft, body.text) == (draft.output.turn, draft.output.draft, draft.output.text)
            if not same or draft.reply.broken:
                self._drop_draft()
                return None
            self._draft = None
            draft.output.forget()
            return draft
        if kind in ("sentence_said", "interrupted") and getattr(event, kind).turn >= draft.output.turn:
            self._drop_draft()  # the platform itself has taken the turn
        elif kind in _CHANGES_HISTORY and not draft.output.has_spoken:
            # The draft was begun before the log told what the caller had heard: it is begun anew.
            draft.output.forget()
            draft.task.cancel()
            self._start_draft(draft.output.asked)
        return None

    def _adopt(self, draft: "_Drafted") -> None:
        """The draft's turn is committed: it is the reply."""
        self._cancel_reply(log_it=True)
        self._reply, self._reply_task, self._reply_turn = draft.reply, draft.task, draft.output.turn
        draft.reply.committed()

    def _drop_draft(self) -> None:
        draft, self._draft = self._draft, None
        if draft is None:
            return
        draft.task.cancel()
        draft.reply.dropped()

    # -- taking the call up ------------------------------------------------------------------------------------------

    async def _begin(self) -> None:
        """Act from the own claim on; what happened before it is answered here."""
        settings = self._parts.settings
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(settings.claim_seen_s):
                await self._mine_seen.wait()
        if self._stopped:
            return
        if self._memory.newest_turn == 0 and not self._resume:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(settings.listener_s):
                    await self._listener_seen.wait()
        self._acting = True
        if self._resume:
            self._say_again()
        self._answer_newest()
        try:
            await self._parts.toolbox.settle_pending(self._memory.newest_turn)
        except ParleyError as error:
            log.warning("pending tools not settled", extra={"call": self._parts.call, "error": type(error).__name__})

    def _say_again(self) -> None:
        """A speech worker or a conversation was lost: say what was not heard of the newest reply."""
        number = self._memory.newest_turn
        turn = self._memory.turn(number)
        if turn.interrupted:
            return
        take = self._memory.resumes(self._worker if self._resume else "")
        for sentence in self._memory.unheard(number):
            self._parts.output.again(number, sentence, take)
        if turn.replied is not None and turn.sentences:
            self._parts.output.end(number, turn.replied.then)

    # -- replies -----------------------------------------------------------------------------------------------------

    def _answer_newest(self) -> None:
        number = self._memory.newest_turn
        turn = self._memory.turn(number)
        owed = turn.committed or (number == 0 and self._parts.agent.first_speaker == "agent")
        if not self._acting or self._stopped or not owed or turn.replied is not None or turn.interrupted:
            return
        # Of a draft that a lost worker had made something may be playing that never came to the log.
        take = (
            self._memory.resumes(self._worker) if self._resume and turn.draft and not self._memory.told(number) else 0
        )
        if self._reply_task is not None and not self._reply_task.done():
            if self._reply_turn >= number:
                return
            self._cancel_reply(log_it=True)
        self._reply_turn = number
        self._reply = Reply(self._parts, number, take=take)
        self._reply_task = self._tasks.spawn(self._run(self._reply, number), f"reply {number}")

    async def _run(self, reply: Reply, number: int) -> None:
        with telemetry.span(
            "reply", attributes={"parley.call": self._parts.call, "parley.turn": number}, parent=self._parts.traceparent
        ):
            await reply.run()

    def _interrupt(self, turn: int) -> None:
        if self._draft is not None and self._draft.output.turn <= turn:
            self._drop_draft()
        if self._reply_turn <= turn:
            self._cancel_reply(log_it=True)

    def _cancel_reply(self, *, log_it: bool) -> None:
        task, reply = self._reply_task, self._reply
        if task is None or reply is None or task.done():
            return
        # Cancelling takes effect at the loop's next turn; a reply that is silent from here on says nothing after it.
        task.cancel()
        self._reply_task = self._reply = None
        if log_it:
            reply.cancelled()
