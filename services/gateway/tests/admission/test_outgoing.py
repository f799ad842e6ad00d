"""How many outgoing calls and transfers a tenant may have, and for how much."""

from parley_core.bus.memory import MemoryBus
from parley_core.rates import RateLimiter
from parley_gateway.admission.destinations import OutgoingPolicy
from parley_gateway.admission.outgoing import TRANSFER_MINUTES, OutgoingDenied, OutgoingLimits
from parley_gateway.admission.settings import AdmissionSettings

NUMBER = "tel:+12125550142"


def outgoing(bus: MemoryBus, **policy: object) -> OutgoingLimits:
    settings = AdmissionSettings(outgoing=OutgoingPolicy.model_validate(policy))
    return OutgoingLimits(bus, settings, RateLimiter(bus))


async def reason(gate: OutgoingLimits, tenant: str = "t", address: str = NUMBER, minutes: int = 1) -> str:
    try:
        await gate.admit(tenant, address, minutes=minutes)
    except OutgoingDenied as denied:
        return denied.reason if denied.detail else "no detail"
    return ""


async def test_a_minute_has_so_many_calls_of_each_tenant() -> None:
    gate = outgoing(MemoryBus(), per_minute=2)
    assert [await reason(gate) for _ in range(3)] == ["", "", "outgoing_rate"]
    assert await reason(gate, "another") == ""


async def test_a_day_has_so_many_calls_over_all_gateways() -> None:
    bus = MemoryBus()
    gates = [outgoing(bus, per_day=3) for _ in range(2)]
    assert [await reason(gates[number % 2]) for number in range(4)] == ["", "", "", "outgoing_day"]
    assert await reason(gates[0], "another") == ""


async def test_a_days_money_is_spent_by_orders_minutes_and_transfers() -> None:
    gate = outgoing(MemoryBus(), spend_per_day_micros=1_000_000, prices_micros={"+1": 50_000, "*": 900_000})
    assert await reason(gate) == ""  # 0.05
    await gate.over("t", NUMBER, 3 * 60_000 + 1)  # three further minutes that have begun: 0.20
    assert await reason(gate, minutes=TRANSFER_MINUTES) == ""  # 0.70
    assert await reason(gate, address="tel:+4930123456") == "outgoing_spend"
    assert [await reason(gate) for _ in range(7)] == [""] * 6 + ["outgoing_spend"]


async def test_a_denied_call_counts_for_nothing() -> None:
    gate = outgoing(MemoryBus(), per_day=1, per_minute=1)
    assert await reason(gate, address="tel:+19005550123") == "destination_denied"
    assert await reason(gate) == ""


async def test_a_tenants_own_policy_takes_the_place_of_the_settings() -> None:
    bus = MemoryBus()
    await bus.kv("limits").put("t", b'{"outgoing": {"allow": ["+881"], "per_day": 1}}')
    await bus.kv("limits").put("broken", b'{"outgoing": {"allow": ["nonsense"]}}')
    gate = outgoing(bus)
    assert await reason(gate, address="tel:+881612345678") == ""
    assert await reason(gate) == "outgoing_day"
    assert await reason(gate, "another", "tel:+881612345678") == "destination_denied"
    assert await reason(gate, "broken", "tel:+881612345678") == "destination_denied"
