"""The whole service in one process: started from its settings, claimed over the bus, asked over gRPC."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from parley.v1 import speech_pb2, speech_pb2_grpc
from parley_asr.app import app
from parley_asr.settings import AsrSettings, FakeSettings
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus.connection import NatsBus
from parley_core.errors import BadInput, Unavailable
from parley_core.rpc import connect
from parley_core.runtime import Runtime
from parley_core.settings import load
from parley_testing.servers import free_port


async def test_the_service_hears_a_call_and_transcribes(
    nats_url: str,
    bus: NatsBus,
    tenant: str,
    gateway: Callable[[], Any],
    tmp_path: Path,
) -> None:
    document = AgentDocument.model_validate({"agent": "clinic", "first_speaker": "caller"})
    await AgentStore(bus).put(tenant, document)
    settings = AsrSettings(
        nats_url=nats_url,
        provider="fake",
        fake=FakeSettings(texts="hello there"),
        grpc_port=free_port(),
        models_dir=str(tmp_path),
    )
    runtime = Runtime("asr", "asr-test")
    async with runtime.tasks, app(settings, runtime):
        assert runtime.health.ready
        caller = gateway()
        assert (await caller.claim()).worker == "asr-test"
        caller.speak(1, bytes(32_000))
        assert (await caller.heard(1)).text == "hello there"
        async with connect(f"127.0.0.1:{settings.grpc_port}") as channel:
            request = speech_pb2.TranscribeRequest(tenant=tenant, agent="clinic", pcm=b"\x00\x20\x00\xe0" * 8000)
            answer = await speech_pb2_grpc.AsrStub(channel).Transcribe(request, timeout=10)
        assert answer.text == "hello there"
        await runtime.drain(0.1)


async def test_without_weights_the_service_says_so_and_hears_with_pocketsphinx(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("parley_core.weights._in_package", lambda package, path: None)
    settings = AsrSettings(
        nats_url=nats_url, models_dir=str(tmp_path), weights_dir=str(tmp_path), grpc_port=free_port()
    )
    runtime = Runtime("asr", "asr-test")
    async with runtime.tasks, app(settings, runtime):
        assert runtime.health.ready
        warnings = [record for record in caplog.records if record.levelname == "WARNING"]
        assert [record.message for record in warnings] == [
            "Whisper is unavailable, PocketSphinx recognises speech instead"
        ]
    with pytest.raises(Unavailable):  # what is asked for by name is not replaced
        async with app(settings.model_copy(update={"provider": "whisper"}), Runtime("asr", "asr-test")):
            raise AssertionError("it started")


@pytest.mark.parametrize(("name", "value"), [("PROVIDER", "ears"), ("CAPACITY", "0"), ("VOLUME", "11")])
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"PARLEY_ASR_{name}", value)
    with pytest.raises(BadInput, match=f"PARLEY_ASR_{name}"):
        load(AsrSettings)
