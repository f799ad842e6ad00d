"""Whether a call may be made at all: by the agent's document, the tenant's rules, and what the caller has verified."""

from collections.abc import Mapping

from parley_core.errors import BadInput, NotAllowed

from parley_tools.phone import PhoneBook
from parley_tools.policy import TenantPolicy
from parley_tools.stores.verifications import VerificationStore
from parley_tools.tool import CallContext

_CONTACTS = ("phone", "email", "to")  # arguments that say whose matter it is


def permit(policy: TenantPolicy, tool: str, allowed: frozenset[str]) -> None:
    """Raise NotAllowed unless both the agent's document and the tenant's rules name the tool."""
    if tool not in allowed:
        raise NotAllowed(f"tool {tool}", "the agent's document does not name it")
    if policy.tools is not None and tool not in policy.tools:
        raise NotAllowed(f"tool {tool}", "the tenant's rules do not name it")


class Verification:
    """The caller's, where the rules ask for it."""

    def __init__(self, store: VerificationStore, phones: PhoneBook) -> None:
        self._store = store
        self._phones = phones

    async def require(
        self, policy: TenantPolicy, tool: str, context: CallContext, arguments: Mapping[str, object]
    ) -> None:
        """Raise NotAllowed unless the caller has verified the contact that the arguments name, or any where they name
        none."""
        if tool not in policy.verified:
            return
        held = await self._store.verified(context.tenant, context.call)
        named = [self._contact(str(arguments[name])) for name in _CONTACTS if arguments.get(name)]
        if not held or any(one not in held for one in named):
            raise NotAllowed(f"tool {tool}", "the caller must be verified first: send_code, then check_code")

    def _contact(self, text: str) -> str:
        if "@" in text:
            return text.lower()
        try:
            return self._phones.normalise(text, "phone")
        except BadInput:
            return text
