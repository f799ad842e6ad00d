"""Systems that tools ask, on loopback: a shop with an HTTP API, a receiver of signed webhooks, an MCP server."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

SECRET = "s3cret-of-the-shop"


@dataclass
class Shop:
    """`faults`, first to last: a status, "lost" (done, no answer) or "cut" (not done, no answer)."""

    url: str = ""
    seen: list[web.Request] = field(default_factory=list)
    payments: list[dict[str, object]] = field(default_factory=list)
    keys: dict[str, dict[str, object]] = field(default_factory=dict)
    faults: list[int | str] = field(default_factory=list)
    answer: object = None
    webhooks: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def order(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        if request.headers.get("X-Api-Key") != SECRET:
            return web.json_response({"message": f"wrong key {request.headers.get('X-Api-Key')}"}, status=401)
        number = request.match_info["number"]
        if self.faults:
            return web.json_response({"error": {"message": f"no, {SECRET}"}}, status=self.faults.pop(0))
        if number == "missing":
            return web.json_response({}, status=404)
        return web.json_response(self.answer or {"number": number, "state": "sent", "echo": SECRET, "internal": 1})

    async def pay(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        body, key = await request.json(), request.headers.get("Idempotency-Key", "")
        fault = self.faults.pop(0) if self.faults else 0
        if fault != "cut" and (not key or key not in self.keys):
            self.payments.append({"id": f"p{len(self.payments)}", **body})
            self.keys[key] = self.payments[-1]
        if fault:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(self.keys.get(key) or self.payments[-1] if self.payments else {}, status=201)

    async def list_payments(self, request: web.Request) -> web.Response:
        found = [one for one in self.payments if one.get("reference") == request.query["reference"]]
        return web.json_response({"data": found})

    async def webhook(self, request: web.Request) -> web.Response:
        self.webhooks.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        fault = self.faults.pop(0) if self.faults else 0
        if fault:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"ok": True})

    async def elsewhere(self, request: web.Request) -> web.Response:
        raise web.HTTPFound("http://169.254.169.254/latest/meta-data/")


@asynccontextmanager
async def shop() -> AsyncIterator[Shop]:
    made, app = Shop(), web.Application()
    app.router.add_get("/v1/orders/{number}", made.order)
    app.router.add_post("/v1/payments", made.pay)
    app.router.add_get("/v1/payments", made.list_payments)
    app.router.add_post("/hook", made.webhook)
    app.router.add_post("/elsewhere", made.elsewhere)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


def mcp_server() -> MCPServer:
    server = MCPServer("library")
    borrowed: list[str] = []

    @server.tool(annotations=ToolAnnotations(read_only_hint=True))
    def find_book(title: str) -> dict[str, str]:
        """Look a book up."""
        if title == "broken":
            raise ValueError("the catalogue is closed")
        return {"title": title, "shelf": "B7"}

    @server.tool()
    def borrow(title: str) -> dict[str, int]:
        """Borrow a book."""
        borrowed.append(title)
        return {"borrowed": len(borrowed)}

    return server


if __name__ == "__main__":
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - as long as the process lives
    mcp_server().run("stdio")
