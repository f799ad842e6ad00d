"""The ConversationRelay channel: for carriers that recognise and speak themselves (Twilio, Telnyx). Only text comes
here.

The carrier connects to `/relay`, and its `setup` message shows the token that the call's document gave it as the
parameter `token`. Each sentence goes out as soon as it is made; `text_playout` follows what was heard. Turns are the
carrier's prompts; its `interrupt` is the barge-in.
"""

import json
import logging
import time
from collections.abc import Mapping

from parley.v1 import session_pb2
from parley_core.errors import BadInput, NotAllowed
from parley_core.reasons import EndReason, Reason, RefusalReason
from picows import WSFrame

from parley_gateway.admission.clients import number_of
from parley_gateway.admission.faults import ClientFault
from parley_gateway.call_events import AgentSentence, CallEvent, CallFailed, LanguageChanged, Ready, Refusal
from parley_gateway.caller import Caller
from parley_gateway.channels.base import Accept, Channel, ChannelContext, Upgrade
from parley_gateway.channels.connection import Connection
from parley_gateway.channels.ignored import IgnoredMessages
from parley_gateway.channels.relay.handoff import KEPT, Handoffs
from parley_gateway.channels.relay.protocol import (
    MAX_MESSAGE,
    MAX_PROMPT,
    AgentSilent,
    Cut,
    OtherMessage,
    Played,
    Prompt,
    RelayDtmf,
    RelayError,
    RelayMessage,
    Setup,
    end_message,
    language_message,
    parse_message,
    text_message,
)

log = logging.getLogger(__name__)

PATH = "/relay"
_MAX_SUMMARY = 2000
_MAX_PROBLEMS = 5
_MAX_EARLY = 50  # messages that came before the call stood
_PING_S = 3.0  # a carrier says nothing while its caller is silent; its pong says that it is there


class RelayChannel(Channel):
    name = "relay"

    def __init__(self, context: ChannelContext) -> None:
        self._context = context

    def websockets(self) -> Mapping[str, Accept]:
        return {PATH: self._accept}

    def _accept(self, upgrade: Upgrade) -> "RelayConnection":
        return RelayConnection(self._context, upgrade)


class RelayConnection(Connection):
    def __init__(self, context: ChannelContext, upgrade: Upgrade) -> None:
        super().__init__(context, upgrade.header("X-Forwarded-For"))
        self._origin = upgrade.header("Origin")
        self._heard = ""  # of a prompt that comes in parts
        self._cut = False  # the prompt to come talked over the agent
        self._language = ""
        self._problems = 0  # before the setup
        self._ignored = IgnoredMessages("relay", context.gateway.metrics.ignored_messages)
        self._early: list[RelayMessage] = []
        self._carrier_call = ""
        self._keeps = False  # the carrier forgets where the caller goes

    # Leg

    def send_audio(self, frame: bytes | memoryview) -> None:
        """There is no way for audio; every word goes out as text."""

    def clear_audio(self) -> None:
        """The carrier has stopped its voice before this message."""

    def send_event(self, event: CallEvent) -> None:
        match event:
            case Ready():
                scheduler = self.context.gateway.scheduler
                scheduler.call_at(scheduler.time(), self._take_early)  # the call itself starts first
            case AgentSentence(text=text, interruptible=interruptible):
                self._say(text, interruptible=interruptible)
            case LanguageChanged(language):
                self._language = language
                self._send(language_message(self._language))
            case Refusal(detail=detail) | CallFailed(detail=detail):
                self._say(detail, interruptible=False)

    def close(self, reason: Reason, detail: str = "") -> None:
        self._send(end_message(reason))
        super().close(reason, detail)

    async def transfer(self, address: str, summary: str) -> None:
        """The carrier asks next what to do, and shows the address, or the call by which it is kept."""
        end = end_message(EndReason.HANDED_OFF, address=address, summary=summary[:_MAX_SUMMARY])
        if self._keeps:
            await Handoffs(self.context.gateway.bus).put(self._carrier_call, str(end["handoffData"]))
        self._send(end)

    # What the carrier said

    def on_binary(self, frame: WSFrame) -> None:
        self._wrong("ConversationRelay speaks text")

    def on_text(self, frame: WSFrame) -> None:
        if frame.payload_size > MAX_MESSAGE:
            self._wrong(f"messages have at most {MAX_MESSAGE} bytes")
            return
        try:
            message = parse_message(frame.get_payload_as_bytes())
        except BadInput as error:
            self._wrong(str(error))
            return
        if isinstance(message, Setup):
            self._set_up(message)
        elif isinstance(message, RelayError):
            log.warning("carrier reported an error", extra={"channel": "relay"})
        elif isinstance(message, OtherMessage):
            if message.kind != "info":
                self._ignore(f"unknown message {message.kind[:40]}")
        elif not self.starting:
            self._wrong("the setup message comes first")
        elif self.call is not None and self.call.ready:
            self._take(message)
        elif len(self._early) < _MAX_EARLY:
            self._early.append(message)

    def opened(self) -> None:
        self._ping()

    def tell_problem(self, fault: ClientFault, detail: str) -> None:
        log.info("invalid message from carrier", extra={"reason": fault, "detail": detail, "channel": "relay"})

    def tell_refusal(self, reason: RefusalReason, detail: str) -> None:
        self._say(detail, interruptible=False)

    def _take_early(self) -> None:
        """What the caller said while the call was being made."""
        early, self._early = self._early, []
        for message in early:
            self._take(message)

    def _take(self, message: RelayMessage) -> None:
        if self.call is None or self.call.agent.carrier is None:
            return
        match message:
            case Prompt():
                self._prompt(message)
            case RelayDtmf():
                self.call.caller.digits(message.digit)
            case Cut():
                self._cut = True
                self.call.agent.voice_cut(message.heard)
            case Played():
                self.call.agent.carrier.played(message.text)
            case AgentSilent():
                self.call.agent.carrier.all_played()

    def _set_up(self, setup: Setup) -> None:
        if self.starting:
            self._wrong("setup came twice")
            return
        try:
            grant = self.context.tokens.read(setup.parameters.get("token", ""), time.time())
            grant.check_origin(self._origin)
        except NotAllowed as error:
            self.starting = True
            self.refuse(RefusalReason.BAD_TOKEN, str(error))
            return
        self.exempt_from_limits()
        self._carrier_call, self._keeps = setup.call, KEPT in setup.parameters
        attributes = {"carrier_call": setup.call, "called": setup.called}
        self.start(
            Caller(
                tenant=grant.tenant,
                agent=grant.agent,
                channel=session_pb2.CHANNEL_RELAY,
                audio=session_pb2.AudioFormat(encoding=session_pb2.AUDIO_ENCODING_TEXT),
                user=grant.user or setup.caller,
                language=setup.parameters.get("language", "")[:35],
                attributes={name: value for name, value in attributes.items() if value},
                address=number_of(setup.caller),
                token=grant.id,
                concurrency=grant.concurrency,
                uses=grant.uses,
                max_call_s=grant.max_call_s,
                allowed_tools=grant.tools,
                groups=grant.groups,
            )
        )

    def _prompt(self, prompt: Prompt) -> None:
        if not self._cut and self.call is not None and self.call.agent.carrier is not None:
            self.call.agent.carrier.answered()
        self._heard = f"{self._heard} {prompt.text}".strip()[-MAX_PROMPT:]
        if not prompt.last or self.call is None:
            return
        text, self._heard, self._cut = self._heard, "", False
        self.call.caller.typed(text, language=prompt.language)

    def _say(self, text: str, *, interruptible: bool) -> None:
        # The space keeps sentences apart in a carrier that joins utterances.
        self._send(text_message(f"{text} ", interruptible=interruptible, language=self._language))

    def _send(self, message: Mapping[str, object]) -> None:
        self.send_text(json.dumps(message).encode())

    def _wrong(self, detail: str) -> None:
        """A message that cannot be used: a stranger's before the setup, afterwards the carrier's."""
        if self.starting:
            self._ignore(detail)
            return
        self._problems += 1
        log.info("invalid message", extra={"detail": detail, "channel": "relay"})
        if self._problems > _MAX_PROBLEMS:
            self.fail(ClientFault.BAD_MESSAGE, detail)

    def _ignore(self, problem: str) -> None:
        if not self._ignored.add(problem, self.last_seen):
            self.fail(ClientFault.BAD_MESSAGE, f"too many messages that cannot be used: {problem}")

    def _ping(self) -> None:
        if not self.closed:
            self.ping()
            scheduler = self.context.gateway.scheduler
            scheduler.call_at(scheduler.time() + _PING_S, self._ping)
