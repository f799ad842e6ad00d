"""The recogniser of one call, and another one when the call changes its language. `call.py` asks before each utterance.

`LanguageChanged` has it made ready while the caller still listens; an utterance that names its language makes sure.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from parley.v1 import events_pb2
from parley_core.bus.log import CallLog
from parley_core.errors import ParleyError

from parley_asr.providers.base import Recogniser

log = logging.getLogger(__name__)

OpenRecogniser = Callable[[str], Awaitable[Recogniser]]


class CallRecogniser:
    def __init__(
        self, recogniser: Recogniser, language: str, known: Sequence[str], open_for: OpenRecogniser, call_log: CallLog
    ) -> None:
        """`known`: those of the agent's languages that the provider recognises. `open_for` raises as `Provider.open`
        does."""
        self.known = tuple(known)
        self.language = language  # what the next stream hears
        self._recogniser = recogniser
        self._open_for = open_for
        self._log = call_log
        self._next: tuple[str, Recogniser] | None = None
        self._opening = asyncio.Lock()
        self._refused: set[str] = set()

    async def prepare(self, language: str) -> None:
        """Have a recogniser for this language at hand. One that cannot be had is told on the log, once."""
        async with self._opening:
            if language == self.language:
                before, self._next = self._next, None
                if before is not None:
                    await before[1].close()
                return
            ready = self._next[0] if self._next is not None else self.language
            if language == ready or language not in self.known or language in self._refused:
                return
            try:
                recogniser = await self._open_for(language)
            except ParleyError as error:
                self._refused.add(language)
                log.warning("language not heard", extra={"call": self._log.call, "error": type(error).__name__})
                self._log.append(
                    events_pb2.LanguageRefused(
                        language=language, role="asr", detail=f"the recogniser cannot be had: {type(error).__name__}"
                    )
                )
                return
            before, self._next = self._next, (language, recogniser)
            if before is not None:
                await before[1].close()

    async def recogniser(self, language: str) -> Recogniser:
        """The recogniser for an utterance in this language (""; or one that is not known: the one that is there)."""
        if language and language != self.language:
            await self.prepare(language)
            if self._next is not None and self._next[0] == language:
                before, (self.language, self._recogniser) = self._recogniser, self._next
                self._next = None
                await before.close()
        return self._recogniser

    async def close(self) -> None:
        if self._next is not None:
            await self._next[1].close()
        await self._recogniser.close()
