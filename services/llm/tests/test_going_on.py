"""After an interruption: going on from the last heard word, asked to or because nothing was said."""

import pytest
from parley.v1 import events_pb2
from parley_llm.providers.base import ChatMessage
from parley_llm.providers.rule_based.intents import wants_resume


async def cut_off(house, caller, heard: str) -> str:
    """A reply that the caller heard so much of; returns what they did not hear."""
    caller.speaks = False
    caller.commit("what are your opening hours on saturday")
    reply = await caller.reply(1)
    caller.speak(1, 0, heard, complete=False)
    caller.interrupt(1, heard)
    await caller.logged("Interrupted")
    caller.speaks = True
    assert reply.startswith(heard)
    return reply.removeprefix(heard).strip()


@pytest.mark.parametrize("asked", ["sorry go on", "please continue", "what were you saying"])
async def test_asked_to_go_on_the_agent_continues_from_the_last_heard_word(house, asked):
    async with house.caller() as caller:
        rest = await cut_off(house, caller, "On Saturday we")
        assert await caller.ask(asked) == rest


async def test_a_false_interruption_resumes_by_itself_under_a_new_turn(house):
    async with house.caller() as caller:
        rest = await cut_off(house, caller, "On Saturday we")
        caller.log.append(events_pb2.TurnCommitted(turn=2, reason=events_pb2.COMMIT_REASON_RESUME))
        assert await caller.reply(2) == rest
        replied = (await caller.logged("Replied", 3))[-1]
        assert replied.turn == 2


def test_asking_to_go_on_is_known_by_its_words() -> None:
    for text in ("sorry, go on", "go ahead", "no please continue", "you were saying"):
        assert wants_resume(text), text
    for text in ("go on tuesday", "can i continue my booking", "what", "sorry"):
        assert not wants_resume(text), text


def test_the_rest_of_a_message_is_what_was_not_heard() -> None:
    assert ChatMessage("agent", "we are", "we are open now", interrupted=True).rest == "open now"
    assert ChatMessage("agent", "we are", "we are open now").rest == ""


async def test_after_a_broken_line_the_agent_says_again_what_it_said_last(house):
    async with house.caller() as caller:
        said = await caller.ask("i want to book an appointment")
        caller.log.append(events_pb2.TurnCommitted(turn=2, reason=events_pb2.COMMIT_REASON_RESUME))
        again = await caller.reply(2)
        assert again
        assert again in said
