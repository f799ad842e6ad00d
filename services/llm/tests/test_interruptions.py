"""Barge-in, failing models, guardrails: what a turn does when it does not go its way."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from parley.v1 import events_pb2, live_pb2
from parley_core.agents import ModelChoice
from parley_core.bus import subjects
from parley_core.errors import Unavailable
from parley_llm.providers.base import Finished, ModelEvent, ModelRequest, TextDelta
from parley_llm.tuning import ReplyTuning


class Script:
    """A model that says its deltas, waiting where a delta is an event, and raising where it is an error."""

    wants_knowledge = False
    replays = False

    def __init__(self, name: str, *deltas: str | asyncio.Event | Exception) -> None:
        self.name = name
        self.deltas = deltas
        self.requests: list[ModelRequest] = []
        self.cancelled = asyncio.Event()

    async def start(self) -> None:
        return None

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        self.requests.append(request)
        try:
            for delta in self.deltas:
                if isinstance(delta, asyncio.Event):
                    await delta.wait()
                elif isinstance(delta, Exception):
                    raise delta
                else:
                    yield TextDelta(delta)
            yield Finished("stop", input_tokens=10, output_tokens=len(self.deltas))
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled.set()
            raise

    async def close(self) -> None:
        return None


async def with_models(house, *scripts, first_token_ms=4000, **tuning):
    house.providers = {script.name: script for script in scripts}
    choices = [ModelChoice(provider=script.name, first_token_ms=first_token_ms) for script in scripts]
    await house.publish(house.agent.model_copy(update={"models": choices}))
    if tuning:
        house.tuning = ReplyTuning(**{"filler_ms": 0, "claim_seen_s": 5, "listener_s": 5, **tuning})


async def test_an_interruption_cancels_the_model_and_history_keeps_what_was_heard(house):
    never = asyncio.Event()
    script = Script("one", "This was heard by you. ", "This was not heard. ", never)
    await with_models(house, script)
    async with house.caller() as caller:
        caller.speaks = False
        caller.commit("tell me something")
        await caller.until(lambda: sum(1 for say in caller.says if say.turn == 1) == 2)
        caller.speak(1, 0, "This was heard", complete=False)
        caller.interrupt(1, "This was heard")
        await asyncio.wait_for(script.cancelled.wait(), 5)
        replies = await caller.logged("Replied", 2)
        assert replies[-1].finish == "cancelled"
        assert caller.end_of(1) is None
        script.deltas = ("Certainly, here it is.",)
        caller.speaks = True
        await caller.ask("wait what")
        history = script.requests[-1].history
        assert history[-1].text == "This was heard"
        assert history[-1].interrupted


async def test_a_stop_alone_cancels_at_once(house):
    never = asyncio.Event()
    script = Script("one", "A first sentence here. ", never)
    await with_models(house, script)
    async with house.caller() as caller:
        caller.commit("hello")
        await caller.until(lambda: any(say.turn == 1 for say in caller.says))
        stop = live_pb2.Stop(turn=1).SerializeToString()
        house.bus.post(subjects.live_stop(house.tenant, house.call), stop)
        await asyncio.wait_for(script.cancelled.wait(), 5)


async def test_a_new_turn_supersedes_the_one_that_runs(house):
    never = asyncio.Event()
    script = Script("one", "A first sentence here. ", never)
    await with_models(house, script)
    async with house.caller() as caller:
        caller.commit("hello")
        await caller.until(lambda: any(say.turn == 1 for say in caller.says))
        script.deltas = ("The second answer is this.",)
        assert await caller.ask("and another thing") == "The second answer is this."
        assert script.cancelled.is_set()


async def test_a_turn_that_is_delivered_twice_is_answered_once(house):
    async with house.caller() as caller:
        await caller.ask("what are your opening hours on saturday")
        caller.commit("what are your opening hours on saturday", turn=1)
        await caller.ask("do you accept blue cross insurance")
        assert sum(1 for say in caller.says if say.turn == 1 and say.end) == 1


async def test_the_next_model_answers_when_the_first_fails(house):
    broken, good = Script("one", Unavailable("one", "down")), Script("two", "Here I am for you.")
    await with_models(house, broken, good)
    async with house.caller() as caller:
        assert await caller.ask("hello") == "Here I am for you."
        (failed,) = await caller.logged("TurnFailed")
        assert (failed.action, failed.error) == ("fallback", "Unavailable")
        assert (await caller.logged("Replied", 2))[-1].provider == "two"


async def test_the_next_model_answers_when_the_first_is_slow(house):
    slow, good = Script("one", asyncio.Event()), Script("two", "Here I am for you.")
    await with_models(house, slow, good, first_token_ms=100)
    async with house.caller() as caller:
        assert await caller.ask("hello") == "Here I am for you."


async def test_when_no_model_answers_the_caller_is_told_and_then_handed_off(house):
    await with_models(house, Script("one", ValueError("bug")))
    async with house.caller() as caller:
        assert "something went wrong" in await caller.ask("hello")
        assert caller.end_of(1).then == events_pb2.AFTER_REPLY_LISTEN
        assert next(say for say in caller.says if say.turn == 1).kind == events_pb2.SAY_KIND_NOTICE
        assert "connecting you" in await caller.ask("hello again")
        assert caller.end_of(2).then == events_pb2.AFTER_REPLY_HAND_OFF
        assert [name for name, _ in house.tools.executed] == ["hand_off"]


async def test_a_model_that_breaks_off_or_says_nothing_never_leaves_silence(house):
    script = Script("one", "It begins well enough. ", Unavailable("one", "gone"))
    await with_models(house, script)
    async with house.caller() as caller:
        assert "something went wrong" in await caller.ask("hello")
        script.deltas = ()
        assert "say that again" in await caller.ask("hello")


async def test_a_model_that_breaks_off_before_its_first_sentence_is_followed_by_the_next(house):
    two = Script("two", "We open at nine.")
    await with_models(house, Script("one", "We open at", Unavailable("one", "gone")), two)
    async with house.caller() as caller:
        assert await caller.ask("hello") == "We open at nine."
        replied = (await caller.logged("Replied", 2))[-1]
        assert (replied.provider, replied.text, replied.finish) == ("two", "We open at nine.", "stop")
        assert [one.action for one in await caller.logged("TurnFailed")] == ["fallback"]


async def test_a_model_that_breaks_off_later_is_gone_on_from_by_the_next(house):
    two = Script("two", "It begins well enough. We open at nine.")
    await with_models(house, Script("one", "It begins well enough. And", Unavailable("one", "gone")), two)
    async with house.caller() as caller:
        assert await caller.ask("hello") == "It begins well enough. We open at nine."
        assert [one.said for one in two.requests] == ["It begins well enough."]
        assert [one.action for one in await caller.logged("TurnFailed")] == ["continued"]


async def test_models_that_all_break_off_end_in_an_apology(house):
    broken = Unavailable("one", "gone")
    await with_models(house, Script("one", "It begins well enough. And", broken), Script("two", "So it is. ", broken))
    async with house.caller() as caller:
        text = await caller.ask("hello")
        assert text.startswith("It begins well enough.")
        assert "something went wrong" in text


async def test_a_turn_that_takes_too_long_is_apologised_for(house):
    await with_models(house, Script("one", "A first sentence here. ", asyncio.Event()), turn_s=0.3)
    async with house.caller() as caller:
        assert "something went wrong" in await caller.ask("hello")


async def test_a_long_wait_is_covered_by_a_filler(house):
    gate = asyncio.Event()
    await with_models(house, Script("one", gate, "Here is the answer now."), filler_ms=50)
    async with house.caller() as caller:
        caller.commit("hello")
        await caller.until(lambda: any(say.kind == events_pb2.SAY_KIND_FILLER for say in caller.says))
        gate.set()
        assert await caller.reply(1) == "One moment, please. Here is the answer now."
        assert (await caller.logged("Replied", 2))[-1].text == "Here is the answer now."


async def test_no_filler_is_said_twice_running(house):
    gate = asyncio.Event()
    script = Script("one", gate, "Here is the answer now.")
    await with_models(house, script, filler_ms=20)
    async with house.caller() as caller:
        for turn in (1, 2):
            gate.clear()
            caller.commit("hello")
            await caller.until(
                lambda turn=turn: any(
                    say.turn == turn and say.kind == events_pb2.SAY_KIND_FILLER for say in caller.says
                )
            )
            gate.set()
            await caller.reply(turn)
        first, second = [say.text for say in caller.says if say.kind == events_pb2.SAY_KIND_FILLER]
        assert first != second


async def test_no_filler_is_said_when_the_answer_is_there(house):
    await with_models(house, Script("one", "Here is the answer now."), filler_ms=5000)
    async with house.caller() as caller:
        assert await caller.ask("hello") == "Here is the answer now."


@pytest.mark.parametrize("provider", ["rule_based", "script"])
async def test_an_emergency_is_handed_off_whatever_the_model(house, provider):
    if provider == "script":
        await with_models(house, Script("one", "Take two pills and rest."))
    async with house.caller() as caller:
        reply = await caller.ask("i have chest pain")
        assert "call nine one one" in reply
        assert caller.end_of(1).then == events_pb2.AFTER_REPLY_HAND_OFF
        (tripped,) = await caller.logged("GuardrailTripped")
        assert (tripped.rule, tripped.side, tripped.action) == ("emergency", "caller", "escalated")
        (handed,) = await caller.logged("HandoffRequested")
        assert handed.target == "front-desk"
        assert "chest pain" in handed.summary
        assert [name for name, _ in house.tools.executed] == ["hand_off"]


async def test_card_digits_are_refused_and_never_reach_a_model(house):
    script = Script("one", "What else can I do for you?")
    await with_models(house, script)
    async with house.caller() as caller:
        reply = await caller.ask("my card is four one one one one one one one one one one one one one one one")
        assert reply.startswith("Please do not give card numbers")
        await caller.ask("sorry about that")
        assert "four one one" not in repr(script.requests[-1].history)


async def test_a_diagnosis_by_the_model_is_replaced(house):
    script = Script("one", "Let me think about it. ", "You probably have the flu. ", "Drink a lot of tea. ")
    await with_models(house, script)
    async with house.caller() as caller:
        reply = await caller.ask("i feel bad")
        assert "flu" not in reply
        assert "tea" not in reply
        assert "not able to give medical advice" in reply
        (tripped,) = await caller.logged("GuardrailTripped")
        assert tripped.side == "agent"


async def test_usage_is_measured(house):
    async with house.caller() as caller:
        await caller.ask("what are your opening hours on saturday")
        usage = await caller.logged("UsageMeasured", 2)
        assert {one.meter for one in usage} == {"llm_input_tokens", "llm_output_tokens"}
        assert all(one.provider == "rule_based" and one.quantity >= 1000 for one in usage)


async def test_the_greeting_waits_for_the_voice(house):
    async with house.caller() as caller:
        claimed = next(at for at, event in enumerate(caller.events) if event.worker_claimed.role == "tts")
        said = next(at for at, event in enumerate(caller.events) if event.WhichOneof("body") == "sentence_said")
        assert claimed < said
        assert (await caller.reply(0)).startswith("Hello, this is Riverside Clinic.")


async def test_a_carrier_that_speaks_itself_is_greeted_at_once(house):
    house.tuning = ReplyTuning(filler_ms=0, claim_seen_s=5, listener_s=30)  # longer than the caller waits
    async with house.caller(in_text=True) as caller:
        assert (await caller.reply(0)).startswith("Hello, this is Riverside Clinic.")
