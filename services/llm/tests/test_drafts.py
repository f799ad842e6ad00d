"""Drafts: begun before the turn is committed, made real by the commit, forgotten when the caller goes on."""

import asyncio

import pytest
from parley.v1 import events_pb2, live_pb2
from parley_core.agents import ModelChoice
from parley_core.bus import subjects
from parley_core.bus.log import event_name
from parley_core.errors import Unavailable
from parley_llm.providers.base import Finished, TextDelta, ToolCallRequest

TEXT = "what are your opening hours on saturday"


class Model:
    """Says its deltas, waits at events, asks for tools, fails at errors; a new stream for each list."""

    wants_knowledge = False
    replays = False

    def __init__(self, *streams) -> None:
        self.name = "one"
        self.streams = list(streams)
        self.requests = []
        self.failed = asyncio.Event()

    async def start(self) -> None:
        return None

    async def stream(self, request):
        self.requests.append(request)
        for step in self.streams.pop(0):
            if isinstance(step, asyncio.Event):
                await step.wait()
            elif isinstance(step, Exception):
                self.failed.set()
                raise step
            elif isinstance(step, ToolCallRequest):
                yield step
            else:
                yield TextDelta(step)
        yield Finished("stop", input_tokens=10, output_tokens=4)

    async def close(self) -> None:
        return None


@pytest.fixture
def model(house):
    async def use(*streams) -> Model:
        made = Model(*streams)
        # What it says of the opening times is borne out by its document.
        prompt = "Open on Saturday from nine to one. Sunday we are closed."
        told = {"models": [ModelChoice(provider="one")], "flows": [], "prompt": prompt}
        house.providers = {"one": made}
        await house.publish(house.agent.model_copy(update=told))
        return made

    return use


def draft(house, turn: int, number: int, text: str = TEXT) -> None:
    asked = live_pb2.Draft(turn=turn, draft=number, text=text)
    house.bus.post(subjects.live_draft(house.tenant, house.call), asked.SerializeToString())


def drop(house, turn: int, number: int) -> None:
    house.bus.post(
        subjects.live_stop(house.tenant, house.call), live_pb2.Stop(turn=turn, draft=number).SerializeToString()
    )


def commit(caller, turn: int, number: int, text: str = TEXT) -> None:
    caller.log.append(events_pb2.TurnCommitted(turn=turn, text=text, draft=number))


def drafted(caller, number: int, count: int = 1):
    return lambda: sum(1 for say in caller.says if say.draft == number and say.text) >= count


def of_turn(caller, turn: int) -> list[str]:
    """Names of the log's events that belong to the turn, the gateway's own aside."""
    found = []
    for event in caller.events:
        body = getattr(event, event.WhichOneof("body"))
        if getattr(body, "turn", None) == turn and event.source.startswith("llm/"):
            found.append(event_name(event))
    return found


async def test_a_draft_is_said_with_its_number_and_leaves_the_log_alone(house):
    async with house.caller() as caller:
        caller.speaks = False
        draft(house, 1, 1)
        await caller.until(lambda: any(say.draft == 1 and say.end for say in caller.says))
        assert of_turn(caller, 1) == []


async def test_a_commit_makes_the_draft_real_without_saying_it_again(house):
    async with house.caller() as caller:
        caller.speaks = False
        draft(house, 1, 1)
        await caller.until(lambda: any(say.draft == 1 and say.end for say in caller.says))
        said = [say for say in caller.says if say.turn == 1]
        commit(caller, 1, 1)
        replied = (await caller.logged("Replied", 2))[-1]
        assert replied.text.startswith("On Saturday we are open from nine")
        assert [say for say in caller.says if say.turn == 1] == said
        names = of_turn(caller, 1)
        assert names.count("SentenceSaid") == replied.sentences
        assert names.index("SentenceSaid") < names.index("Replied")
        assert "KnowledgeSearched" in names


async def test_what_follows_the_commit_is_said_without_a_draft_number(house, model):
    gate = asyncio.Event()
    await model(["The first sentence is here. ", gate, "And this is the second one."])
    async with house.caller() as caller:
        caller.speaks = False
        draft(house, 1, 1)
        await caller.until(drafted(caller, 1))
        commit(caller, 1, 1)
        await caller.until(lambda: "SentenceSaid" in of_turn(caller, 1))
        gate.set()
        await caller.until(lambda: caller.end_of(1) is not None)
        says = [(say.sentence, say.draft) for say in caller.says if say.turn == 1 and say.text]
        assert says == [(0, 1), (1, 0)]


async def test_a_dropped_draft_leaves_only_its_number_and_its_cost(house, model):
    script = await model(["Saturday from nine to one. ", "More of it. "], ["Sunday we are closed."])
    async with house.caller() as caller:
        draft(house, 1, 1)
        await caller.until(drafted(caller, 1))
        drop(house, 1, 1)
        (dropped,) = await caller.logged("DraftDropped")
        assert (dropped.turn, dropped.draft) == (1, 1)
        assert dropped.output_tokens > 0
        wasted = [one for one in await caller.logged("UsageMeasured") if one.wasted]
        assert all(one.turn == 1 for one in wasted)
        assert any(one.meter == "llm_output_tokens" for one in wasted)
        await caller.ask("are you open on sunday")
        assert "Saturday" not in repr(script.requests[-1].history)
        assert script.requests[-1].said == ""
        await caller.logged("Replied", 2)
        assert [e.sentence_said.text for e in caller.events if e.sentence_said.turn == 1] == ["Sunday we are closed."]


async def test_a_newer_draft_takes_the_place_of_the_older(house, model):
    await model(["One answer to this. "], ["Another answer to all of it. "])
    async with house.caller() as caller:
        caller.speaks = False
        draft(house, 1, 1, "tell me")
        await caller.until(drafted(caller, 1))
        draft(house, 1, 2, "tell me more")
        await caller.until(drafted(caller, 2))
        commit(caller, 1, 2, "tell me more")
        replied = (await caller.logged("Replied", 2))[-1]
        assert replied.text == "Another answer to all of it."
        assert len(await caller.logged("DraftDropped")) == 1


async def test_another_text_at_the_commit_is_answered_anew(house, model):
    script = await model(["One answer to this. "], ["The answer to the whole. "])
    async with house.caller() as caller:
        caller.speaks = False
        draft(house, 1, 1, "tell me")
        await caller.until(drafted(caller, 1))
        commit(caller, 1, 0, "tell me everything")
        replied = (await caller.logged("Replied", 2))[-1]
        assert replied.text == "The answer to the whole."
        assert script.requests[-1].text == "tell me everything"
        assert [say.draft for say in caller.says if say.turn == 1 and say.text] == [1, 0]


async def test_a_look_up_runs_in_a_draft_and_a_tool_with_effects_waits_for_the_commit(house, model):
    look = ToolCallRequest("find_slots", '{"when": "2026-12-01"}')
    act = ToolCallRequest("send_sms", '{"to": "+1", "text": "x"}')
    await model([look], ["I will send you that. ", act], ["It is on its way."])
    async with house.caller() as caller:
        caller.speaks = False
        draft(house, 1, 1)
        await caller.until(drafted(caller, 1))
        assert [name for name, _ in house.tools.executed] == ["find_slots"]
        assert of_turn(caller, 1) == []
        commit(caller, 1, 1)
        await caller.until(lambda: caller.end_of(1) is not None)
        assert [name for name, _ in house.tools.executed] == ["find_slots", "send_sms"]
        called = await caller.logged("ToolCalled", 2)
        assert len({one.idempotency_key for one in called}) == 2


async def test_a_dropped_draft_never_calls_a_tool_with_effects(house, model):
    act = ToolCallRequest("send_sms", '{"to": "+1", "text": "x"}')
    await model(["I will send you that. ", act], ["What else can I do?"])
    async with house.caller() as caller:
        draft(house, 1, 1)
        await caller.until(drafted(caller, 1))
        drop(house, 1, 1)
        await caller.logged("DraftDropped")
        await caller.ask("never mind")
        assert house.tools.executed == []
        assert "ToolCalled" not in of_turn(caller, 1)


async def test_two_drafts_look_up_under_different_keys(house, model):
    first = ToolCallRequest("find_slots", '{"when": "2026-12-01"}')
    second = ToolCallRequest("find_slots", '{"when": "2026-12-02"}')
    await model([first], ["The first is free. "], [second], ["The second is free. "])
    async with house.caller() as caller:
        caller.speaks = False
        draft(house, 1, 1, "on the first")
        await caller.until(drafted(caller, 1))
        draft(house, 1, 2, "on the first or the second")
        await caller.until(drafted(caller, 2))
        assert [given["when"] for _, given in house.tools.executed] == ["2026-12-01", "2026-12-02"]


async def test_a_draft_that_failed_is_made_again_at_the_commit(house, model):
    script = await model([Unavailable("one", "down")], ["Here is the answer now."])
    async with house.caller() as caller:
        draft(house, 1, 1)
        await asyncio.wait_for(script.failed.wait(), 5)
        commit(caller, 1, 1)
        assert await caller.reply(1) == "Here is the answer now."
        assert not [one for one in caller.events if one.HasField("turn_failed")]


async def test_a_draft_for_a_turn_that_is_over_is_not_begun(house):
    async with house.caller() as caller:
        await caller.ask(TEXT)
        draft(house, 1, 1)
        await caller.ask("do you accept blue cross insurance")
        assert not [say for say in caller.says if say.draft]


async def test_a_stop_that_overtakes_its_draft_keeps_it_from_being_made(house):
    async with house.caller() as caller:
        drop(house, 1, 1)
        draft(house, 1, 1)
        assert (await caller.ask(TEXT)).startswith("On Saturday")
        assert not [say for say in caller.says if say.draft]


async def test_a_booking_made_through_drafts_is_the_same_as_one_made_without(house, clinic_call):
    async with house.caller() as caller:
        for number, (said, expected) in enumerate(clinic_call, 1):
            draft(house, number, 2 * number - 1, said[: len(said) // 2])
            draft(house, number, 2 * number, said)
            caller.turn = number
            commit(caller, number, 2 * number, said)
            assert expected in await caller.reply(number)
        assert [name for name, _ in house.tools.executed if name != "find_slots"] == ["book_appointment", "send_sms"]


async def test_the_worker_that_takes_a_drafted_turn_up_answers_it_with_a_newer_take(house):
    async with house.caller() as caller:
        caller.speaks = False
        draft(house, 1, 1)
        await caller.until(drafted(caller, 1))
        await house.opened[0].close("killed")
        commit(caller, 1, 1)
        await house.open("w2", resume=True)
        caller.claimed("llm", "w2", resume=True)
        await caller.until(lambda: any(say.end and say.turn == 1 and not say.draft for say in caller.says))
        again = [say for say in caller.says if say.turn == 1 and say.text and not say.draft]
        assert again
        assert all(say.take == 1 for say in again)


async def test_a_draft_is_begun_when_all_that_it_builds_on_is_known(house, model):
    made = await model(["Good morning. "], ["We open at nine. "])
    async with house.caller() as caller:
        caller.speaks = False
        await caller.reply(caller.commit("good morning"))
        asked = live_pb2.Draft(turn=2, draft=1, text=TEXT, log_source=caller.log.source, log_seq=caller.log.seq + 1)
        house.bus.post(subjects.live_draft(house.tenant, house.call), asked.SerializeToString())
        caller.speak(1, 0, "Good morning.")
        await caller.until(drafted(caller, 1))
    told = [message.text for message in made.requests[-1].history if message.role == "agent"]
    assert told[-1] == "Good morning."
    assert len(made.requests) == 2
