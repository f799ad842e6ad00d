"""A yes at the read-back that is taken back at once: nothing is held to be done that the caller stopped, and what was
done is said, and undone or moved where the caller wants that."""

import asyncio
import json

import pytest
from parley_llm.providers.base import WITHDRAWN, ToolOutcome

from .test_brain import BOOKING, Talk, through
from .test_flows_in_languages import GERMAN, SPANISH, in_words

BOOKINGS = {
    "en": BOOKING,
    "es": (
        "quiero pedir una cita el martes a las diez y media",
        "me llamo José García",
        "seis uno dos tres cuatro cinco seis siete ocho",
    ),
    "de": (
        "ich möchte einen Termin am Dienstag um halb elf",
        "ich heiße Jürgen Weiß",
        "null eins sieben eins zwei drei fünf fünf sechs",
    ),
}
YES = {"en": "yes", "es": "sí", "de": "ja"}
WORDS = {"en": None, "es": SPANISH, "de": GERMAN}


def talk_in(tag: str, clinic, knowledge, tools) -> Talk:
    words = WORDS[tag]
    return Talk(in_words(clinic, words) if words else clinic, knowledge, tools)


def called(talk: Talk, tool: str) -> list[dict[str, object]]:
    return [arguments for name, arguments in talk.tools.executed if name == tool]


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("en", "yes, no wait"), ("en", "Yes. No, hold on."), ("en", "yeah, oh no, one second"),
        ("en", "yes make it nine"), ("en", "sure, but Wednesday instead"),
        ("es", "sí, no, espere"), ("es", "sí... un momento"), ("es", "sí, mejor a las nueve"),
        ("es", "vale, no, el miércoles"), ("es", "sí, pero que sea el jueves"),
        ("de", "ja, nein, warten Sie"), ("de", "ja … Moment"), ("de", "ja, lieber um neun"),
        ("de", "genau, nein, doch lieber Mittwoch"), ("de", "ja, aber machen Sie Donnerstag daraus"),
    ],
)  # fmt: skip
async def test_a_yes_that_is_taken_back_in_one_breath_books_nothing(clinic, knowledge, tools, tag, said) -> None:
    talk = talk_in(tag, clinic, knowledge, tools)
    await through(talk, *BOOKINGS[tag], said)
    assert not called(talk, "book_appointment")
    assert talk.flow.flow == "book_appointment"


@pytest.mark.parametrize(
    ("tag", "said", "asks"),
    [
        ("en", "no, wait", "Shall I cancel it?"), ("en", "hold on", "Shall I cancel it?"),
        ("en", "no no no", "Shall I cancel it?"), ("en", "stop, that's wrong", "Shall I cancel it?"),
        ("es", "no, espere", "¿Quiere que lo anule?"), ("es", "un momento", "¿Quiere que lo anule?"),
        ("es", "no no, eso no", "¿Quiere que lo anule?"), ("es", "está mal", "¿Quiere que lo anule?"),
        ("de", "nein, warte", "Soll ich es stornieren?"), ("de", "halt, Moment", "Soll ich es stornieren?"),
        ("de", "nein nein, falsch", "Soll ich es stornieren?"), ("de", "stopp", "Soll ich es stornieren?"),
    ],
)  # fmt: skip
async def test_words_over_the_result_are_told_what_was_done_and_may_undo_it(
    clinic, knowledge, tools, tag, said, asks
) -> None:
    talk = talk_in(tag, clinic, knowledge, tools)
    told = await through(talk, *BOOKINGS[tag], YES[tag])
    talk.cut_off(" ".join(told.split()[:2]))
    reply = await talk.say(said)
    assert asks in reply
    assert told.split(". ")[0].rstrip(".") in reply
    assert not called(talk, "cancel_appointment")
    await talk.say(YES[tag])
    ((_, given),) = [(name, given) for name, given in talk.tools.executed if name == "cancel_appointment"]
    assert given["appointment_id"] == "apt-1"
    assert await talk.say("no" if tag == "en" else "nein danke" if tag == "de" else "no, gracias")
    assert len(called(talk, "cancel_appointment")) == 1


@pytest.mark.parametrize(
    ("tag", "said", "at"),
    [
        ("en", "make it nine", "09:00"), ("en", "no wait, nine o'clock", "09:00"),
        ("en", "sorry, I meant two thirty", "14:30"), ("en", "actually nine in the morning", "09:00"),
        ("es", "mejor a las nueve", "09:00"), ("es", "no, espere, a las nueve", "09:00"),
        ("es", "perdón, quería decir a las nueve", "09:00"), ("es", "que sea a las nueve y media", "09:30"),
        ("de", "lieber um neun", "09:00"), ("de", "nein, warte, um neun", "09:00"),
        ("de", "Entschuldigung, ich meinte neun Uhr", "09:00"), ("de", "doch lieber halb zehn", "09:30"),
    ],
)  # fmt: skip
async def test_another_time_over_the_result_moves_what_was_booked(clinic, knowledge, tools, tag, said, at) -> None:
    talk = talk_in(tag, clinic, knowledge, tools)
    told = await through(talk, *BOOKINGS[tag], YES[tag])
    talk.cut_off(" ".join(told.split()[:2]))
    await talk.say(said)
    assert not called(talk, "reschedule_appointment")
    assert talk.flow.step == "confirm"
    await talk.say(YES[tag])
    (moved,) = called(talk, "reschedule_appointment")
    assert (moved["when"], moved["appointment_id"]) == (f"2026-11-24T{at}", "apt-1")
    assert len(called(talk, "book_appointment")) == 1


async def test_a_change_after_the_result_was_heard_moves_it_too(clinic, knowledge, tools) -> None:
    talk = Talk(clinic, knowledge, tools)
    await through(talk, *BOOKING, "yes", "no wait, make it two thirty", "yes")
    (moved,) = called(talk, "reschedule_appointment")
    assert moved["when"] == "2026-11-24T14:30"


async def test_a_no_to_anything_else_is_no_objection(clinic, knowledge, tools) -> None:
    talk = Talk(clinic, knowledge, tools)
    reply = await through(talk, *BOOKING, "yes", "no, that's all")
    assert reply == clinic.goodbye


async def test_without_tools_to_undo_it_a_person_is_offered(clinic, knowledge, tools) -> None:
    tools.specs = tuple(
        spec for spec in tools.specs if spec.name not in ("reschedule_appointment", "cancel_appointment")
    )
    talk = Talk(clinic, knowledge, tools)
    told = await through(talk, *BOOKING, "yes")
    talk.cut_off(" ".join(told.split()[:2]))
    reply = await talk.say("no, wait")
    assert "already gone through" in reply
    assert reply.endswith("Shall I connect you to a colleague?")


async def test_it_stays_where_the_caller_says_so(clinic, knowledge, tools) -> None:
    talk = Talk(clinic, knowledge, tools)
    told = await through(talk, *BOOKING, "yes")
    talk.cut_off(" ".join(told.split()[:2]))
    reply = await through(talk, "wait", "no, it's fine, leave it")
    assert reply.startswith("All right, it stays as it is.")
    assert not called(talk, "cancel_appointment")


@pytest.mark.parametrize(("said", "cancels"), [("cancel it please", True), ("forget it", False), ("leave it", False)])
async def test_only_a_clear_word_cancels(clinic, knowledge, tools, said, cancels) -> None:
    talk = Talk(clinic, knowledge, tools)
    told = await through(talk, *BOOKING, "yes")
    talk.cut_off(" ".join(told.split()[:2]))
    await through(talk, "wait", said)
    assert bool(called(talk, "cancel_appointment")) is cancels


async def test_a_move_that_fails_says_what_still_stands(clinic, knowledge, tools) -> None:
    tools.run = {**tools.run, "reschedule_appointment": lambda given: ("FAILED", {})}
    talk = Talk(clinic, knowledge, tools)
    reply = await through(talk, *BOOKING, "yes", "no wait, make it two thirty", "yes")
    assert "What was arranged before still stands." in reply


def outcomes_at_the_call(talk: Talk, **outcome: str) -> None:
    """The turn that called the flow's tool was cut off behind the call."""
    made = ToolOutcome("t4-1", "book_appointment", "{}", outcome["status"], json.dumps({"appointment_id": "apt-1"}),
                       outcome.get("error", ""), side_effects=True)  # fmt: skip
    talk.outcomes = {"t4-1": made}
    talk.flow.step = "call"


async def test_a_wait_that_meets_the_call_is_told_what_was_done(clinic, knowledge, tools) -> None:
    talk = Talk(clinic, knowledge, tools)
    await through(talk, *BOOKING)
    outcomes_at_the_call(talk, status="OK")
    reply = await talk.say("no, wait")
    assert reply.startswith("That has already gone through. You are booked for Tuesday")
    assert not called(talk, "send_sms")


async def test_a_call_that_was_never_sent_waits_for_a_new_yes(clinic, knowledge, tools) -> None:
    talk = Talk(clinic, knowledge, tools)
    await through(talk, *BOOKING)
    outcomes_at_the_call(talk, status="NOT_ALLOWED", error=WITHDRAWN)
    assert await talk.say("no, wait") == "Take your time."
    assert talk.flow.step == "confirm"
    assert not called(talk, "book_appointment")


async def test_an_effect_is_held_where_the_caller_speaks_before_it_was_sent(house, monkeypatch) -> None:
    stored, reached = asyncio.Event(), asyncio.Event()
    async with house.caller() as caller:
        for line in BOOKING:
            await caller.ask(line)
        output = house.opened[-1]._context.output
        store = output.append_stored

        async def held(body) -> None:
            await store(body)
            if getattr(body, "tool", "") == "book_appointment":
                reached.set()
                await stored.wait()

        monkeypatch.setattr(output, "append_stored", held)
        turn = caller.commit("yes")
        await asyncio.wait_for(reached.wait(), 10)
        caller.interrupt(turn, "")
        returned = [one for one in await caller.logged("ToolReturned", 2) if one.tool == "book_appointment"]
        assert [one.error for one in returned] == [WITHDRAWN]
        stored.set()
        assert await caller.ask("no, wait") == "Take your time."
        assert "book_appointment" not in [name for name, _ in house.tools.executed]
        assert (await caller.ask("yes")).startswith("You are booked")
    assert [name for name, _ in house.tools.executed].count("book_appointment") == 1
