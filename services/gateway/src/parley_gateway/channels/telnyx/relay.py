"""Telnyx's Conversation Relay: Telnyx recognises and speaks, and the `relay` channel has the conversation.

Source: Telnyx's API reference, "Start Conversation Relay" (`conversation_relay_start`; `call.conversation.ended` comes
when it is over, and does not say what the `end` message said).
"""

import base64
import binascii
import json
import logging
import time

from parley_core.errors import ParleyError
from parley_core.ids import TOKEN, new_id

from parley_gateway.admission.tokens import Grant
from parley_gateway.channels.base import ChannelContext
from parley_gateway.channels.carrier.records import Record
from parley_gateway.channels.carrier.tickets import TTL_S
from parley_gateway.channels.relay.channel import PATH as RELAY_PATH
from parley_gateway.channels.relay.handoff import KEPT
from parley_gateway.channels.telnyx.settings import TelnyxSettings

log = logging.getLogger(__name__)


def state_of(record: Record) -> str:
    """The `client_state` that comes back once the call is answered."""
    return base64.b64encode(json.dumps({"relay": [record.tenant, record.agent, record.user]}).encode()).decode()


def read_state(state: str) -> Record | None:
    """None for a state of another kind."""
    try:
        tenant, agent, user = map(str, json.loads(base64.b64decode(state, validate=True))["relay"])
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        return None
    return Record(tenant, agent, user, resume="") if TOKEN.fullmatch(tenant) and TOKEN.fullmatch(agent) else None


async def start(context: ChannelContext, settings: TelnyxSettings, record: Record) -> dict[str, object]:
    """The body of `conversation_relay_start`. Telnyx says nothing by itself: there is no `greeting`."""
    expires = int(time.time()) + TTL_S
    grant = Grant(record.tenant, record.agent, record.user, expires, id=new_id("k-"), most_uses=1)
    token = context.tokens.issue(grant)
    body: dict[str, object] = {
        "url": context.web.public_ws + RELAY_PATH,
        "dtmf_detection": True,
        "interruptible": "any",
        "custom_parameters": {"token": token, KEPT: "kept"},
    }
    try:
        body["language"] = (await context.gateway.agents.get(record.tenant, record.agent)).language
    except ParleyError as error:  # the relay's channel refuses the call, in words
        log.warning("agent document unavailable", extra={"channel": "telnyx", "error": type(error).__name__})
    return body | ({"voice": settings.relay_voice} if settings.relay_voice else {})
