"""Who calls: what every channel makes of the person at its other end. From here on all channels look the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parley.v1 import session_pb2


@dataclass(frozen=True, slots=True)
class Uses:
    """How many calls what the caller has shown may open."""

    key: str  # what they are counted by, over all gateways
    most: int
    expires: int  # Unix seconds; what was shown is worth nothing afterwards


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, through which channel, with what audio."""

    tenant: str
    agent: str
    channel: "session_pb2.Channel.ValueType"
    audio: session_pb2.AudioFormat
    user: str = ""
    language: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    address: str = (
        ""  # the client's, or its telephone number, where the channel knows it: limits per address count by it
    )
    token: str = ""  # the id of the token that opened the channel
    concurrency: int = 0  # calls at the same time of this user, or else of this token; 0: any number
    uses: Uses | None = None  # none: any number of calls
    max_call_s: int = 0  # 0: the agent's
    allowed_tools: tuple[str, ...] = ()  # of the agent's; none: all
    groups: tuple[str, ...] = ()  # whose documents the caller may hear of, beside the public ones
