"""Twilio's REST API, as far as a call needs it: end it, or give it other instructions. Through Twilio's own SDK."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from parley_core.errors import NotFound, Rejected, TimedOut, Unavailable
from twilio.base.exceptions import TwilioRestException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

log = logging.getLogger(__name__)

_HOME = "https://api.twilio.com"
_TIMEOUT_S = 8.0
_GONE = 20404  # Twilio's code of what does not exist (any more)


class _Http(AsyncHttpClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's requests on our session, to the address of the settings. The SDK's own client logs whom it calls."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        super().__init__(log, True, _TIMEOUT_S)
        self._session = session
        self._url = url.rstrip("/")

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, str] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        authorization = {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}
        async with self._session.request(
            method.upper(),
            self._url + uri.removeprefix(_HOME),
            params=params,
            data=data,
            headers={**(headers or {}), **authorization},
            allow_redirects=allow_redirects,
        ) as answer:
            return Response(answer.status, await answer.text(), answer.headers)


class TwilioRest:
    """Raises NotFound for a call that is over, Rejected for another refusal, Unavailable, TimedOut."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def hang_up(self, call: str) -> None:
        await self._update(call, status="completed")

    async def create(self, to: str, caller: str, url: str, status_url: str, *, timeout_s: int) -> str:
        """Have a number rung; returns the CallSid. `url` is asked what to do once it is answered."""
        try:
            call = await self._client.calls.create_async(
                to=to,
                from_=caller,
                url=url,
                method="POST",
                status_callback=status_url,
                status_callback_method="POST",
                status_callback_event=["ringing", "answered", "completed"],
                timeout=timeout_s,
            )
        except TwilioRestException as error:
            raise Rejected("twilio", f"{error.status}/{error.code}") from None
        except TimeoutError:
            raise TimedOut("twilio", _TIMEOUT_S) from None
        except aiohttp.ClientError as error:
            raise Unavailable("twilio", type(error).__name__) from None
        return str(call.sid)

    async def cancel(self, call: str) -> None:
        """End a call that is ringing, and no other."""
        await self._update(call, status="canceled")

    async def instruct(self, call: str, twiml: str) -> None:
        """Have the call go on with other instructions; what it was doing ends."""
        await self._update(call, twiml=twiml)

    async def _update(self, call: str, **changes: str) -> None:
        try:
            await self._client.calls(call).update_async(**changes)
        except TwilioRestException as error:
            if error.status == 404 or error.code == _GONE:
                raise NotFound("call", call) from None
            raise Rejected("twilio", f"{error.status}/{error.code}") from None
        except TimeoutError:
            raise TimedOut("twilio", _TIMEOUT_S) from None
        except aiohttp.ClientError as error:
            raise Unavailable("twilio", type(error).__name__) from None


@asynccontextmanager
async def open_rest(account_sid: str, auth_token: str, url: str) -> AsyncIterator[TwilioRest]:
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield TwilioRest(Client(account_sid, auth_token, http_client=_Http(session, url)))
