"""What every recogniser must do, run on each of them."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from parley_asr.language.corpus import Speech
from parley_asr.metrics import AsrMetrics
from parley_asr.providers.base import Final, Recogniser, RecogniserProvider, RecogniserRequest, Stream
from parley_asr.providers.fake import FakeProvider, Script
from parley_asr.providers.pocketsphinx import PocketSphinxProvider
from parley_asr.providers.registry import VENDORS
from parley_asr.providers.vendors.deepgram import DeepgramProvider
from parley_asr.providers.whisper.decoder import WhisperDecoder
from parley_asr.providers.whisper.provider import WhisperProvider
from parley_core.errors import ParleyError, TimedOut
from parley_core.providers import Attempts, kind_of
from parley_core.vendors import Endpoint
from parley_testing.neural_speech import say
from parley_testing.vendors.deepgram import DeepgramPeer, deepgram_server
from parley_testing.vendors.grpc_recognisers import StreamPeer, stream_server
from parley_testing.vendors.openai_transcription import TranscriptionPeer, transcription_server
from parley_testing.vendors.recognisers import SOCKET_VENDORS
from parley_testing.vendors.sockets import SocketPeer, socket_server
from parley_testing.vendors.triton import TritonPeer, triton_server

pytestmark = pytest.mark.outside

ENGLISH = RecogniserRequest(Speech(phrases=("hello there", "do you accept blue cross insurance")), "en-US")
CHUNK = 3200


@dataclass(frozen=True, slots=True)
class Case:
    """A recogniser under test, and how to harm it."""

    provider: RecogniserProvider
    lose: Callable[[], None]  # what it leans on breaks; the next stream is made with a new one
    hang: Callable[[], None]  # it stops answering
    go_on: Callable[[], None]


def send(sign: signal.Signals, pids: Callable[[], list[int]]) -> Callable[[], None]:
    def kill() -> None:
        for pid in pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)

    return kill


@contextlib.asynccontextmanager
async def fake(models: Path) -> AsyncIterator[Case]:
    script = Script(("hello there",), final_s=0.01, languages=frozenset({"en", "es"}))

    def go_on() -> None:
        script.fails_after_ms, script.accept_s = None, 0.0

    yield Case(
        FakeProvider(script),
        lambda: setattr(script, "fails_after_ms", 0),
        lambda: setattr(script, "accept_s", 3600.0),
        go_on,
    )


@contextlib.asynccontextmanager
async def pocketsphinx(models: Path) -> AsyncIterator[Case]:
    made = PocketSphinxProvider(models, decoders=2, decode_timeout_s=30)

    def pids() -> list[int]:
        return made.pool.pids

    try:
        yield Case(made, send(signal.SIGKILL, pids), send(signal.SIGSTOP, pids), send(signal.SIGCONT, pids))
    finally:
        send(signal.SIGCONT, pids)()
        await made.close()


@contextlib.asynccontextmanager
async def deepgram(models: Path) -> AsyncIterator[Case]:
    peer = DeepgramPeer(refuse_languages=frozenset({"tlh"}))

    def hang(*, ends: bool = False) -> Callable[[], None]:
        return lambda: [setattr(peer, name, ends) for name in ("answer_finalize", "interims")] and None

    async with deepgram_server(peer) as address:
        yield Case(
            DeepgramProvider(Endpoint("secret", address, "nova-3")),
            lambda: setattr(peer, "drop_after_bytes", 0),
            hang(),
            hang(ends=True),
        )


@contextlib.asynccontextmanager
async def whisper(models: Path) -> AsyncIterator[Case]:
    child = WhisperDecoder(models, threads=2, timeout_s=30, shared=False)

    def pids() -> list[int]:
        return [child.pid] if child.pid else []

    try:
        yield Case(
            WhisperProvider(child),
            send(signal.SIGKILL, pids),
            send(signal.SIGSTOP, pids),
            send(signal.SIGCONT, pids),
        )
    finally:
        send(signal.SIGCONT, pids)()
        await child.close()


def on_a_socket(name: str) -> Callable[[Path], contextlib.AbstractAsyncContextManager[Case]]:
    """A vendor whose peer speaks its documented messages."""

    @contextlib.asynccontextmanager
    async def made(models: Path) -> AsyncIterator[Case]:
        peer = SocketPeer(SOCKET_VENDORS[name].wire)
        async with socket_server(peer) as address:
            yield Case(
                VENDORS[name][1](Endpoint("secret", address, "")),
                lambda: setattr(peer, "drop_after_bytes", 0),
                lambda: setattr(peer, "listens", False),
                lambda: setattr(peer, "listens", True),
            )

    return made


@contextlib.asynccontextmanager
async def openai(models: Path) -> AsyncIterator[Case]:
    peer = TranscriptionPeer()
    async with transcription_server(peer) as address:
        yield Case(
            VENDORS["openai"][1](Endpoint("secret", address, "whisper-1")),
            lambda: setattr(peer, "breaks_off", 1),
            lambda: setattr(peer, "hangs", True),
            lambda: setattr(peer, "hangs", False),
        )


def on_triton(*, sequence: bool) -> Callable[[Path], contextlib.AbstractAsyncContextManager[Case]]:
    @contextlib.asynccontextmanager
    async def made(models: Path) -> AsyncIterator[Case]:
        peer = TritonPeer(sequence=sequence)

        def go_on() -> None:
            peer.fails, peer.hangs = None, False

        async with triton_server(peer) as address:
            yield Case(
                VENDORS["triton"][1](Endpoint("", address, "")),
                lambda: setattr(peer, "fails", grpc.StatusCode.UNAVAILABLE),
                lambda: setattr(peer, "hangs", True),
                go_on,
            )

    return made


def on_grpc(vendor: str) -> Callable[[Path], contextlib.AbstractAsyncContextManager[Case]]:
    @contextlib.asynccontextmanager
    async def made(models: Path) -> AsyncIterator[Case]:
        peer = StreamPeer()

        def go_on() -> None:
            peer.fails, peer.hangs = None, False

        async with stream_server(vendor, peer) as address:
            yield Case(
                VENDORS[vendor][1](Endpoint("secret", address, "")),
                lambda: setattr(peer, "fails", grpc.StatusCode.UNAVAILABLE),
                lambda: setattr(peer, "hangs", True),
                go_on,
            )

    return made


KINDS = {
    "google": on_grpc("google"),
    "riva": on_grpc("riva"),
    "openai": openai,
    "triton": on_triton(sequence=False),
    "triton in sequences": on_triton(sequence=True),
    "fake": fake,
    "pocketsphinx": pocketsphinx,
    "deepgram": deepgram,
    "whisper": whisper,
    **{name: on_a_socket(name) for name in SOCKET_VENDORS},
}


@pytest_asyncio.fixture(params=KINDS)
async def case(request: pytest.FixtureRequest, models: Path) -> AsyncIterator[Case]:
    async with KINDS[request.param](models) as made:
        await made.provider.start()
        yield made
        await made.provider.close()


@pytest.fixture
def hello(case: Case, speaker: Any) -> bytes:
    """ "Hello there", spoken, with silence around it; by a voice that the recogniser understands."""
    spoken = say("Hello there.") if case.provider.name == "whisper" else speaker.say("Hello there.")
    return bytes(9600) + spoken + bytes(9600)


async def hear(recogniser: Recogniser, pcm: bytes) -> Final:
    stream = await recogniser.open_stream()
    for at in range(0, len(pcm), CHUNK):
        await stream.accept(pcm[at : at + CHUNK])
    return await stream.finish()


async def end(stream: Stream, pcm: bytes) -> Final:
    await stream.accept(pcm)
    return await stream.finish()


class TestEveryProvider:
    async def test_an_utterance_has_words_in_order_with_times_inside_its_audio(self, case: Case, hello: bytes) -> None:
        recogniser = await case.provider.open(ENGLISH)
        for _ in range(2):  # the second utterance's times count from its own start
            final = await hear(recogniser, hello)
            assert final.text == "hello there"
            assert 0 < final.confidence <= 1
            assert all(0 <= word.start_ms <= word.end_ms <= len(hello) / 32 + 1 for word in final.words)
            assert [word.start_ms for word in final.words] == sorted(word.start_ms for word in final.words)
        await recogniser.close()

    async def test_two_calls_at_once_hear_their_own(self, case: Case, hello: bytes) -> None:
        one, other = await case.provider.open(ENGLISH), await case.provider.open(ENGLISH)
        finals = await asyncio.gather(hear(one, hello), hear(other, hello))
        assert [final.text for final in finals] == ["hello there"] * 2
        await one.close()
        assert (await hear(other, hello)).text == "hello there"
        await other.close()

    async def test_a_dropped_utterance_leaves_nothing_behind(self, case: Case, hello: bytes) -> None:
        recogniser = await case.provider.open(ENGLISH)
        stream = await recogniser.open_stream()
        await stream.accept(hello)
        await stream.drop()
        assert (await hear(recogniser, hello)).text == "hello there"
        await recogniser.close()

    async def test_a_cancelled_request_does_not_disturb_the_next_utterance(self, case: Case, hello: bytes) -> None:
        recogniser = await case.provider.open(ENGLISH)
        stream = await recogniser.open_stream()
        await stream.accept(hello)
        finishing = asyncio.create_task(stream.finish())
        await asyncio.sleep(0)
        finishing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await finishing
        await stream.drop()
        assert (await hear(recogniser, hello)).text == "hello there"
        await recogniser.close()

    async def test_a_lost_recogniser_is_a_transient_error_and_another_stream_hears(
        self, case: Case, hello: bytes
    ) -> None:
        recogniser = await case.provider.open(ENGLISH)
        stream = await recogniser.open_stream()
        case.lose()
        with pytest.raises(ParleyError) as caught:
            await end(stream, hello)
        assert not kind_of(caught.value).permanent
        await stream.drop()
        case.go_on()
        assert (await hear(recogniser, hello)).text == "hello there"
        await recogniser.close()

    async def test_what_hangs_is_left_at_the_deadline_and_another_stream_hears(self, case: Case, hello: bytes) -> None:
        recogniser = await case.provider.open(ENGLISH)
        stream = await recogniser.open_stream()
        case.hang()
        with pytest.raises(TimedOut), Attempts(AsrMetrics().providers).attempt(case.provider.name) as attempt:
            await attempt.within(end(stream, hello), 0.2)
        case.go_on()
        assert (await hear(recogniser, hello)).text == "hello there"
        await recogniser.close()

    async def test_a_language_that_it_does_not_hear_is_refused_for_good(self, case: Case) -> None:
        assert case.provider.hears("en-US")
        assert not case.provider.hears("tlh")
        with pytest.raises(ParleyError) as caught:
            await case.provider.open(replace(ENGLISH, language="tlh"))
        assert kind_of(caught.value).permanent

    async def test_everything_may_be_closed_twice(self, case: Case, hello: bytes) -> None:
        recogniser = await case.provider.open(ENGLISH)
        await hear(recogniser, hello)
        for _ in range(2):
            await recogniser.close()
        for _ in range(2):
            await case.provider.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_never_started_may_be_closed(kind: str, models: Path) -> None:
    async with KINDS[kind](models) as made:
        await made.provider.close()
