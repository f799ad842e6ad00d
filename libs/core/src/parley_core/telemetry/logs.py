"""Log lines: constant messages, values as attributes, one JSON object a line (or text for people).

No speech and no secret is ever an attribute; what may be logged are ids, counts, durations, statuses, class names.
"""

import json
import logging
import sys
import time

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Json(logging.Formatter):
    def __init__(self, service: str, worker: str) -> None:
        super().__init__()
        self._always = {"service": service, "worker": worker}

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "logger": record.name,
            **self._always,
            **_attributes(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class _Text(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__(f"%(asctime)s {service} %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record) + "".join(f" {name}={value}" for name, value in _attributes(record).items())


def setup_logs(service: str, worker: str, *, level: str, format_: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(service, worker) if format_ == "json" else _Text(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("aiohttp.access").setLevel("WARNING")
    # picows logs the address of every client.
    logging.getLogger("picows").setLevel("WARNING")
    # nats-py logs every lost connection itself; the bus reports it once.
    logging.getLogger("nats").setLevel("ERROR")


def _attributes(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}
