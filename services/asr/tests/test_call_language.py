"""A call that changes its language, as the recogniser's worker lives it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from parley.v1 import events_pb2, live_pb2
from parley_asr.providers.base import RecogniserRequest
from parley_asr.providers.fake import FakeProvider, FakeRecogniser, Script
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus.claims import ClaimedWorker
from parley_core.bus.log import CallLog, await_event
from parley_core.errors import Unavailable

SECOND = bytes(32_000)
Hire = Callable[..., Awaitable[ClaimedWorker]]
Calls = Callable[[], Any]  # conftest.Gateway


@pytest.fixture
async def bistro(bus: Any, tenant: str) -> str:
    document = {"agent": "bistro", "first_speaker": "caller", "languages": [{"tag": "es-ES"}, {"tag": "de-DE"}]}
    await AgentStore(bus).put(tenant, AgentDocument.model_validate(document))
    return "bistro"


def changed(caller: Any, language: str) -> CallLog:
    log = CallLog(caller.bus, caller.tenant, caller.call, "gateway/g1")
    log.append(events_pb2.LanguageChanged(language=language, turn=1))
    return log


async def test_the_answer_to_a_claim_tells_which_of_the_agents_languages_are_heard(
    hire: Hire, gateway: Calls, bistro: str
) -> None:
    await hire(FakeProvider(Script(languages=frozenset({"en", "de"}))))
    assert list((await gateway().claim(bistro)).languages) == ["en-US", "de-DE"]


async def test_after_a_change_utterances_are_heard_in_the_new_language(hire: Hire, gateway: Calls, bistro: str) -> None:
    provider = FakeProvider()
    await hire(provider)
    caller = gateway()
    await caller.claim(bistro)
    caller.speak(1, SECOND)
    assert (await caller.heard(1)).language == "en-US"
    await changed(caller, "es-ES").flush()
    caller.signal(live_pb2.Speech.KIND_STARTED, 2, language="es-ES")
    caller.speak(2, SECOND)
    assert (await caller.heard(2)).language == "es-ES"
    assert provider.opened_for == ["en-US", "es-ES"]
    assert provider.closed == 1


async def test_an_utterance_that_names_its_language_makes_up_for_a_lost_event(
    hire: Hire, gateway: Calls, bistro: str
) -> None:
    await hire(FakeProvider())
    caller = gateway()
    await caller.claim(bistro)
    caller.signal(live_pb2.Speech.KIND_STARTED, 1, language="de-DE")
    for seq in range(2):
        caller.frame(1, seq, bytes(640))
    caller.paused(1, 2)
    assert (await caller.heard(1)).language == "de-DE"


async def test_a_claim_in_a_language_that_is_not_heard_is_taken_in_another_of_the_agents(
    hire: Hire, gateway: Calls, bistro: str
) -> None:
    await hire(FakeProvider(Script(languages=frozenset({"en"}))))
    caller = gateway()
    answer = await caller.claim(bistro, language="es-ES")
    assert (answer.refused, list(answer.languages)) == ("", ["en-US"])
    caller.speak(1, SECOND)
    assert (await caller.heard(1)).language == "en-US"


async def test_an_agent_of_one_language_that_is_not_heard_is_refused(hire: Hire, gateway: Calls) -> None:
    await hire(FakeProvider(Script(languages=frozenset({"es"}))))
    assert "not in the script" in (await gateway().claim()).refused


class Fragile(FakeProvider):
    """Cannot be had for Spanish."""

    async def open(self, request: RecogniserRequest) -> FakeRecogniser:
        if request.language == "es-ES":
            raise Unavailable("the fake recogniser", "no Spanish today")
        return await super().open(request)


async def test_a_recogniser_that_cannot_be_had_is_told_once_and_the_old_one_goes_on(
    hire: Hire, gateway: Calls, bistro: str, bus: Any
) -> None:
    await hire(Fragile())
    caller = gateway()
    await caller.claim(bistro)
    changed(caller, "es-ES")
    event = await await_event(bus, caller.tenant, caller.call, "LanguageRefused", timeout_s=10)
    assert (event.language_refused.language, event.language_refused.role) == ("es-ES", "asr")
    caller.speak(1, SECOND)
    assert (await caller.heard(1)).language == "en-US"
