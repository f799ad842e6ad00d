"""What an agent document says of people beside the conversation: who takes over, who agrees, who answers an outgoing
call. Part of `parley_core.agents`."""

from typing import Annotated, Literal

from pydantic import Field

from parley_core.providers.choices import Part

# E.164 (15 digits at most), or a SIP URI without headers.
Address = Annotated[str, Field(pattern=r"^$|^tel:\+[1-9]\d{1,14}$|^sips?:[^\s<>\"?]{1,200}$")]


class Handoff(Part):
    target: str = Field("front-desk", description="Name of the person or desk that takes over, for logs and tools")
    say: str = Field("", description="Said before a person takes over; empty: the language pack's sentence")
    address: Address = Field(
        "", description="`tel:+12125550100` or `sip:desk@example.com`; empty: the call ends with `handed_off`"
    )
    addresses: dict[str, Address] = Field(default_factory=dict, description="Address of each target, if they differ")
    failed: str = Field("", description="Said when the transfer failed; empty: the language pack's sentence")
    on_failure: Literal["continue", "hang_up"] = Field("continue", description="What follows a failed transfer")

    def address_of(self, target: str) -> str:
        return self.addresses.get(target) or self.address


class Consent(Part):
    """Asked for by the gateway before the conversation; until it is given nothing that the caller says is stored."""

    required: Literal["none", "spoken", "keyed"] = Field(
        "none", description="`spoken`: by word or key; `keyed`: by key only, 1 for yes and 2 for no"
    )
    ask: str = Field("", max_length=1000, description="The question; name the keys. Empty: the language pack's")
    again: str = Field("", max_length=1000, description="The question after an unclear answer. Empty: the pack's")
    accepted: str | None = Field(
        None, max_length=500, description="Said after a yes. Empty: nothing; unset: the language pack's sentence"
    )
    refused: str | None = Field(None, max_length=500, description="Said after a no. Unset: the language pack's")
    on_refusal: Literal["continue_unrecorded", "hang_up", "hand_off"] = Field(
        "continue_unrecorded", description="What follows a no; `hang_up` ends the call with `consent_refused`"
    )
    yes: list[str] = Field(default_factory=list, max_length=50, description="Further words for yes")
    no: list[str] = Field(default_factory=list, max_length=50, description="Further words for no")


class Outbound(Part):
    """What is done about whoever answers a call of the agent's own. The greeting is for people."""

    voicemail: str = Field(
        "", max_length=1000, description="Left on a machine after its beep. Empty: the call ends with `machine`"
    )
    on_ivr: Literal["hang_up", "converse"] = Field("hang_up", description="What to do when a menu answers")
    screening: str = Field(
        "", max_length=300, description="Answer to an assistant that asks who calls. Empty: treat it like a person"
    )
