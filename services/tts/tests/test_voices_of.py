"""Which voices a call gets, and which of them a claim may wait for."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from parley_core.errors import NotFound, Unavailable
from parley_core.providers import Registry
from parley_tts.providers.base import SpeechChunk, SpeechProvider, SpeechRequest
from parley_tts.providers.registry import voices_of


class Recorded(SpeechProvider):
    """A voice that notes its start."""

    def __init__(self, name: str, languages: tuple[str, ...] = ("en-US",), *, broken: bool = False) -> None:
        self._name, self._languages, self._broken = name, languages, broken
        self.starts = 0

    @property
    def name(self) -> str:
        return self._name

    def speaks(self, language: str) -> bool:
        return language in self._languages

    async def start(self) -> None:
        self.starts += 1
        if self._broken:
            raise Unavailable(self._name, "broken")

    def synthesise(self, request: SpeechRequest) -> AsyncGenerator[SpeechChunk, None]:
        raise AssertionError("nothing is said here")

    async def close(self) -> None: ...


def names(providers: list[SpeechProvider]) -> list[str]:
    return [one.name for one in providers]


async def test_a_claim_does_not_wait_for_a_fallback_that_was_not_started() -> None:
    chosen, slow = Recorded("vendor"), Recorded("hibari")
    registry = Registry[SpeechProvider]("voice", [chosen, slow])
    assert names(await voices_of(registry, ["", "vendor"], "en-US")) == ["vendor"]
    assert slow.starts == 0


async def test_a_fallback_that_runs_already_stands_behind_the_chosen_voice() -> None:
    registry = Registry[SpeechProvider]("voice", [Recorded("espeak"), Recorded("vendor")])
    await registry.start(["espeak"])
    assert names(await voices_of(registry, ["vendor"], "en-US")) == ["vendor", "espeak"]


@pytest.mark.parametrize("chosen", [Recorded("vendor", ("fr-FR",)), Recorded("vendor", broken=True)])
async def test_a_fallback_is_started_where_no_other_voice_can_be_had(chosen: Recorded) -> None:
    fallback = Recorded("espeak")
    registry = Registry[SpeechProvider]("voice", [chosen, fallback])
    assert names(await voices_of(registry, ["vendor"], "en-US")) == ["espeak"]
    assert fallback.starts == 1


async def test_a_language_that_no_voice_speaks_is_an_error_that_names_it() -> None:
    registry = Registry[SpeechProvider]("voice", [Recorded("espeak")])
    with pytest.raises(NotFound, match="xx"):
        await voices_of(registry, ["nobody"], "xx")


async def test_two_claims_at_once_start_a_voice_once() -> None:
    chosen = Recorded("vendor")
    registry = Registry[SpeechProvider]("voice", [chosen])
    await asyncio.gather(*(voices_of(registry, ["vendor"], "en-US") for _ in range(5)))
    assert chosen.starts == 1
