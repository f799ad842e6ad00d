"""A conversation that changes its language: what is said, how it is marked, and what a model is told."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from parley.v1 import events_pb2, live_pb2, llm_pb2
from parley_core.agents import AgentDocument, ModelChoice
from parley_core.bus import subjects
from parley_llm.prompt import system_prompt
from parley_llm.providers.base import ModelRequest
from parley_llm.providers.fake import FakePace, FakeProvider
from parley_llm.summaries.local import Summariser


@pytest.fixture
def spanish_too(clinic: AgentDocument) -> AgentDocument:
    document = clinic.model_dump()
    document["languages"] = [
        {
            "tag": "es-ES",
            "greeting": {"text": "Bienvenido a la clínica."},
            "goodbye": "Gracias por llamar. Adiós.",
            "prompt": "Trata al cliente de usted.",
            "handoff": "Le paso con recepción.",
            "notices": {"unheard": "Aquí no entendemos español."},
        }
    ]
    return AgentDocument.model_validate(document)


def change(caller: Any, language: str, turn: int) -> None:
    caller.log.append(events_pb2.LanguageChanged(language=language, turn=turn))


def commit(caller: Any, text: str, wish: str = "") -> int:
    caller.turn += 1
    caller.log.append(events_pb2.TurnCommitted(turn=caller.turn, text=text, wish=wish))
    return int(caller.turn)


async def test_a_turn_is_answered_in_the_language_that_was_changed_to_before_it(house, spanish_too) -> None:
    await house.publish(spanish_too)
    async with house.caller(greeted=False) as caller:
        caller.claimed("asr", "asr-1")
        await caller.reply(0)
        change(caller, "es-ES", 1)
        assert await caller.reply(commit(caller, "adiós")) == "Gracias por llamar. Adiós."
        said = await caller.logged("SentenceSaid")
        assert {one.language for one in said if one.turn == 0} == {"en-US"}
        assert {one.language for one in said if one.turn == 1} == {"es-ES"}
        assert {say.language for say in caller.says if say.turn == 1 and say.text} == {"es-ES"}
        assert caller.end_of(1).then == events_pb2.AFTER_REPLY_HANG_UP


async def test_each_language_has_its_own_models(house, spanish_too) -> None:
    pace = FakePace(first_token_ms=0, token_ms=0, tokens=2)
    house.providers = {"one": FakeProvider(pace, name="one"), "two": FakeProvider(pace, name="two")}
    languages = [spanish_too.languages[0].model_copy(update={"models": [ModelChoice(provider="two")]})]
    await house.publish(
        spanish_too.model_copy(update={"models": [ModelChoice(provider="one")], "languages": languages})
    )
    async with house.caller() as caller:
        caller.claimed("asr", "asr-1")
        await caller.ask("good morning")
        change(caller, "es-ES", 2)
        await caller.reply(commit(caller, "buenos días"))
        replied = await caller.logged("Replied", 3)
        assert [one.provider for one in replied if one.turn] == ["one", "two"]


async def test_a_lone_wish_is_answered_with_the_languages_greeting(house, spanish_too) -> None:
    await house.publish(spanish_too)
    async with house.caller(greeted=False) as caller:
        caller.claimed("asr", "asr-1")
        change(caller, "es-ES", 1)
        assert await caller.reply(commit(caller, "spanish please", "es-ES")) == "Bienvenido a la clínica."


async def test_a_wish_that_cannot_be_had_is_answered_in_its_own_language(house, spanish_too) -> None:
    await house.publish(spanish_too)
    async with house.caller(greeted=False) as caller:
        caller.claimed("asr", "asr-1")
        assert await caller.reply(commit(caller, "spanish please", "es-ES")) == "Aquí no entendemos español."
        assert [say.language for say in caller.says if say.turn == 1 and say.text] == ["es-ES"]
        assert "Saturday" in await caller.ask("what are your opening hours on saturday")


async def test_a_draft_is_in_the_language_that_it_names_before_the_log_tells_of_the_change(house, spanish_too) -> None:
    await house.publish(spanish_too)
    async with house.caller(greeted=False) as caller:
        caller.claimed("asr", "asr-1")
        await caller.reply(0)
        draft = live_pb2.Draft(turn=1, draft=1, text="adiós", language="es-ES")
        caller.bus.post(subjects.live_draft(caller.log.tenant, caller.log.call), draft.SerializeToString())
        await caller.until(lambda: any(say.draft == 1 and say.text for say in caller.says))
        change(caller, "es-ES", 1)
        caller.log.append(events_pb2.TurnCommitted(turn=1, text="adiós", draft=1))
        assert [one.turn for one in await caller.logged("Replied", 2)] == [0, 1]
    said = [say for say in caller.says if say.turn == 1 and say.text]
    assert said
    assert {(say.draft, say.language) for say in said} == {(1, "es-ES")}


async def test_a_conversation_that_takes_over_goes_on_in_the_new_language(house, spanish_too) -> None:
    await house.publish(spanish_too)
    async with house.caller(greeted=False) as caller:
        caller.claimed("asr", "asr-1")
        await caller.reply(0)
        change(caller, "es-ES", 1)
        await caller.logged("LanguageChanged")
        await house.open("w2", resume=True)
        caller.claimed("llm", "w2", resume=True)
        assert await caller.reply(commit(caller, "una persona por favor")) == "Le paso con recepción."


async def test_what_nobody_knows_is_said_in_the_callers_language(house, spanish_too) -> None:
    await house.publish(spanish_too)
    async with house.caller(greeted=False) as caller:
        caller.claimed("asr", "asr-1")
        change(caller, "es-ES", 1)
        offer = "Lo siento, eso no lo sé. ¿Quiere que le pase con un compañero?"
        assert await caller.reply(commit(caller, "xyzzy")) == offer
        assert await caller.reply(commit(caller, "sí, por favor")) == "Le paso con recepción."


async def test_a_flow_is_not_run_in_another_language_than_the_documents(house, spanish_too) -> None:
    await house.publish(spanish_too)
    async with house.caller(greeted=False) as caller:
        caller.claimed("asr", "asr-1")
        change(caller, "es-ES", 1)
        said = await caller.reply(commit(caller, "quiero pedir una cita, an appointment please"))
        assert "appointment" not in said
        assert said == "Lo siento, eso no lo sé. ¿Quiere que le pase con un compañero?"


async def test_the_gateways_notices_do_not_move_the_replys_numbers(house) -> None:
    async with house.caller() as caller:
        caller.log.append(events_pb2.SentenceSaid(turn=1, sentence=900, text="One moment.", kind=4))
        await caller.ask("what are your opening hours on saturday")
        assert sorted({say.sentence for say in caller.says if say.turn == 1 and say.text})[0] == 0
        assert caller.end_of(1).sentence < 900


def test_a_model_is_told_the_language_and_its_prompt(spanish_too: AgentDocument) -> None:
    agent = spanish_too.spoken_in("es-ES")
    request = ModelRequest("t", "c", 1, agent, "hola", datetime(2026, 1, 5, tzinfo=UTC))
    assert "speaks Spanish (es-ES)" in system_prompt(request)
    assert "Trata al cliente de usted." in system_prompt(request)
    assert "Trata" not in system_prompt(replace(request, agent=spanish_too))


def test_the_summary_names_the_languages() -> None:
    summary = Summariser().summarise(llm_pb2.SummariseRequest(languages=["en-US", "es-ES"]))
    assert "It began in English and went on in Spanish." in summary.summary
    assert not summary.sentiment
    assert "English" not in Summariser().summarise(llm_pb2.SummariseRequest(languages=["en-US"])).summary
