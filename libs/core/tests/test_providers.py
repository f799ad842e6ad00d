import asyncio
from collections.abc import AsyncGenerator

import pytest
from parley_core import clock
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus.memory import MemoryBus
from parley_core.errors import BadInput, BadReply, LimitReached, NotFound, ParleyError, Rejected, TimedOut, Unavailable
from parley_core.providers import Attempts, Candidates, FailureKind, ProviderMetrics, Registry, kind_of, refusal
from parley_core.providers.health import REST_AFTER, REST_S


class Provider:
    def __init__(self, name: str, *, fails: ParleyError | None = None) -> None:
        self.name = name
        self.fails = fails
        self.started = 0
        self.closed = 0

    async def start(self) -> None:
        self.started += 1
        await asyncio.sleep(0)
        if self.fails is not None:
            raise self.fails

    async def close(self) -> None:
        self.closed += 1


class TestRegistry:
    async def test_a_provider_starts_with_the_first_who_wants_it_and_once(self) -> None:
        one, other = Provider("one"), Provider("other")
        async with Registry("voice", [one, other]) as registry:
            await asyncio.gather(*(registry.get("one") for _ in range(5)))
            assert (one.started, other.started) == (1, 0)
        assert (one.closed, other.closed) == (1, 1)

    async def test_a_chain_has_what_can_be_had_in_order_each_once(self) -> None:
        broken = Provider("broken", fails=Unavailable("broken", "no weights"))
        registry = Registry("voice", [Provider("one"), broken, Provider("two")])
        chain = await registry.chain(["two", "nobody", "broken", "one", "two"])
        assert [provider.name for provider in chain] == ["two", "one"]
        await registry.chain(["broken", "one"])
        assert broken.started == 1  # not tried with every call

    async def test_a_chain_of_nobody_says_why(self) -> None:
        registry = Registry("voice", [Provider("broken", fails=Unavailable("broken", "no weights"))])
        with pytest.raises(Unavailable, match="no weights"):
            await registry.chain(["broken", "nobody"])
        with pytest.raises(NotFound, match="nobody"):
            await registry.chain(["nobody"])

    async def test_aliases_are_other_words_for_the_same(self) -> None:
        registry = Registry("model", [Provider("rule_based")])
        assert (await registry.get("local")).name == "rule_based"
        assert "local" in registry


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def time_us(self) -> int:
        return int(self.now * 1e6)


@pytest.fixture
def time() -> Time:
    made = Time()
    clock.CURRENT.set(made)
    return made


def names(attempts: Attempts) -> str:
    return "".join(attempts.order("abc", lambda one: one))


def fail(attempts: Attempts, provider: str) -> None:
    with pytest.raises(Unavailable), attempts.attempt(provider):
        raise Unavailable(provider, "down")


class TestAttempts:
    def test_what_is_not_parleys_error_becomes_one(self) -> None:
        with pytest.raises(Unavailable, match="ZeroDivisionError"), Attempts(ProviderMetrics("x")).attempt("a"):
            _ = 1 / 0

    async def test_every_item_of_a_stream_has_a_deadline_and_the_stream_is_closed(self) -> None:
        closed = []

        async def items() -> AsyncGenerator[int, None]:
            try:
                yield 1
                yield 2
                await asyncio.Event().wait()
            finally:
                closed.append(True)

        with Attempts(ProviderMetrics("x")).attempt("a") as attempt:
            paced = attempt.paced(items(), first_s=5, next_s=0.01)
            assert [await anext(paced), await anext(paced)] == [1, 2]
            with pytest.raises(TimedOut):
                await anext(paced)
        assert closed

    async def test_one_answer_has_a_deadline(self) -> None:
        with pytest.raises(TimedOut), Attempts(ProviderMetrics("x")).attempt("a") as attempt:
            await attempt.within(asyncio.Event().wait(), 0.01)

    def test_who_fails_several_times_running_is_asked_last_for_a_while(self, time: Time) -> None:
        attempts = Attempts(ProviderMetrics("x"))
        for _ in range(REST_AFTER):
            assert names(attempts) == "abc"
            fail(attempts, "a")
        assert names(attempts) == "bca"
        time.now += REST_S
        assert names(attempts) == "abc"

    def test_after_a_rest_one_request_finds_out_and_the_next_rest_is_longer(self, time: Time) -> None:
        attempts = Attempts(ProviderMetrics("x"))
        for _ in range(REST_AFTER):
            fail(attempts, "a")
        time.now += REST_S
        with attempts.attempt("a"):
            assert names(attempts) == "bca"  # the others do not wait for the same
        for _ in range(REST_AFTER):
            fail(attempts, "a")
        time.now += REST_S
        fail(attempts, "a")
        time.now += REST_S
        assert names(attempts) == "bca"
        time.now += REST_S
        assert names(attempts) == "abc"

    def test_a_success_forgets_the_failures(self, time: Time) -> None:
        attempts = Attempts(ProviderMetrics("x"))
        for _ in range(REST_AFTER):
            fail(attempts, "a")
        with attempts.attempt("a"):
            pass
        fail(attempts, "a")
        assert names(attempts) == "abc"

    def test_a_cancelled_request_is_no_failure(self, time: Time) -> None:
        attempts = Attempts(ProviderMetrics("x"))
        for _ in range(REST_AFTER):
            with pytest.raises(asyncio.CancelledError), attempts.attempt("a"):
                raise asyncio.CancelledError
        assert names(attempts) == "abc"


def test_a_candidate_that_failed_comes_last() -> None:
    candidates = Candidates("abc")
    assert candidates.failed() == "b"
    assert list(candidates) == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("error", "kind", "permanent"),
    [
        (refusal("v", 400), FailureKind.REFUSED, True),
        (refusal("v", 401), FailureKind.REFUSED, True),
        (refusal("v", 404), FailureKind.REFUSED, True),
        (refusal("v", 408), FailureKind.UNAVAILABLE, False),
        (refusal("v", 429), FailureKind.OVER_LIMIT, False),
        (refusal("v", 503), FailureKind.UNAVAILABLE, False),
        (refusal("v", 529), FailureKind.UNAVAILABLE, False),
        (BadReply("v", "a page"), FailureKind.BAD_REPLY, False),
        (TimedOut("v", 1), FailureKind.TIMED_OUT, False),
        (LimitReached("v", 1), FailureKind.OVER_LIMIT, False),
        (Rejected("v", "x"), FailureKind.REFUSED, True),
        (ValueError(), FailureKind.UNFORESEEN, False),
    ],
)
def test_failures_have_kinds(error: Exception, kind: FailureKind, permanent: bool) -> None:
    assert (kind_of(error), kind_of(error).permanent) == (kind, permanent)


class TestNames:
    def document(self, **fields: object) -> AgentDocument:
        return AgentDocument.model_validate({"agent": "a", "first_speaker": "caller", **fields})

    @pytest.mark.parametrize(
        ("fields", "place", "known"),
        [
            ({"models": [{"provider": "openai"}, {"provider": "opeani"}]}, "models.1.provider", "fake, google, openai"),
            ({"voice": {"provider": "espaek"}}, "voice.provider", "espeak"),
            ({"voice": {"fallbacks": ["pyttsx"]}}, "voice.fallbacks.0", "pyttsx3"),
            ({"recogniser": {"provider": "deepgrm"}}, "recogniser.provider", "deepgram"),
            ({"recogniser": {"fallbacks": ["espeak"]}}, "recogniser.fallbacks.0", "pocketsphinx"),
            (
                {"languages": [{"tag": "es-ES", "recogniser": {"provider": "x"}}]},
                "languages.0.recogniser.provider",
                "whisper",
            ),
            (
                {"languages": [{"tag": "es-ES", "models": [{"provider": "x"}]}]},
                "languages.0.models.0.provider",
                "openai",
            ),
            ({"languages": [{"tag": "es-ES", "voice": {"provider": "x"}}]}, "languages.0.voice.provider", "espeak"),
        ],
    )
    async def test_publishing_names_the_place_and_the_known_names(
        self, fields: dict[str, object], place: str, known: str
    ) -> None:
        with pytest.raises(BadInput) as caught:
            await AgentStore(MemoryBus()).put("t", self.document(**fields))
        assert caught.value.where == f"agent a: {place}"
        assert known in caught.value.problem

    async def test_documents_of_before_stay_as_they_were(self) -> None:
        store = AgentStore(MemoryBus())
        assert await store.put("t", self.document(models=[{"provider": "local"}])) == 1
        assert (await store.get("t", "a")).models[0].provider == "rule_based"
        assert await store.put("t", self.document(models=[{"provider": "rule_based"}])) == 1
