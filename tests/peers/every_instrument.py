"""A process that has counted once with every instrument of every service, and serves `/metrics` as they do.

Started by test_prometheus, as `python every_instrument.py`; prints its port.
"""

import asyncio
import sys
from types import SimpleNamespace
from typing import Any

from opentelemetry import metrics
from parley_asr.metrics import AsrMetrics
from parley_core import telemetry
from parley_core.bus.claims import Beating
from parley_core.bus.connection import NatsBus
from parley_core.health import Health, serve_health
from parley_core.runtime import watch_loop
from parley_gateway.metrics import Metrics as GatewayMetrics
from parley_llm.metrics import LlmMetrics
from parley_rag.metrics import RagMetrics
from parley_tools.metrics import Metrics as ToolsMetrics
from parley_tts.metrics import SpeechMetrics


class Counting:
    """A meter whose instruments have counted once as soon as they are made."""

    def __init__(self, meter: metrics.Meter) -> None:
        self._meter = meter

    def __getattr__(self, name: str) -> Any:
        def create(*arguments: Any, **options: Any) -> Any:
            made = getattr(self._meter, name)(*arguments, **options)
            count = next(getattr(made, act) for act in ("add", "record", "set") if hasattr(made, act))
            count(1)
            return made

        return create


async def main() -> None:
    telemetry.setup_metrics("all", "all-1", otlp_endpoint="")
    meter = metrics.get_meter
    metrics.get_meter = lambda name: Counting(meter(name))  # type: ignore[assignment, misc, return-value]
    made: list[object] = [kind() for kind in (AsrMetrics, GatewayMetrics, LlmMetrics, RagMetrics, ToolsMetrics)]
    made += [SpeechMetrics(), NatsBus("nats://127.0.0.1:1")]
    bus: Any = SimpleNamespace(post=lambda subject, data: None)
    for role in ("gateway", "asr", "llm", "tts"):
        Beating(bus, role, f"{role}-1", 10, lambda: 3).beat()
    runner, port = await serve_health(Health(), "127.0.0.1", 0)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    try:
        await watch_loop()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
