"""What the parts of the SIP channel share: the gateway's context, the SIP endpoint, audio ports and codecs."""

from dataclasses import dataclass

from parley_sip.endpoint import SipEndpoint

from parley_gateway.channels.base import ChannelContext
from parley_gateway.channels.sip.settings import SipSettings


@dataclass(frozen=True, slots=True)
class Stack:
    context: ChannelContext
    settings: SipSettings
    endpoint: SipEndpoint
    ports: range  # even UDP ports of the calls' audio
    codecs: tuple[str, ...]  # as SDP writes them

    @property
    def full(self) -> bool:
        """Whether the gateway has as many calls as it may have."""
        capacity = self.context.gateway.settings.capacity
        return max(len(self.context.calls), len(self.endpoint)) >= capacity
