"""HTTP clients of the service, one for each egress policy, opened when they are first asked. Made by `app`."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

from parley_core.egress import EgressClient, EgressPolicy, Fetched

_MAX_BYTES = 1_000_000  # of an answer
_TIMEOUT_S = 15.0


class HttpClients:
    def __init__(self) -> None:
        self._open: dict[EgressPolicy, EgressClient] = {}
        self._stack = AsyncExitStack()
        self._lock = asyncio.Lock()

    def under(self, policy: EgressPolicy) -> "HttpClient":
        return HttpClient(self, policy)

    async def client(self, policy: EgressPolicy) -> EgressClient:
        async with self._lock:
            if policy not in self._open:
                made = EgressClient(policy, max_bytes=_MAX_BYTES, timeout_s=_TIMEOUT_S)
                self._open[policy] = await self._stack.enter_async_context(made)
            return self._open[policy]

    async def close(self) -> None:
        await self._stack.aclose()
        self._open.clear()


class HttpClient:
    """Requests under one policy. Redirects are not followed: an API's answer is its own."""

    def __init__(self, clients: HttpClients, policy: EgressPolicy) -> None:
        self._clients = clients
        self.policy = policy

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Fetched:
        """Raises as `EgressClient.request` does."""
        client = await self._clients.client(self.policy)
        return await client.request(method, url, headers=headers, body=body, follow=False)
