"""`POST /v1/realtime/client_secrets`: short-lived keys for browsers, in OpenAI's shape. They are callers' tokens."""

import time

from aiohttp import web
from parley_core.ids import check_token
from pydantic import BaseModel, ConfigDict, Field

from parley_gateway.admission.tokens import Grant
from parley_gateway.channels.base import ChannelContext
from parley_gateway.channels.realtime.session import SessionSettings, as_json
from parley_gateway.channels.requests import read_body


class _Expiry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    anchor: str = Field("created_at", pattern="^created_at$")
    seconds: int = Field(0, ge=0, le=7200)


class _Session(BaseModel):
    """What a key is for. All else is said by `session.update`: a key carries no settings."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field("realtime", pattern="^realtime$")
    model: str = Field("", max_length=64)


class SecretRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expires_after: _Expiry = _Expiry(anchor="created_at", seconds=0)
    session: _Session = _Session(type="realtime", model="")


async def client_secret(context: ChannelContext, request: web.Request) -> web.Response:
    """Raises BadInput."""
    settings = context.admission
    context.api_key.authorize(request)
    asked = read_body(SecretRequest, await request.read() or b"{}")
    agent = check_token(asked.session.model or settings.default_agent, "session.model")
    ttl_s = min(asked.expires_after.seconds or settings.token_ttl_s, settings.token_ttl_s)
    expires = int(time.time()) + ttl_s
    value = context.tokens.issue(Grant(settings.default_tenant, agent, "", expires))
    return web.json_response({"value": value, "expires_at": expires, "session": as_json(SessionSettings(), "", agent)})
