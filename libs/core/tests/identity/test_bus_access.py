"""What a real NATS server lets each service do."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import nats.errors
import pytest
from nats.aio.client import Client
from parley_core import identity
from parley_core.bus import subjects
from parley_core.bus.connection import connect, credentials
from parley_core.errors import ParleyError, Unavailable
from parley_core.identity.bus_access import server_configuration
from parley_testing.servers import nats_server

pytestmark = pytest.mark.outside
PLACE = ("t", "c-1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("identity")
    (made / "nats.json").write_text(json.dumps(server_configuration(identity.make_keys(made))))
    return made


@pytest.fixture(scope="module")
def url(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with nats_server(tmp_path_factory.mktemp("nats"), configuration=folder / "nats.json") as url:
        yield url


@pytest.fixture(autouse=True)
async def stream(url: str, folder: Path) -> AsyncIterator[None]:
    identity.adopt(identity.load(folder / "operator.nk"))
    async with connect(url, "operator"):
        pass
    yield
    identity.adopt(None)


class Raw:
    """A client below Parley's own, with a service's key, that collects what the server refuses."""

    def __init__(self, url: str, folder: Path, service: str) -> None:
        self._url = url
        self._key = identity.load(folder / f"{service}.nk")
        self._client = Client()
        self.refused: list[str] = []

    async def __aenter__(self) -> "Raw":
        identity.adopt(self._key)

        async def on_error(error: Exception) -> None:
            self.refused.append(str(error))

        await self._client.connect(self._url, error_cb=on_error, **credentials())  # type: ignore[arg-type]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def may_listen(self, subject: str) -> bool:
        self.refused.clear()
        await self._client.subscribe(subject)
        return await self._settled()

    async def may_publish(self, subject: str) -> bool:
        self.refused.clear()
        await self._client.publish(subject, b"")
        return await self._settled()

    async def _settled(self) -> bool:
        await self._client.flush()  # what the server refuses it says before it answers,
        await self._client.flush()  # and the client tells of it in a task of its own
        return not self.refused


async def test_a_stranger_gets_no_connection(url: str) -> None:
    identity.adopt(None)
    with pytest.raises(Unavailable, match="does not know this process: see PARLEY_IDENTITY"):
        async with connect(url, "stranger", timeout_s=1.0):
            pass


async def test_asr_hears_callers_and_not_agents(url: str, folder: Path) -> None:
    async with Raw(url, folder, "asr") as asr:
        assert await asr.may_listen(subjects.live_audio_in(*PLACE))
        assert await asr.may_publish(subjects.live_partial(*PLACE))
        for subject in (subjects.live_say(*PLACE), subjects.live_audio_out(*PLACE), "call.>", ">", "_INBOX.>"):
            assert not await asr.may_listen(subject), subject
        for subject in (subjects.live_say(*PLACE), subjects.log(*PLACE, "ToolReturned"), subjects.claim("llm")):
            assert not await asr.may_publish(subject), subject


async def test_billing_hears_no_call(url: str, folder: Path) -> None:
    async with Raw(url, folder, "billing") as billing:
        assert not await billing.may_listen(subjects.live_audio_in(*PLACE))
        assert not await billing.may_publish(subjects.log(*PLACE, "CallEnded"))
        assert not await billing.may_publish("$JS.API.STREAM.PURGE.CALLS")
        assert not await billing.may_publish("$JS.API.CONSUMER.DELETE.CALLS.postcall")


async def test_answers_to_one_service_are_not_heard_by_another(url: str, folder: Path) -> None:
    async with Raw(url, folder, "tts") as tts:
        assert await tts.may_listen("_INBOX_tts.>")
        for other in ("gateway", "llm", "operator"):
            assert not await tts.may_listen(f"_INBOX_{other}.>")


async def test_only_gateways_read_the_secret_that_signs_tokens(url: str, folder: Path) -> None:
    identity.adopt(identity.load(folder / "gateway.nk"))
    async with connect(url, "gateway") as bus:
        await bus.kv("gateway_secrets").put("now", b"secret")
        assert await bus.kv("gateway_secrets").get("now") == b"secret"
    identity.adopt(identity.load(folder / "llm.nk"))
    async with connect(url, "llm") as bus:
        with pytest.raises(ParleyError):
            await bus.kv("gateway_secrets").get("now")
        assert await bus.kv("agents").get("nobody") is None


async def test_the_log_takes_from_each_what_it_appends(url: str, folder: Path) -> None:
    identity.adopt(identity.load(folder / "asr.nk"))
    async with connect(url, "asr") as bus:
        heard = bus.post_stored(subjects.log(*PLACE, "Heard"), b"", message_id="a:1")
        assert await asyncio.wait_for(heard, 10) > 0
        forged = bus.post_stored(subjects.log(*PLACE, "UsageMeasured.x"), b"", message_id="a:2")
        with pytest.raises((TimeoutError, nats.errors.Error, ParleyError)):
            await asyncio.wait_for(asyncio.shield(forged), 1)
        assert [sequence for sequence, _ in await bus.read_stored(subjects.log(*PLACE, "Heard"))]
