"""Health of one process: its parts say whether they are well; HTTP and gRPC ask."""

import json
from collections.abc import Callable, Mapping

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from parley_core.http.connections import BoundedSite

Scale = Callable[[str], Mapping[str, int | float] | None]  # of a role; None: no process has it


class Health:
    """Ready when every part that was ever named is well and the process is not draining."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[bool, str]] = {}
        self._listeners: list[Callable[[bool], None]] = []
        self.draining = False
        self.scale: Scale = lambda role: None  # set where the heartbeats of all processes are heard

    @property
    def ready(self) -> bool:
        return not self.draining and bool(self._parts) and all(well for well, _ in self._parts.values())

    def set(self, part: str, well: bool, detail: str = "") -> None:
        before = self.ready
        self._parts[part] = (well, detail)
        if self.ready != before:
            for tell in self._listeners:
                tell(self.ready)

    def drain(self) -> None:
        self.draining = True
        for tell in self._listeners:
            tell(False)

    def on_change(self, tell: Callable[[bool], None]) -> None:
        self._listeners.append(tell)

    def report(self) -> dict[str, object]:
        parts = {name: {"well": well, "detail": detail} for name, (well, detail) in self._parts.items()}
        return {"ready": self.ready, "draining": self.draining, "parts": parts}


async def serve_health(health: Health, host: str, port: int) -> tuple[web.AppRunner, int]:
    """Serve /healthz (the process lives), /readyz (it may be given work), /metrics and, for autoscaling,
    /metrics/scale/{role}; returns the runner and its port."""

    async def alive(request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(request: web.Request) -> web.Response:
        return web.Response(
            text=json.dumps(health.report()), content_type="application/json", status=200 if health.ready else 503
        )

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def scale(request: web.Request) -> web.Response:
        figures = health.scale(request.match_info["role"])
        return web.json_response(figures or {"error": "no process of this role"}, status=200 if figures else 404)

    app = web.Application()
    app.add_routes([web.get("/healthz", alive), web.get("/readyz", ready), web.get("/metrics", metrics)])
    app.add_routes([web.get("/metrics/scale/{role}", scale)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = BoundedSite(runner, host, port)
    await site.start()
    bound = runner.addresses[0][1]
    return runner, int(bound)
