"""What the gateway says by itself: in the caller's language, or in English where that has no words of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import cast

import pytest
from parley_core.agents import AgentDocument
from parley_core.errors import Unavailable
from parley_core.languages.registry import PACKS
from parley_gateway.ports import Leg
from parley_gateway.speaking.announcements import Announcement, Announcements
from parley_testing.callers import Gateway
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]
OWN = [tag for tag, one in PACKS.items() if one.says.busy]


def speech(language: str) -> bytes:
    return language.encode() * 320


class Voice:
    """Keeps what it was asked to say; `dumb` languages it cannot speak."""

    def __init__(self, *dumb: str) -> None:
        self.asked: list[tuple[str, str]] = []
        self._dumb = dumb
        self.all_asked = asyncio.Event()

    async def __call__(self, text: str, language: str) -> bytes:
        self.asked.append((text, language))
        if len(self.asked) == len(OWN) * len(Announcement):
            self.all_asked.set()
        if language in self._dumb:
            raise Unavailable("a voice", language)
        return speech(language)


def ear(heard: list[bytes]) -> Leg:
    return cast(Leg, SimpleNamespace(send_audio=heard.append, ear_delay_s=0.0))


@pytest.mark.parametrize("announcement", Announcement)
def test_a_pack_with_one_announcement_has_them_all(announcement: Announcement) -> None:
    assert [tag for tag, one in PACKS.items() if getattr(one.says, announcement)] == OWN


@pytest.mark.parametrize(
    ("language", "spoken"), [("es-MX", "es"), ("de", "de"), ("en-GB", "en"), ("fr", "en"), ("", "en")]
)
async def test_an_announcement_is_said_in_the_language_or_in_english(language: str, spoken: str) -> None:
    voice, heard = Voice(), list[bytes]()
    announcements = Announcements(voice)
    await announcements.prepare()
    await announcements.play(ear(heard), Announcement.BUSY, language)
    assert (PACKS[spoken].says.busy, spoken) in voice.asked
    assert announcements.text(Announcement.BUSY, language) == PACKS[spoken].says.busy
    assert b"".join(heard) == speech(spoken)


async def test_prepared_announcements_are_played_without_the_speech_service() -> None:
    voice, heard = Voice(), list[bytes]()
    announcements = Announcements(voice)
    await announcements.prepare()
    assert len(voice.asked) == len(OWN) * len(Announcement)
    voice.asked.clear()
    for tag in OWN:
        await announcements.play(ear(heard), Announcement.LIMITED, tag)
    assert not voice.asked
    assert b"".join(heard) == b"".join(speech(tag) for tag in OWN)


async def test_a_language_that_no_voice_speaks_does_not_keep_the_others_waiting() -> None:
    voice, heard = Voice("en"), list[bytes]()
    announcements = Announcements(voice)
    preparing = asyncio.create_task(announcements.prepare())
    try:
        async with asyncio.timeout(60):
            await voice.all_asked.wait()
    finally:
        preparing.cancel()
    await announcements.play(ear(heard), Announcement.BUSY, "en")
    assert not heard


async def test_a_caller_is_refused_in_the_agents_language(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(AgentDocument(agent="clinic", language="de-DE", first_speaker="caller"), capacity=1)
    async with gateway.call(), gateway.connect() as client:
        await client.start()
        refused = await client.event("refused", reason="busy")
        assert refused["detail"] == PACKS["de"].says.busy
