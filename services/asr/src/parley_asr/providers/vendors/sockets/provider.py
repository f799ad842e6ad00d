"""A provider whose calls each have a connection of their own. A vendor's file makes one with its dialect and facts."""

from collections.abc import Callable

from parley_core.errors import BadInput
from parley_core.languages.registry import primary

from parley_asr.providers.base import Billing, RecogniserRequest
from parley_asr.providers.vendors.sockets.dialect import Dialect
from parley_asr.providers.vendors.sockets.session import SocketRecogniser


class SocketProvider:
    def __init__(
        self,
        name: str,
        model: str,
        *,
        languages: frozenset[str],
        billing: Billing,
        dialect: Callable[[RecogniserRequest, str], Dialect],
    ) -> None:
        """`languages`: primary tags. `dialect`: makes one for a connection, from a call's request and its model."""
        self.name = name
        self.model = model
        self.billing = billing
        self.languages = languages
        self._dialect = dialect

    def hears(self, language: str) -> bool:
        return primary(language) in self.languages

    async def start(self) -> None:
        """Nothing: each call has a socket."""

    async def open(self, request: RecogniserRequest) -> SocketRecogniser:
        if request.language and not self.hears(request.language):
            raise BadInput("language", f"{request.language!r} is not heard by {self.name}")
        model = request.model or self.model
        recogniser = SocketRecogniser(self.name, request.language, lambda: self._dialect(request, model))
        await recogniser.connect()
        return recogniser

    async def close(self) -> None:
        """Nothing: the sockets are the calls'."""
