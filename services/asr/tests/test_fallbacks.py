"""Recognisers by agent and language, and what happens to an utterance whose recogniser fails in the middle of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from parley.v1 import live_pb2
from parley_asr.call import CallLimits
from parley_asr.providers.base import RecogniserRequest
from parley_asr.providers.fake import FakeProvider, FakeRecogniser, Script
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus.claims import ClaimedWorker
from parley_core.errors import Rejected, Unavailable
from parley_core.providers import Names

SECOND = bytes(32_000)
WORDS = "one two three four five six"
Hire = Callable[..., Awaitable[ClaimedWorker]]
Calls = Callable[[], Any]  # conftest.Gateway
Publish = Callable[..., Awaitable[str]]


class Reading(FakeProvider):
    """Keeps what it was asked for."""

    def __init__(self, script: Script | None = None, *, name: str) -> None:
        super().__init__(script or Script((WORDS,), final_s=0), name=name)
        self.requests: list[RecogniserRequest] = []

    async def open(self, request: RecogniserRequest) -> FakeRecogniser:
        self.requests.append(request)
        return await super().open(request)


@dataclass
class Broken(Reading):
    """Cannot be had."""

    error: Exception = field(default_factory=lambda: Unavailable("broken", "down"))
    name: str = "broken"

    def __post_init__(self) -> None:
        super().__init__(name=self.name)

    async def open(self, request: RecogniserRequest) -> FakeRecogniser:
        raise self.error


@pytest.fixture
def publish(bus: Any, tenant: str) -> Publish:
    async def put(recogniser: dict[str, object], **more: object) -> str:
        document = AgentDocument.model_validate(
            {"agent": "shop", "first_speaker": "caller", "recogniser": recogniser, **more}
        )
        names = Names(recogniser=frozenset(name for _, kind, name in document.providers() if kind == "recogniser"))
        await AgentStore(bus, names).put(tenant, document)
        return "shop"

    return put


def say(caller: Any, utterance: int, *, seconds: int = 2) -> None:
    caller.speak(utterance, SECOND * seconds)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(Script((WORDS,), fails_after_ms=0), id="at its first audio"),
        pytest.param(Script((WORDS,), fails_after_ms=700), id="in the middle"),
        pytest.param(Script((WORDS,), fails_at_finish=True), id="at the end"),
        pytest.param(Script((WORDS,), fails_after_ms=700, failure=Rejected("one", "402")), id="for good"),
        pytest.param(Script((WORDS,), final_s=60), id="it hangs"),
    ],
)
async def test_an_utterance_is_given_to_the_next_provider_from_its_start(
    hire: Hire, gateway: Calls, publish: Publish, script: Script
) -> None:
    one, two = Reading(script, name="one"), Reading(name="two")
    await hire(one, two, limits=CallLimits(answer_s=0.3))
    caller = gateway()
    await caller.claim(await publish({"provider": "one", "fallbacks": ["two"]}))
    say(caller, 1)
    heard = await caller.heard(1)
    assert (heard.text, heard.provider) == (WORDS, "two")
    assert (heard.start_ms, heard.end_ms) == (1000, 3000)
    assert [word.start_ms for word in heard.words] == [1000, 1333, 1667, 2000, 2333, 2667]
    # The next one stays for the call: the one that failed is not asked before it.
    say(caller, 2)
    assert (await caller.heard(2)).provider == "two"
    assert len(one.requests) == 1


async def test_a_provider_that_cannot_be_had_costs_no_call(hire: Hire, gateway: Calls, publish: Publish) -> None:
    await hire(Broken(), Reading(name="two"))
    caller = gateway()
    assert (await caller.claim(await publish({"provider": "broken", "fallbacks": ["two"]}))).refused == ""
    say(caller, 1)
    assert (await caller.heard(1)).provider == "two"


async def test_the_only_provider_is_tried_again(hire: Hire, gateway: Calls, publish: Publish) -> None:
    one = Reading(Script((WORDS,), fail_utterances=frozenset({0})), name="one")
    await hire(one)
    caller = gateway()
    await caller.claim(await publish({}))
    say(caller, 1)
    assert (await caller.heard(1)).text == WORDS


async def test_where_all_fail_the_final_text_is_empty(hire: Hire, gateway: Calls, publish: Publish) -> None:
    scripts = [Script(fails_after_ms=0, failure=Rejected(name, "401")) for name in ("one", "two")]
    await hire(*(Reading(script, name=name) for script, name in zip(scripts, ("one", "two"), strict=True)))
    caller = gateway()
    await caller.claim(await publish({"provider": "one", "fallbacks": ["two"]}))
    say(caller, 1)
    assert (await caller.heard(1)).text == ""


async def test_each_language_has_its_own_recogniser_and_model(hire: Hire, gateway: Calls, publish: Publish) -> None:
    english, spanish = Reading(name="one"), Reading(name="two")
    await hire(english, spanish)
    agent = await publish(
        {"provider": "one", "model": "small"},
        languages=[{"tag": "es-ES", "recogniser": {"provider": "two", "model": "grande"}}, {"tag": "de-DE"}],
    )
    caller = gateway()
    assert list((await caller.claim(agent)).languages) == ["en-US", "es-ES", "de-DE"]
    say(caller, 1)
    assert (await caller.heard(1)).provider == "one"
    caller.signal(live_pb2.Speech.KIND_STARTED, 2, language="es-ES")
    for seq in range(50):
        caller.frame(2, seq, SECOND[:640])
    caller.paused(2, 50)
    heard = await caller.heard(2)
    assert (heard.provider, heard.language) == ("two", "es-ES")
    assert [(one.language, one.model, one.others) for one in english.requests] == [("en-US", "small", ("de-DE",))]
    assert [(one.language, one.model, one.others) for one in spanish.requests] == [("es-ES", "grande", ())]


async def test_an_agent_that_names_no_recogniser_is_heard_by_the_processes_own(
    hire: Hire, gateway: Calls, publish: Publish
) -> None:
    await hire(Reading(name="one"), Reading(name="two"))
    caller = gateway()
    await caller.claim(await publish({"fallbacks": ["two"]}))
    say(caller, 1)
    assert (await caller.heard(1)).provider == "one"
    usage = await caller.usage()
    assert (usage.provider, usage.model) == ("one", "script")


async def test_a_provider_that_this_process_has_not_is_passed_over(
    hire: Hire, gateway: Calls, publish: Publish
) -> None:
    await hire(Reading(name="one"), Reading(name="two"))
    caller = gateway()
    await caller.claim(await publish({"provider": "elsewhere", "model": "big", "fallbacks": ["two"]}))
    say(caller, 1)
    assert (await caller.heard(1)).provider == "two"
    refused = (await gateway().claim(await publish({"provider": "elsewhere"}))).refused
    assert "elsewhere" in refused
