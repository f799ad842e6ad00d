"""What every model must do, run on each of them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
import pytest_asyncio
from parley_core.agents import AgentDocument
from parley_core.errors import ParleyError, Rejected, TimedOut, Unavailable
from parley_core.providers import Attempts, kind_of
from parley_core.vendors import Endpoint
from parley_llm.metrics import LlmMetrics
from parley_llm.ports import Found
from parley_llm.providers.anthropic import AnthropicProvider
from parley_llm.providers.base import Asker, Finished, ModelEvent, ModelProvider, ModelRequest, TextDelta
from parley_llm.providers.fake import FakePace, FakeProvider
from parley_llm.providers.google import GoogleProvider
from parley_llm.providers.openai_compatible.provider import OpenAiProvider
from parley_llm.providers.rule_based.brain import RuleBasedProvider
from parley_llm.providers.triton import TritonProvider
from parley_testing.conversation import FakeKnowledge
from parley_testing.vendors.chat import ChatPeer, chat_server, said
from parley_testing.vendors.models import Body, ModelPeer, claude, gemini, model_server
from parley_testing.vendors.text_model import TextModelPeer, text_model_server

pytestmark = pytest.mark.outside

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
KNOWLEDGE = {"opening hours saturday": "On Saturday we are open from nine to one."}


@dataclass(frozen=True, slots=True)
class Case:
    """A model under test, and how to harm it. None: it cannot fail in this way."""

    provider: ModelProvider
    hang: Callable[[], None]
    fail: Callable[[], None] | None  # for a while
    refuse: Callable[[], None] | None  # for good
    go_on: Callable[[], None]


class Knowledge(FakeKnowledge):
    hangs = False

    async def answer(self, asker: Asker, question: str) -> Found:
        if self.hangs:
            await asyncio.Event().wait()
        return await super().answer(asker, question)


@contextlib.asynccontextmanager
async def fake() -> AsyncIterator[Case]:
    made = FakeProvider(FakePace(first_token_ms=0, token_ms=0, tokens=12))

    def become(pace: FakePace, failure: ParleyError | None = None) -> Callable[[], None]:
        def change() -> None:
            made.pace, made.failure = pace, failure

        return change

    yield Case(
        made,
        become(FakePace(first_token_ms=3_600_000)),
        become(made.pace, Unavailable("fake", "for a while")),
        become(made.pace, Rejected("fake", "401")),
        become(made.pace),
    )


@contextlib.asynccontextmanager
async def rule_based() -> AsyncIterator[Case]:
    knowledge = Knowledge(KNOWLEDGE)

    def hang(*, hangs: bool) -> Callable[[], None]:
        return lambda: setattr(knowledge, "hangs", hangs)

    yield Case(RuleBasedProvider(knowledge), hang(hangs=True), None, None, hang(hangs=False))


@contextlib.asynccontextmanager
async def openai() -> AsyncIterator[Case]:
    peer = ChatPeer(said("On Saturday ", "we are open ", "from nine to one."))

    def become(status: int = 200, *, hangs: bool = False) -> Callable[[], None]:
        def change() -> None:
            peer.status, peer.hangs = status, hangs

        return change

    async with chat_server(peer) as address:
        provider = OpenAiProvider(api_key="k", base_url=address, default_model="m", connect_s=2)
        yield Case(provider, become(hangs=True), become(503), become(401), become())
        await provider.close()


@contextlib.asynccontextmanager
async def by_sdk(make: Callable[[Endpoint], ModelProvider], stream: Sequence[Body]) -> AsyncIterator[Case]:
    peer = ModelPeer(stream)

    def become(status: int = 200, *, hangs: bool = False) -> Callable[[], None]:
        def change() -> None:
            peer.status, peer.hangs = status, hangs

        return change

    async with model_server(peer) as address:
        provider = make(Endpoint("k", address, "m"))
        yield Case(provider, become(hangs=True), become(503), become(401), become())
        await provider.close()


def anthropic() -> contextlib.AbstractAsyncContextManager[Case]:
    return by_sdk(AnthropicProvider, claude({"text": "On Saturday |we are open |from nine to one."}))


def google() -> contextlib.AbstractAsyncContextManager[Case]:
    pieces = ("On Saturday ", "we are open ", "from nine to one.")
    return by_sdk(GoogleProvider, gemini(*({"text": piece} for piece in pieces)))


@contextlib.asynccontextmanager
async def triton() -> AsyncIterator[Case]:
    peer = TextModelPeer(["On Saturday ", "we are open ", "from nine to one."])

    def become(status: grpc.StatusCode | None = None, *, hangs: bool = False) -> Callable[[], None]:
        def change() -> None:
            peer.fails, peer.hangs = status, hangs

        return change

    async with text_model_server(peer) as address:
        provider = TritonProvider(Endpoint("", address, "m"))
        fails, refuses = become(grpc.StatusCode.UNAVAILABLE), become(grpc.StatusCode.UNAUTHENTICATED)
        yield Case(provider, become(hangs=True), fails, refuses, become())
        await provider.close()


KINDS = {
    "fake": fake,
    "rule_based": rule_based,
    "openai": openai,
    "anthropic": anthropic,
    "google": google,
    "triton": triton,
}


@pytest_asyncio.fixture(params=KINDS)
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    async with KINDS[request.param]() as made:
        await made.provider.start()
        yield made
        await made.provider.close()


@pytest.fixture
def question(clinic: AgentDocument) -> ModelRequest:
    return ModelRequest("t", "c", 1, clinic, "what are your opening hours on saturday", NOW)


async def ask(provider: ModelProvider, request: ModelRequest) -> tuple[str, list[ModelEvent]]:
    events = [event async for event in provider.stream(request)]
    return "".join(event.text for event in events if isinstance(event, TextDelta)), events


class TestEveryProvider:
    async def test_it_answers_and_ends_with_what_it_used(self, case: Case, question: ModelRequest) -> None:
        text, events = await ask(case.provider, question)
        assert text.strip()
        assert [type(event) for event in events].index(Finished) == len(events) - 1
        finished = events[-1]
        assert isinstance(finished, Finished)
        assert finished.finish == "stop"
        assert finished.input_tokens > 0
        assert finished.output_tokens > 0

    async def test_two_calls_at_once_have_their_own_answers(self, case: Case, question: ModelRequest) -> None:
        other = replace(question, call="other")
        answers = await asyncio.gather(ask(case.provider, question), ask(case.provider, other))
        assert answers[0] == answers[1]

    async def test_a_stream_that_is_closed_in_the_middle_does_not_disturb_the_next(
        self, case: Case, question: ModelRequest
    ) -> None:
        async with aclosing(stream(case.provider, question)) as events:
            await anext(events)
        assert (await ask(case.provider, question))[0]

    async def test_a_cancelled_stream_does_not_disturb_the_next(self, case: Case, question: ModelRequest) -> None:
        case.hang()
        asking = asyncio.create_task(ask(case.provider, question))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        case.go_on()
        assert (await ask(case.provider, question))[0]

    async def test_what_hangs_is_left_at_the_deadline(self, case: Case, question: ModelRequest) -> None:
        case.hang()
        attempts = Attempts(LlmMetrics().providers)
        with pytest.raises(TimedOut), attempts.attempt(case.provider.name) as attempt:
            await anext(attempt.paced(case.provider.stream(question), first_s=0.1, next_s=0.1))
        case.go_on()
        assert (await ask(case.provider, question))[0]

    async def test_failures_say_whether_they_pass(self, case: Case, question: ModelRequest) -> None:
        for harm, permanent in ((case.fail, False), (case.refuse, True)):
            if harm is None:
                continue
            harm()
            with pytest.raises(ParleyError) as caught:
                await ask(case.provider, question)
            assert kind_of(caught.value).permanent is permanent
        case.go_on()
        assert (await ask(case.provider, question))[0]

    async def test_it_answers_in_every_language_of_an_agent(self, case: Case, question: ModelRequest) -> None:
        agent = question.agent.model_copy(update={"language": "es-ES"})
        assert (await ask(case.provider, replace(question, agent=agent, text="adiós")))[0]

    async def test_it_may_be_closed_twice(self, case: Case, question: ModelRequest) -> None:
        await ask(case.provider, question)
        for _ in range(2):
            await case.provider.close()


def stream(provider: ModelProvider, request: ModelRequest) -> Any:
    return provider.stream(request)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_never_started_may_be_closed(kind: str) -> None:
    async with KINDS[kind]() as made:
        await made.provider.close()
