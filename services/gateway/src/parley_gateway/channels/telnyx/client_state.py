"""What a Telnyx call carries with it as `client_state`, base64 of JSON; untrusted input. Pure."""

import base64
import binascii
import json

from parley_core.errors import NotAllowed
from parley_core.ids import TOKEN

from parley_gateway.channels.outbound.calls import ORDER

# OverflowError: JSON as Python reads it knows Infinity.
_WRONG = (ValueError, KeyError, TypeError, OverflowError, RecursionError, binascii.Error)


def read_state(state: str) -> tuple[str, str, int]:
    """Ticket, resume token and number of take-ups. Raises NotAllowed for a state that is none of ours."""
    try:
        read = json.loads(base64.b64decode(state, validate=True))
        return str(read["ticket"]), str(read["resume"]), int(read["take_ups"])
    except _WRONG:
        raise NotAllowed("this stream", "its client state is none of ours") from None


def read_order(state: str, *, fresh: bool = False) -> tuple[str, str] | None:
    """Tenant and id of the order that a call of ours belongs to; `fresh`: only while it has no stream."""
    try:
        read = json.loads(base64.b64decode(state, validate=True))
        if fresh and "ticket" in read:
            return None
        tenant, id_ = str(read["tenant"]), str(read[ORDER])
    except _WRONG:
        return None
    return (tenant, id_) if TOKEN.fullmatch(tenant) and TOKEN.fullmatch(id_) else None
