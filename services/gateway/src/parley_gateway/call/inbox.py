"""What the bus brings to a call: live messages of its workers, and the events of its log that others write.

Live messages are untrusted input: what cannot be parsed is dropped. `lifecycle` opens and closes it.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Proto
from parley.v1 import events_pb2, live_pb2
from parley_core.bus import subjects
from parley_core.bus.log import decode
from parley_core.bus.port import Message, Subscription

from parley_gateway.call.agent_side import AgentSide
from parley_gateway.call.caller_side import CallerSide
from parley_gateway.call.client_tools import ClientTools
from parley_gateway.call.scope import CallScope
from parley_gateway.call.transfer import Transfer

log = logging.getLogger(__name__)

M = TypeVar("M")


class CallInbox:
    def __init__(
        self, scope: CallScope, caller: CallerSide, agent: AgentSide, client: ClientTools, transfer: Transfer
    ) -> None:
        self._bus = scope.gateway.bus
        self._session = scope.session
        self._caller = caller
        self._sentences = agent.sentences
        self._client = client
        self._transfer = transfer
        self._subscriptions: list[Subscription] = []

    async def open(self) -> None:
        tenant, call = self._session.tenant, self._session.call

        def events(kind: type[Proto]) -> str:
            return subjects.log(tenant, call, kind.DESCRIPTOR.name)

        self._subscriptions += await asyncio.gather(
            self._bus.subscribe(subjects.live_audio_out(tenant, call), self._on_audio),
            self._bus.subscribe(subjects.live_say(tenant, call), self._on_say),
            self._bus.subscribe(subjects.live_partial(tenant, call), self._on_partial),
            self._bus.subscribe(events(events_pb2.Heard), self._on_heard),
            self._bus.subscribe(events(events_pb2.FlowAdvanced), self._on_flow),
            self._bus.subscribe(events(events_pb2.LanguageRefused), self._on_language_refused),
            self._bus.subscribe(events(events_pb2.ToolCalled), self._on_tool_called),
            self._bus.subscribe(events(events_pb2.HandoffRequested), self._on_handoff_requested),
        )

    async def close(self) -> None:
        await asyncio.gather(*(subscription.close() for subscription in self._subscriptions))

    # Live

    async def _on_audio(self, message: Message) -> None:
        audio = _parsed(live_pb2.AudioOut.FromString, message)
        if audio is not None:
            self._sentences.audio(audio)

    async def _on_say(self, message: Message) -> None:
        say = _parsed(live_pb2.Say.FromString, message)
        if say is not None:
            self._sentences.say(say)

    async def _on_partial(self, message: Message) -> None:
        partial = _parsed(live_pb2.Partial.FromString, message)
        if partial is not None:
            self._caller.partial(partial)

    # On the log

    async def _on_heard(self, message: Message) -> None:
        self._caller.heard(decode(message.data).heard)

    async def _on_flow(self, message: Message) -> None:
        self._caller.flow_moved(decode(message.data).flow_advanced)

    async def _on_language_refused(self, message: Message) -> None:
        event = decode(message.data)
        if event.source.startswith("asr/"):
            self._caller.language_refused(event.language_refused)

    async def _on_tool_called(self, message: Message) -> None:
        self._client.called(decode(message.data).tool_called)

    async def _on_handoff_requested(self, message: Message) -> None:
        self._transfer.requested(decode(message.data).handoff_requested)


def _parsed(parse: Callable[[bytes], M], message: Message) -> M | None:
    """None for bytes that are no such message: one bad sender must not end a call."""
    try:
        return parse(message.data)
    except DecodeError:
        log.warning("invalid live message", extra={"subject": message.subject})
        return None
