"""What a refusal asks of the operator, by its reason: for `parley doctor`; docs/refusals.md has the same in full."""

import re
from collections.abc import Mapping

from parley_core.reasons import RefusalReason

REMEDIES: Mapping[RefusalReason, str] = {
    RefusalReason.BUSY: "raise PARLEY_GATEWAY_CAPACITY, or start another gateway",
    RefusalReason.NOBODY_FREE: "start more asr, llm or tts workers, or raise their capacity",
    RefusalReason.UNAVAILABLE: "a part could not be reached: see the other lines and the gateway's log",
    RefusalReason.DRAINING: "callers came while the gateway was stopped; nothing to do",
    RefusalReason.TENANT_LIMIT: "raise PARLEY_GATEWAY_TENANT_CALLS or the tenant's own limit",
    RefusalReason.TENANT_RATE: "raise PARLEY_GATEWAY_TENANT_CALLS_PER_MINUTE or the tenant's own limit",
    RefusalReason.TOKEN_LIMIT: "the token's concurrency is used up; your server chooses it",
    RefusalReason.TOKEN_USED: "the token's uses are used up; give each call a token of its own",
    RefusalReason.ADDRESS_LIMIT: "raise PARLEY_GATEWAY_ADDRESS_CALLS; behind a proxy set "
    "PARLEY_GATEWAY_TRUSTED_PROXIES",
    RefusalReason.ADDRESS_CONNECTIONS: "raise PARLEY_GATEWAY_ADDRESS_CONNECTIONS; behind a proxy set "
    "PARLEY_GATEWAY_TRUSTED_PROXIES",
    RefusalReason.ADDRESS_RATE: "raise PARLEY_GATEWAY_ADDRESS_PER_MINUTE; behind a proxy set "
    "PARLEY_GATEWAY_TRUSTED_PROXIES",
    RefusalReason.ADDRESS_DENIED: "PARLEY_GATEWAY_ALLOW_ADDRESSES or _DENY_ADDRESSES exclude the address",
    RefusalReason.FOREIGN_ORIGIN: "name the site in PARLEY_GATEWAY_ALLOWED_ORIGINS or in the token's origins",
    RefusalReason.HOST_DENIED: "ask for localhost, or set PARLEY_GATEWAY_PUBLIC_URL to the name that a proxy passes on",
    RefusalReason.BAD_TOKEN: "the token has expired, is another gateway's, or was signed by an unknown key",
    RefusalReason.UNKNOWN_AGENT: "publish the agent ('parley agents publish')",
    RefusalReason.CALL_OVER: "a client came back too late; nothing to do",
    RefusalReason.LOW_DISK: "free space on the disk of PARLEY_VAR, or of NATS",
}

_REFUSED = re.compile(r'^parley_gateway_refused_total\{[^}]*reason="(?P<reason>\w+)"[^}]*\} (?P<count>[\d.e+]+)', re.M)


def counted(metrics: str) -> dict[RefusalReason, int]:
    """How many callers a gateway has refused, by reason, from the text of its /metrics."""
    found: dict[RefusalReason, int] = {}
    for one in _REFUSED.finditer(metrics):
        reason = RefusalReason.named(one["reason"])
        if reason is not None:
            found[reason] = found.get(reason, 0) + int(float(one["count"]))
    return found
