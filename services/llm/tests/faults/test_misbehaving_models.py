"""A model that goes wrong in any way ends in an answer, and does nothing twice."""

import json
from dataclasses import replace

import pytest
from parley_core.agents import ModelChoice
from parley_core.languages.registry import sentences
from parley_llm.providers.base import Finished, TextDelta, ToolCallRequest
from parley_llm.providers.fake import FakeProvider
from parley_llm.providers.openai_compatible.provider import OpenAiProvider
from parley_llm.tuning import ReplyTuning
from parley_testing.vendors.misbehaving import FAULTS, REFUSALS, SENTENCE, Fault, misbehaving_server

pytestmark = pytest.mark.outside

# Short, so that a test waits for no deadline of a call's.
QUICK = ReplyTuning(filler_ms=0, claim_seen_s=5, listener_s=5, token_gap_s=0.4, last_first_token_s=0.5)
PATIENT = replace(
    QUICK, token_gap_s=20, last_first_token_s=20
)  # where only the answer counts, however slow the machine
HEARD = SENTENCE.strip()
REST = "And now we look at it together."


class Second(FakeProvider):
    """Answers whatever it is asked, with a booking first where the caller wants one."""

    def __init__(self) -> None:
        super().__init__(name="second")
        self.requests = []

    async def stream(self, request):
        self.requests.append(request)
        if "book" in request.text and not request.turn_tools:
            yield ToolCallRequest("book", json.dumps({"when": "2026-11-24T10:30"}))
            yield Finished("tool_calls", 1, 1)
            return
        yield TextDelta(REST)
        yield Finished("stop", input_tokens=1, output_tokens=3)


async def employ(house, address, *, second=None, tuning=QUICK):
    first = OpenAiProvider(api_key="k", base_url=address, default_model="m", connect_s=2)
    house.tuning = tuning
    house.providers = {"openai": first}
    models = [ModelChoice(provider="openai", first_token_ms=400 if tuning is QUICK else 20_000)]
    if second is not None:
        house.providers["second"] = second
        models.append(ModelChoice(provider="second"))
    await house.publish(house.agent.model_copy(update={"models": models, "flows": []}))
    return first


@pytest.mark.parametrize("kind", FAULTS)
async def test_the_next_model_answers_and_what_was_said_stands(house, kind):
    second = Second()
    async with misbehaving_server(FAULTS[kind]) as (address, _):
        first = await employ(house, address, second=second)
        async with house.caller() as caller:
            reply = await caller.ask("are you open on saturday")
        await first.close()
    said = reply.count(HEARD)
    assert said <= 1
    # What was said whole needs no more, or is gone on from; half a sentence is never heard.
    assert reply in (HEARD, REST, f"{HEARD} {REST}")
    if second.requests:
        assert second.requests[0].said == (HEARD if said else "")


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_model_without_a_next_one_ends_in_words_too(house, kind):
    apology = sentences("en").apology
    async with misbehaving_server(FAULTS[kind]) as (address, _):
        first = await employ(house, address)
        async with house.caller() as caller:
            reply = await caller.ask("are you open on saturday")
        await first.close()
    assert reply in (HEARD, apology, f"{HEARD} {apology}")


@pytest.mark.parametrize("kind", ["stalls in a sentence", "breaks its JSON", "500", "is cut in the second sentence"])
async def test_an_effect_happens_once_whoever_asks_for_it(house, kind):
    booked = []
    house.tools.specs = (*house.tools.specs,)
    house.tools.run = {**house.tools.run, "book_appointment": lambda given: booked.append(given) or ("OK", {})}

    class Booking(Second):
        async def stream(self, request):
            if not request.turn_tools:
                yield ToolCallRequest("book_appointment", '{"when":"2026-11-24T10:30"}')
                yield Finished("tool_calls", 1, 1)
                return
            yield TextDelta(REST)
            yield Finished("stop", 1, 3)

    async with misbehaving_server(FAULTS[kind]) as (address, _):
        first = await employ(house, address, second=Booking())
        async with house.caller() as caller:
            assert (await caller.ask("book me in for tuesday at ten thirty")).endswith(REST)
            assert (await caller.ask("book me in for tuesday at ten thirty")).endswith(REST)
        await first.close()
    assert len(booked) == 1


@pytest.mark.parametrize("kind", REFUSALS)
async def test_a_refusal_that_lasts_is_asked_for_once_in_a_call(house, kind):
    async with misbehaving_server(REFUSALS[kind]) as (address, server):
        first = await employ(house, address, second=Second(), tuning=PATIENT)
        async with house.caller() as caller:
            for _ in range(4):
                assert await caller.ask("are you open on saturday") == REST
        await first.close()
    assert len(server.requests) == 1


async def test_half_a_sentence_at_the_end_of_the_tokens_is_not_said_behind_a_whole_one(house):
    from parley_testing.vendors.chat import DONE, chunk

    fault = Fault([chunk({"content": SENTENCE + "And on"}), chunk({}, "length"), DONE])
    async with misbehaving_server(fault) as (address, _):
        first = await employ(house, address, tuning=PATIENT)
        async with house.caller() as caller:
            assert await caller.ask("are you open on saturday") == HEARD
        await first.close()
