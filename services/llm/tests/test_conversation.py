"""Whole conversations in text, through the real coroutine on a real bus."""

from parley.v1 import events_pb2
from parley_core.conversation import fold

CLINIC_CALL = [
    ("what are your opening hours on saturday", "On Saturday we are open from nine"),
    ("do you accept blue cross insurance", "Yes, we accept Blue Cross"),
    ("i would like to book an appointment for next tuesday at ten thirty", "May I have your full name?"),
    ("my name is maria lopez", "And what is your phone number?"),
    ("five five five zero one four two", "I have Maria Lopez for Tuesday,"),
    ("yes that is right", "You are booked for Tuesday,"),
    ("thank you goodbye", "Thank you for calling Riverside Clinic. Goodbye."),
]


async def test_a_whole_clinic_call(house):
    async with house.caller() as caller:
        for said, expected in CLINIC_CALL:
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


async def test_the_log_folds_to_what_the_conversation_knows(house):
    async with house.caller() as caller:
        for said, _ in CLINIC_CALL:
            await caller.ask(said)
        await caller.logged("Replied", 8)
        events = await caller.stored()
        again = fold(events)
        live = house.opened[0]._memory.conversation
        live.seen.clear()
        again.seen.clear()
        assert again == live
