"""The recogniser of one call: another provider's when one fails, another language's when the call changes its language.

`call.py` asks before each attempt at an utterance and reports failures. `LanguageChanged` has the next language's
recogniser made ready while the caller still listens; an utterance that names its language makes sure.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from parley.v1 import events_pb2
from parley_core import clock
from parley_core.bus.log import CallLog
from parley_core.errors import ParleyError
from parley_core.providers import Attempts, Candidates
from parley_core.tasks import Tasks

from parley_asr.language.corpus import Speech
from parley_asr.providers.base import Recogniser, RecogniserProvider, RecogniserRequest

log = logging.getLogger(__name__)

OPEN_S = 10.0  # a language model may have to be built


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider that an agent names. An empty `asked_model` is the provider's own."""

    provider: RecogniserProvider
    asked_model: str = ""

    @property
    def name(self) -> str:
        return self.provider.name

    @property
    def model(self) -> str:
        return self.asked_model or self.provider.model


@dataclass(eq=False, slots=True)
class _Ear:
    """What hears one language: the first candidate's recogniser, None until it is opened."""

    language: str
    candidates: Candidates[Candidate]
    recogniser: Recogniser | None = None
    opened_at: float = 0.0  # monotonic seconds


class CallRecogniser:
    def __init__(
        self,
        chains: Mapping[str, Sequence[Candidate]],
        language: str,
        *,
        first: Sequence[Candidate],
        speech_in: Callable[[str], Speech],
        attempts: Attempts,
        call_log: CallLog,
    ) -> None:
        """`chains`: who may hear each of the agent's languages, best first. `language`: of the first utterance, which
        `first` hear."""
        self.known = tuple(chains)
        self._chains = chains
        self._speech_in = speech_in
        self._attempts = attempts
        self._log = call_log
        self._tasks = Tasks(f"recognisers of {call_log.call}")
        self._now = self._ear(language, first)
        self._next: _Ear | None = None
        self._opening = asyncio.Lock()
        self._refused: set[str] = set()

    @property
    def language(self) -> str:
        """What the next stream hears."""
        return self._now.language

    @property
    def candidate(self) -> Candidate:
        """Who hears it."""
        return self._now.candidates.first

    @property
    def others(self) -> int:
        """How many could be asked instead."""
        return len(self._now.candidates) - 1

    async def open(self) -> None:
        """Have the first language's recogniser. Raises the last candidate's error where none can be had."""
        await self._open(self._now)

    async def prepare(self, language: str) -> None:
        """Have a recogniser for this language ready. A missing one is reported on the log, once."""
        async with self._opening:
            if language == self.language:
                before, self._next = self._next, None
                if before is not None:
                    self._close(before)
                return
            ready = self._next.language if self._next is not None else self.language
            if language == ready or language not in self.known or language in self._refused:
                return
            ear = self._ear(language, self._chains[language])
            try:
                await self._open(ear)
            except ParleyError as error:
                self._refused.add(language)
                log.warning("language not supported", extra={"call": self._log.call, "error": type(error).__name__})
                self._log.append(
                    events_pb2.LanguageRefused(
                        language=language, role="asr", detail=f"the recogniser cannot be had: {type(error).__name__}"
                    )
                )
                return
            before, self._next = self._next, ear
            if before is not None:
                self._close(before)

    async def recogniser(self, language: str) -> Recogniser:
        """The recogniser for an utterance in this language (""; or one that is not known: the one that is there).

        Raises the last candidate's error where none can be had.
        """
        if language and language != self.language:
            await self.prepare(language)
            if self._next is not None and self._next.language == language:
                before, self._now, self._next = self._now, self._next, None
                self._close(before)
        return self._now.recogniser or await self._open(self._now)

    def failed(self) -> None:
        """The first candidate lost an utterance: the next one is asked from now on, where there is one."""
        if self.others:
            self._close(self._now)
            self._next_candidate(self._now)

    async def close(self) -> None:
        for ear in (self._next, self._now):
            if ear is not None:
                self._close(ear)
        await self._tasks.finish()

    def _ear(self, language: str, chain: Sequence[Candidate]) -> _Ear:
        return _Ear(language, Candidates(self._attempts.order(chain, lambda one: one.name)))

    async def _open(self, ear: _Ear) -> Recogniser:
        for left in reversed(range(len(ear.candidates))):
            candidate = ear.candidates.first
            request = RecogniserRequest(
                self._speech_in(ear.language),
                ear.language,
                self._others(ear.language, candidate),
                candidate.asked_model,
            )
            try:
                with self._attempts.attempt(candidate.name) as attempt:
                    ear.opened_at = clock.current().monotonic()
                    ear.recogniser = await attempt.within(candidate.provider.open(request), OPEN_S)
                    return ear.recogniser
            except ParleyError as error:
                log.warning("recogniser unavailable", extra={"provider": candidate.name, "error": type(error).__name__})
                self._next_candidate(ear)
                if not left:
                    raise
        raise AssertionError("the last candidate opens or raises")

    def _others(self, language: str, candidate: Candidate) -> tuple[str, ...]:
        """The agent's other languages that the same provider and model are to hear."""
        return tuple(tag for tag in self.known if tag != language and candidate in self._chains[tag])

    def _next_candidate(self, ear: _Ear) -> None:
        before = ear.candidates.first.name
        if len(ear.candidates) > 1:
            self._attempts.fell_back(before, ear.candidates.failed().name)

    def _close(self, ear: _Ear) -> None:
        # Closing may wait for a vendor that does not answer; the next utterance does not wait for that.
        if ear.recogniser is not None:
            self._tasks.spawn(ear.recogniser.close(), "close recogniser")
            ear.recogniser = None
            self._meter(ear)

    def _meter(self, ear: _Ear) -> None:
        """Put on the log what a provider bills that counts the time connected."""
        candidate = ear.candidates.first
        if candidate.provider.billing.connected:
            connected_ms = round((clock.current().monotonic() - ear.opened_at) * 1000)
            self._log.append(
                events_pb2.UsageMeasured(
                    meter="asr_seconds",
                    provider=candidate.name,
                    model=candidate.model,
                    quantity=candidate.provider.billing.of(connected_ms),
                )
            )
