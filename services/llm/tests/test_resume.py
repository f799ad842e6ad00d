"""A conversation that is killed after any event is taken up and ends the same, and no tool runs twice."""

import asyncio

import pytest
from parley.v1 import events_pb2
from parley_core.bus.log import event_name

# Every event from the first claim on; a call that ends before the number is not disturbed.
KILLS = range(3, 90)


async def drive(house, caller, clinic_call, kill_after: int | None) -> str:
    """Hold the clinic call; end the first worker after the log's event number `kill_after`."""
    killer = None
    if kill_after is not None:
        killer = asyncio.create_task(kill(house, caller, kill_after))
    transcript = []
    for said, _ in clinic_call:
        transcript.append(await caller.ask(said))
    if killer is not None:
        killer.cancel()
    return "\n".join(transcript)


async def kill(house, caller, after: int) -> None:
    await caller.until(lambda: len(caller.events) >= after)
    await house.opened[0].close("killed")
    await house.open("w2", resume=True)
    caller.claimed("llm", "w2", resume=True)


@pytest.mark.parametrize("after", KILLS)
async def test_the_call_ends_the_same_wherever_the_worker_dies(house, clinic_call, after):
    async with house.caller(greeted=False) as caller:
        transcript = await drive(house, caller, clinic_call, after)
        for _, expected in clinic_call:
            assert expected in transcript
        assert caller.end_of(7).then == events_pb2.AFTER_REPLY_HANG_UP
        assert [name for name, _ in house.tools.executed] == ["find_slots", "book_appointment", "send_sms"]
        said = [(e.sentence_said.turn, e.sentence_said.sentence) for e in caller.events if e.HasField("sentence_said")]
        assert len(said) == len(set(said))


async def test_a_tool_that_was_called_is_called_again_with_the_same_key(house, clinic_call):
    house.tools.held["book_appointment"] = asyncio.Event()
    async with house.caller() as caller:
        for said, _ in clinic_call[:5]:
            await caller.ask(said)
        caller.commit("yes that is right")
        await caller.logged("ToolCalled", 2)
        await house.opened[0].close("killed")
        requests = house.tools.requests
        house.tools.held["book_appointment"].set()
        await house.open("w2", resume=True)
        caller.claimed("llm", "w2", resume=True)
        assert "You are booked for Tuesday" in await caller.reply(6)
        assert house.tools.requests > requests
        assert [name for name, _ in house.tools.executed] == ["find_slots", "book_appointment", "send_sms"]
        keys = [event.tool_called.idempotency_key for event in caller.events if event_name(event) == "ToolCalled"]
        assert len(keys) == len(set(keys)) == 3


async def test_a_booking_that_the_caller_talked_over_is_told_in_the_next_turn(house, clinic_call):
    house.tools.held["book_appointment"] = asyncio.Event()
    async with house.caller() as caller:
        for said, _ in clinic_call[:5]:
            await caller.ask(said)
        book, sent = house.tools.run["book_appointment"], asyncio.Event()

        def booked(given):
            sent.set()
            return book(given)

        house.tools.run = {**house.tools.run, "book_appointment": booked}
        turn = caller.commit("yes that is right")
        await asyncio.wait_for(sent.wait(), 15)
        caller.interrupt(turn, "")
        caller.commit("hello are you there")
        house.tools.held["book_appointment"].set()
        assert "You are booked for Tuesday" in await caller.reply(turn + 1)
        assert [name for name, _ in house.tools.executed] == ["find_slots", "book_appointment", "send_sms"]


async def test_what_was_not_heard_is_said_again_by_the_next_worker(house):
    async with house.caller() as caller:
        caller.speaks = False
        turn = caller.commit("i have chest pain")
        await caller.reply(turn)
        said = {say.sentence: say.text for say in caller.says if say.turn == turn and say.text}
        caller.speak(turn, 0, "If this is an", complete=False)
        await house.opened[0].close("killed")
        caller.says.clear()
        await house.open("w2", resume=True)
        caller.claimed("llm", "w2", resume=True)
        await caller.until(lambda: caller.end_of(turn) is not None)
        again = [say for say in caller.says if say.turn == turn and say.text]
        assert again[0].sentence == 0
        assert again[0].text == said[0].removeprefix("If this is an ")
        assert [say.text for say in again[1:]] == [said[number] for number in sorted(said)[1:]]
        assert all(say.take == 1 for say in again)
        assert len(house.tools.executed) == 1


async def test_a_new_voice_says_what_was_not_heard_each_time_with_a_higher_take(house):
    async with house.caller() as caller:
        caller.speaks = False
        turn = caller.commit("what are your opening hours on saturday")
        await caller.reply(turn)
        caller.speak(turn, 0, "On Saturday we", complete=False)
        for take in (1, 2):
            caller.claimed("tts", f"tts-{take + 1}", resume=True)
            await caller.until(lambda take=take: any(say.take == take and say.text for say in caller.says))
            again = next(say for say in caller.says if say.take == take)
            assert again.text.startswith("are open from nine")


async def test_a_worker_that_lost_its_call_says_nothing_more(house):
    async with house.caller() as caller:
        await house.open("w2", resume=True)
        caller.claimed("llm", "w2", resume=True)
        await caller.ask("what are your opening hours on saturday")
        await caller.ask("do you accept blue cross insurance")
        ends = [say.turn for say in caller.says if say.end and say.turn]
        assert ends == [1, 2]
        sources = {
            event.source.split("#")[0] for event in caller.events if event.HasField("replied") and event.replied.turn
        }
        assert sources == {"llm/w2"}
