"""The API for outgoing calls: `POST /v1/calls` places one through the channel that the order names, `GET` reports it.

A channel that can call out is a `Dialer`. It answers once the carrier has taken the order; what becomes of it comes
later and goes to `OutboundCalls`. docs/outbound.md is for users.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Protocol, runtime_checkable

from aiohttp import web
from parley_core.errors import BadInput, Conflict, NotFound, ParleyError
from parley_core.ids import TOKEN, check_token
from pydantic import BaseModel, ConfigDict, Field

from parley_gateway.admission.destinations import check_address, check_caller
from parley_gateway.admission.outgoing import OutgoingDenied, OutgoingReason
from parley_gateway.channels.base import Channel, ChannelContext
from parley_gateway.channels.outbound.calls import OutboundCall, OutboundCalls, Status, order_id
from parley_gateway.channels.requests import read_body

log = logging.getLogger(__name__)

PATH = "/v1/calls"
_PLACE_S = 15.0
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MAX_ATTRIBUTES = 20


@runtime_checkable
class Dialer(Protocol):
    """A channel that calls out."""

    name: str

    async def dial(self, order: OutboundCall, orders: OutboundCalls) -> None:
        """Have the carrier ring. Raises a ParleyError when it does not take the order; the rest is reported to
        `outbound/calls`."""
        ...

    async def cancel(self, order: OutboundCall) -> None:
        """Stop ringing; does nothing for a call that is answered or over."""
        ...


class CallRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    to: str = Field(max_length=210, description="+12125550142, tel:+12125550142 or sip:ann@example.com")
    caller: str = Field("", max_length=210, alias="from", description="The number that is shown")
    agent: str = Field("", max_length=64)
    tenant: str = Field("", max_length=64)
    via: str = Field("", max_length=20, description="twilio, telnyx or sip; empty: the first that is open")
    detect: bool = Field(True, description="Find out whether a person, a machine, a menu or a screening answers")
    voicemail: str = Field("", max_length=1000, description="Left on a machine; empty: the agent document's")
    timeout_s: int = Field(30, ge=5, le=120, description="How long it rings")
    idempotency_key: str = Field("", max_length=200)
    attributes: dict[str, str] = Field(default_factory=dict)


class OutboundChannel(Channel):
    name = "outbound"

    def __init__(self, context: ChannelContext, dialers: Sequence[Dialer]) -> None:
        self._context = context
        self._api_key = context.api_key
        self._admission = context.admission
        self._dialers = {dialer.name: dialer for dialer in dialers}
        self._orders = context.orders

    def http_routes(self) -> Sequence[web.RouteDef]:
        return [
            web.post(PATH, self._place),
            web.get(PATH + "/{order}", self._tell),
            web.delete(PATH + "/{order}", self._cancel),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        following = await self._orders.follow(self._context.gateway.bus)
        try:
            yield
        finally:
            await asyncio.gather(*(one.close() for one in following))

    async def _place(self, request: web.Request) -> web.Response:
        self._api_key.authorize(request)
        asked = read_body(CallRequest, await request.read())
        order = self._order(asked, request.headers.get("Idempotency-Key", ""))
        try:
            await self._context.gateway.agents.get(order.tenant, order.agent)
        except NotFound:
            raise BadInput("agent", f"there is no agent named {order.agent!r}") from None
        try:
            order, fresh = await self._orders.take(order)
        except Conflict as error:
            return web.json_response({"reason": "conflict", "detail": str(error)}, status=409)
        if fresh:
            try:
                await self._context.gateway.outgoing.admit(order.tenant, order.to)
            except OutgoingDenied as denied:
                await self._orders.forget(order)  # the same order may be sent again later
                return _denied(denied)
            order = await self._ring(order)
        failed = order.status is Status.FAILED
        return web.json_response(asdict(order), status=502 if failed and fresh else 201 if fresh else 200)

    async def _ring(self, order: OutboundCall) -> OutboundCall:
        problem = ""
        try:
            async with asyncio.timeout(_PLACE_S):
                await self._dialers[order.via].dial(order, self._orders)
        except TimeoutError:
            problem = f"the carrier did not answer within {_PLACE_S:g} s"
        except ParleyError as error:
            problem = str(error)[:200]
        if not problem:
            return await self._orders.get(order.tenant, order.id) or order
        log.warning("call not placed", extra={"via": order.via, "detail": problem})
        failed = await self._orders.update(order.tenant, order.id, Status.FAILED, detail=problem)
        return failed or order

    async def _tell(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(await self._find(request)))

    async def _cancel(self, request: web.Request) -> web.Response:
        order = await self._find(request)
        if order.status in (Status.QUEUED, Status.RINGING):
            async with asyncio.timeout(_PLACE_S):
                await self._dialers[order.via].cancel(order)
            order = await self._orders.update(order.tenant, order.id, Status.CANCELED) or order
        return web.json_response(asdict(order))

    async def _find(self, request: web.Request) -> OutboundCall:
        self._api_key.authorize(request)
        tenant = check_token(request.query.get("tenant") or self._admission.default_tenant, "tenant")
        id_ = request.match_info["order"]
        order = await self._orders.get(tenant, id_) if TOKEN.fullmatch(id_) else None
        if order is None or order.via not in self._dialers:
            raise web.HTTPNotFound(text="there is no such order")
        return order

    def _order(self, asked: CallRequest, header: str) -> OutboundCall:
        """Raises BadInput."""
        to = check_address(asked.to, "to")
        caller = check_caller(asked.caller, "from")
        via = asked.via or next(iter(self._dialers))
        if via not in self._dialers:
            raise BadInput("via", f"must be one of {', '.join(self._dialers)}")
        if len(asked.attributes) > _MAX_ATTRIBUTES or any(
            len(name) > 64 or len(value) > 500 for name, value in asked.attributes.items()
        ):
            raise BadInput("attributes", f"must be at most {_MAX_ATTRIBUTES} short texts")
        if any(_CONTROLS.search(text) for pair in asked.attributes.items() for text in pair):
            raise BadInput("attributes", "must have no control characters")
        if _CONTROLS.search(asked.voicemail):
            raise BadInput("voicemail", "must have no control characters")
        tenant = check_token(asked.tenant or self._admission.default_tenant, "tenant")
        return OutboundCall(
            id=order_id(tenant, asked.idempotency_key or header[:200]),
            tenant=tenant,
            agent=check_token(asked.agent or self._admission.default_agent, "agent"),
            to=to,
            caller=caller,
            via=via,
            detect=asked.detect,
            voicemail=asked.voicemail,
            timeout_s=asked.timeout_s,
            attributes=asked.attributes,
        )


def _denied(denied: OutgoingDenied) -> web.Response:
    for_good = denied.reason is OutgoingReason.DESTINATION
    return web.json_response(
        {"reason": denied.reason, "detail": denied.detail},
        status=403 if for_good else 429,
        headers={} if for_good else {"Retry-After": "60"},
    )
