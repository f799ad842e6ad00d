"""Whole conversations in text, through the real coroutine on a real bus."""

from parley.v1 import events_pb2
from parley_core.conversation import fold


async def test_a_whole_clinic_call(house, clinic_call):
    async with house.caller() as caller:
        for said, expected in clinic_call:
            reply = await caller.ask(said)
            assert expected in reply
        assert caller.end_of(7).then == events_pb2.AFTER_REPLY_HANG_UP
        assert [name for name, _ in house.tools.executed] == ["find_slots", "book_appointment", "send_sms"]
        booked = house.tools.executed[1][1]
        assert booked["name"] == "Maria Lopez"
        assert booked["phone"] == "5550142"
        assert booked["when"].endswith("T10:30")
        assert house.tools.executed[2][1]["to"] == "5550142"
        await caller.logged("Replied", 8)


async def test_the_log_folds_to_what_the_conversation_knows(house, clinic_call):
    async with house.caller() as caller:
        for said, _ in clinic_call:
            await caller.ask(said)
        await caller.logged("Replied", 8)
        events = await caller.stored()
        again = fold(events)
        live = house.opened[0]._memory.conversation
        live.seen.clear()
        again.seen.clear()
        assert again == live
