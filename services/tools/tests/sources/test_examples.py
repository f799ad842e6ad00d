"""The examples of vendors' tools: each makes the request that the vendor documents."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from aiohttp import web
from parley_tools.policy import PolicyDocument

pytestmark = pytest.mark.outside

EXAMPLES = Path(__file__).parents[4] / "examples" / "tools"


@asynccontextmanager
async def vendor(answers: dict[str, object]) -> AsyncIterator[tuple[str, list[tuple[web.Request, bytes]]]]:
    """Answers by "METHOD path"; what came in is kept."""
    seen: list[tuple[web.Request, bytes]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request, await request.read()))
        return web.json_response(answers[f"{request.method} {request.path}"])

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", seen
    finally:
        await runner.cleanup()


async def use(desk, url: str, monkeypatch) -> None:
    """The example's rules, with every server on loopback and every secret in the environment."""
    monkeypatch.setenv("VENDOR_KEY", "secret")
    rules = yaml.safe_load((EXAMPLES / "rules.yaml").read_text())["tenants"]["acme"]
    for source in rules["sources"]:
        source["document"] = str(EXAMPLES.parents[1] / source["document"])
        source["server"] = url + urlsplit(source.get("server", "")).path
        source["auth"]["key"] = "env:VENDOR_KEY"
    desk.policies = PolicyDocument.model_validate({"default": rules | {"private": ["127.0.0.1/32"]}})
    desk.use(None)
    desk.parts.sources.load(desk.policies)


async def test_each_vendor_is_asked_as_it_documents(desk, monkeypatch) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "id": "p1"}}]}
    answers: dict[str, object] = {
        "POST /v1/payment_links": {"id": "plink_1", "url": "https://buy.stripe.com/x", "livemode": False},
        "POST /api/v2/tickets.json": {"ticket": {"id": 7}},
        "GET /crm/v3/objects/contacts/maria@example.org": {"id": "12", "properties": {"firstname": "Maria"}},
        "PATCH /crm/v3/objects/contacts/12": {"id": "12"},
        "POST /chat.postMessage": {"ok": False, "error": "channel_not_found"},
        "GET /r4/Patient": bundle,
        "PUT /r4/Appointment/k": {"resourceType": "Appointment", "id": "k"},
    }
    async with vendor(answers) as (url, seen):
        await use(desk, url, monkeypatch)

        async def call(tool: str, **arguments: object):
            result = await desk.call(tool, arguments, key="k" if tool == "put_appointment" else None)
            return desk.status(result), desk.content(result), *seen[-1]

        items = [{"price": "price_1", "quantity": 2}]
        status, link, request, body = await call("payment_link", line_items=items)
        assert (status, link) == ("OK", {"id": "plink_1", "url": "https://buy.stripe.com/x"})
        assert dict(parse_qsl(body.decode())) == {"line_items[0][price]": "price_1", "line_items[0][quantity]": "2"}
        assert (request.headers["Authorization"], "Idempotency-Key" in request.headers) == ("Bearer secret", True)

        ticket = {"subject": "Refund", "comment": {"body": "Wants one."}}
        status, opened, request, body = await call("open_ticket", ticket=ticket)
        assert (status, opened["ticket"], json.loads(body)) == ("OK", {"id": 7}, {"ticket": ticket})
        assert request.headers["Authorization"].startswith("Basic ")

        status, _, request, _ = await call(
            "find_contact", contactId="maria@example.org", properties=["firstname", "phone"]
        )
        assert (status, dict(request.query)) == ("OK", {"idProperty": "email", "properties": "firstname,phone"})
        status, _, _, body = await call("update_contact", contactId="12", properties={"phone": "+12125550142"})
        assert (status, json.loads(body)) == ("OK", {"properties": {"phone": "+12125550142"}})

        status, refused, _, body = await call("tell_colleagues", text="Maria is here")
        assert (status, refused) == ("CONFLICT", {"reason": "channel_not_found"})
        assert json.loads(body) == {"channel": "front-desk", "text": "Maria is here"}

        status, found, request, _ = await call("find_patient", name="Lopez", birthdate="1980-02-03")
        assert (status, found["entry"]) == ("OK", bundle["entry"])
        assert request.headers["Accept"] == "application/fhir+json"
        appointment = {"resourceType": "Appointment", "status": "booked", "participant": [{"status": "accepted"}]}
        status, _, request, body = await call("put_appointment", **appointment)
        assert (status, request.headers["Content-Type"]) == ("OK", "application/fhir+json")
        assert json.loads(body) == appointment
