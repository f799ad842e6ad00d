"""The service's metrics."""

from parley.v1 import tools_pb2
from parley_core.telemetry import counter, histogram

from parley_tools.tool import Status


class Metrics:
    def __init__(self) -> None:
        self._calls = counter("parley_tools_calls", "Tool calls by tool and outcome")
        self._attempts = counter("parley_tools_attempts", "Attempts at tool calls")
        self._took = histogram("parley_tools_call_duration", "Duration of a tool call, all attempts together")

    def called(self, tool: str, status: Status, *, attempts: int, took_s: float, replayed: bool) -> None:
        attributes: dict[str, str | bool] = {
            "tool": tool,
            "status": tools_pb2.ToolStatus.Name(status),
            "replayed": replayed,
        }
        self._calls.add(1, attributes)
        self._attempts.add(attempts, {"tool": tool})
        self._took.record(took_s, {"tool": tool})
