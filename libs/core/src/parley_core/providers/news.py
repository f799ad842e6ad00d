"""What one worker learns of a vendor that refuses everything, all others of its role learn over the bus, at once.

A service that asks vendors makes one `RefusalNews` beside its `Attempts`. Without it each worker would find out by a
request of its own, at a caller's cost.
"""

import hashlib
from collections.abc import Callable

from google.protobuf.message import DecodeError
from parley.v1 import live_pb2

from parley_core.bus import subjects
from parley_core.bus.port import Bus, Message, Subscription
from parley_core.errors import BadInput
from parley_core.providers.attempts import Attempts
from parley_core.providers.health import Refused

Access = Callable[[str], str]


def fingerprint(url: str, key: str) -> str:
    """Tells whether two workers ask a vendor with the same key, without showing it."""
    return hashlib.blake2b(f"{url}\n{key}".encode(), digest_size=8, person=b"parley-access").hexdigest()


class RefusalNews:
    def __init__(self, bus: Bus, role: str, worker: str, attempts: Attempts, access: Access) -> None:
        """`access`: fingerprint of a provider's address and key, as this process asks it. A worker that was started
        with a new key is not stopped by what the ones with the old key meet."""
        self._bus = bus
        self._subject = subjects.provider_refused(role)
        self._worker = worker
        self._attempts = attempts
        self._access = access
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        self._subscription = await self._bus.subscribe(self._subject, self._heard)
        self._attempts.tell = self._tell

    async def close(self) -> None:
        if self._subscription is not None:
            await self._subscription.close()
            self._subscription = None

    def _tell(self, refused: Refused) -> None:
        body = live_pb2.ProviderRefused(
            provider=refused.provider,
            model=refused.model,
            status=refused.status,
            access=self._access(refused.provider),
            worker=self._worker,
        )
        self._bus.post(self._subject, body.SerializeToString())

    async def _heard(self, message: Message) -> None:
        try:
            body = live_pb2.ProviderRefused.FromString(message.data)
        except DecodeError:
            raise BadInput(message.subject, "is no ProviderRefused") from None
        if body.worker != self._worker and body.access == self._access(body.provider):
            self._attempts.health.refuse(Refused(body.provider, body.model, body.status))
