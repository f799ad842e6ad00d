"""Every subject of the bus; no other module spells one.

`tenant` and `call` are single tokens (`ids.TOKEN`), checked where they enter the platform.
"""

from dataclasses import dataclass

STREAM = "CALLS"  # the JetStream stream that holds the logs
ALL_LOGS = "call.*.*.log.*"


def log(tenant: str, call: str, event: str) -> str:
    return f"call.{tenant}.{call}.log.{event}"


def log_of(tenant: str, call: str) -> str:
    """All events of one call."""
    return f"call.{tenant}.{call}.log.*"


def log_everywhere(event: str) -> str:
    """One kind of event, of every call."""
    return f"call.*.*.log.{event}"


def live_audio_in(tenant: str, call: str) -> str:
    return f"call.{tenant}.{call}.live.audio.in"


def live_audio_out(tenant: str, call: str) -> str:
    return f"call.{tenant}.{call}.live.audio.out"


def live_partial(tenant: str, call: str) -> str:
    return f"call.{tenant}.{call}.live.partial"


def live_say(tenant: str, call: str) -> str:
    return f"call.{tenant}.{call}.live.say"


def live_speech(tenant: str, call: str) -> str:
    return f"call.{tenant}.{call}.live.speech"


def live_draft(tenant: str, call: str) -> str:
    return f"call.{tenant}.{call}.live.draft"


def live_stop(tenant: str, call: str) -> str:
    return f"call.{tenant}.{call}.live.stop"


def claim(role: str) -> str:
    return f"claim.{role}"


def worker(role: str, worker_id: str) -> str:
    return f"worker.{role}.{worker_id}"


def provider_refused(role: str) -> str:
    """Tells a role's workers that a vendor refuses all requests."""
    return f"provider.{role}.refused"


def hand_over(gateway: str) -> str:
    """Asks a gateway to give a call up to the one that asks."""
    return f"gateway.{gateway}.hand_over"


ORDER_CANCELLED = "order.cancelled"  # tells gateways `tenant.order`: whose line rings for it stops
ALL_WORKERS = "worker.*.*"


@dataclass(frozen=True, slots=True)
class CallSubject:
    tenant: str
    call: str
    kind: str  # "log" or "live"
    rest: str  # the event's name, or "audio.in", "say", …


def parse(subject: str) -> CallSubject | None:
    """Take a call's subject apart; None for any other subject."""
    parts = subject.split(".", 4)
    if len(parts) != 5 or parts[0] != "call" or parts[3] not in ("log", "live"):
        return None
    return CallSubject(parts[1], parts[2], parts[3], parts[4])


def matches(pattern: str, subject: str) -> bool:
    """Say whether `subject` falls under `pattern`, by NATS' rules for `*` and `>`."""
    wanted = pattern.split(".")
    given = subject.split(".")
    for at, part in enumerate(wanted):
        if part == ">":
            return len(given) > at
        if at >= len(given) or (part != "*" and part != given[at]):
            return False
    return len(wanted) == len(given)
