"""Telnyx's call control by REST: commands to one call. Each has an id, so that one sent twice is done once."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
from parley_core.errors import NotFound, Rejected, TimedOut, Unavailable
from parley_core.text import load_json

log = logging.getLogger(__name__)

_TIMEOUT_S = 8.0
_GONE = "90018"  # "Call has already ended"


class TelnyxRest:
    """Raises NotFound for a call that is over, Rejected for another refusal, Unavailable, TimedOut."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url.rstrip("/")

    async def command(self, call: str, action: str, command_id: str, **body: object) -> None:
        await self._post(f"/v2/calls/{quote(call, safe='')}/actions/{action}", call, command_id, body)

    async def create(self, command_id: str, **body: object) -> str:
        """Have a number rung; returns the call control id."""
        answer = await self._post("/v2/calls", "", command_id, body)
        try:
            found: Any = load_json(answer)
            return str(found["data"]["call_control_id"])
        except (ValueError, KeyError, TypeError):
            raise Rejected("telnyx", "no call control id") from None

    async def _post(self, path: str, call: str, command_id: str, body: dict[str, object]) -> bytes:
        try:
            async with self._session.post(self._url + path, json={**body, "command_id": command_id}) as answer:
                if answer.status // 100 == 2:
                    return await answer.read()
                code = await _code(answer)
        except TimeoutError:
            raise TimedOut("telnyx", _TIMEOUT_S) from None
        except aiohttp.ClientError as error:
            raise Unavailable("telnyx", type(error).__name__) from None
        if answer.status == 404 or code == _GONE:
            raise NotFound("call", call)
        raise Rejected("telnyx", f"{answer.status}/{code}")


async def _code(answer: aiohttp.ClientResponse) -> str:
    """The first error's code, where the body is what is documented."""
    try:
        return str((await answer.json())["errors"][0]["code"])[:20]
    except (ValueError, KeyError, IndexError, TypeError, aiohttp.ContentTypeError):
        return ""


@asynccontextmanager
async def open_rest(api_key: str, url: str) -> AsyncIterator[TelnyxRest]:
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, headers={"Authorization": f"Bearer {api_key}"}) as session:
        yield TelnyxRest(session, url)
