import asyncio
import json
from pathlib import Path

import pytest
from parley_core.agents import AgentDocument, AgentStore, load_agent, parse_agent
from parley_core.bus.memory import MemoryBus
from parley_core.bus.port import Bus
from parley_core.errors import BadInput, NotFound

BISTRO = Path(__file__).parents[3] / "examples" / "bistro" / "agent.yaml"
CLINIC = Path(__file__).parents[3] / "examples" / "clinic" / "agent.yaml"
MINIMAL = "agent: a\nfirst_speaker: caller\n"


async def test_publishing_the_same_again_makes_no_version(bus: Bus, tenant: str) -> None:
    store, clinic = AgentStore(bus), load_agent(CLINIC)
    assert await store.put(tenant, clinic) == 1
    assert await store.put(tenant, clinic) == 1
    changed = clinic.model_copy(update={"goodbye": "Bye."})
    assert await store.put(tenant, changed) == 2
    assert (await store.get(tenant, "clinic")).goodbye == "Bye."
    assert (await store.get(tenant, "clinic", 1)).goodbye == clinic.goodbye
    assert await store.names(tenant) == ["clinic"]


async def test_publishers_at_one_moment_each_get_a_version() -> None:
    store = AgentStore(MemoryBus())
    documents = [parse_agent(f"{MINIMAL}goodbye: bye {number}", "a") for number in range(5)]
    versions = await asyncio.gather(*(store.put("t", document) for document in documents))
    assert sorted(versions) == [1, 2, 3, 4, 5]


async def test_unknown_agents_and_versions_are_not_found() -> None:
    store = AgentStore(MemoryBus())
    with pytest.raises(NotFound, match="nobody"):
        await store.get("t", "nobody")
    await store.put("t", parse_agent(MINIMAL, "a"))
    with pytest.raises(NotFound, match="version 9"):
        await store.get("t", "a", 9)
    with pytest.raises(BadInput):
        await store.get("t", "No.Token")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("agent: [", "where: is not YAML at line"),
        ("- a", "where: is not a mapping"),
        (MINIMAL + "gretting: hi", "where: gretting: Extra inputs"),
        (MINIMAL + "turns: {pause_ms: 5}", "where: turns.pause_ms: Input should be greater"),
        (MINIMAL + "timezone: Mars/Base", "not an IANA time zone"),
        ("agent: a", "speaks first needs a greeting"),
        (MINIMAL + "flows: [{name: f, starts_on: [x], call: book}]", "tools that the agent does not list: book"),
    ],
)
def test_a_wrong_document_names_the_place(text: str, problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        parse_agent(text, "where")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nothing\.yaml: No such file"):
        load_agent(tmp_path / "nothing.yaml")


def bilingual(**more: object) -> AgentDocument:
    spanish = {"tag": "es-ES", "goodbye": "Hasta luego.", "phrases": ["quisiera una cita"], **more}
    return AgentDocument.model_validate(
        {"agent": "x", "greeting": {"text": "Hello"}, "phrases": ["hi"], "languages": [spanish]}
    )


def test_an_agent_is_itself_in_each_of_its_languages() -> None:
    agent = bilingual(prompt="De usted.", greeting={"text": "Hola"})
    spanish = agent.spoken_in("es-MX")
    assert agent.tags == ("en-US", "es-ES")
    assert (spanish.language, spanish.goodbye, spanish.phrases) == ("es-ES", "Hasta luego.", ["quisiera una cita"])
    assert spanish.greeting is not None
    assert spanish.greeting.text == "Hola"
    assert (spanish.voice.provider, spanish.voice.name) == ("", "")
    assert "vale" in spanish.turns.backchannels
    assert (agent.spoken_in("fr-FR").language, agent.spoken_in("fr-FR").phrases) == ("en-US", ["hi"])
    assert (agent.spoken_in("en-US").language, agent.spoken_in("en-US").goodbye) == ("en-US", "Goodbye.")


def test_what_a_document_leaves_unsaid_is_said_in_the_calls_language() -> None:
    german = AgentDocument.model_validate({"agent": "x", "greeting": {"text": "Hallo"}, "language": "de-DE"})
    said = german.spoken_in("de-DE")
    assert (said.goodbye, said.handoff.say) == ("Auf Wiederhören.", "Ich verbinde Sie mit einem Kollegen.")
    assert said.consent.ask.startswith("Dieses Gespräch wird aufgezeichnet")
    assert said.consent.accepted == "Danke."
    assert "genau" in said.turns.backchannels
    assert "right" not in said.turns.backchannels


def test_a_document_may_have_nothing_said_to_a_consent() -> None:
    agent = AgentDocument.model_validate({"agent": "x", "greeting": {"text": "Hi"}, "consent": {"accepted": ""}})
    assert agent.spoken_in("en").consent.accepted == ""


def test_a_language_without_a_pack_is_spoken_to_in_english_and_understood_by_none_of_its_words() -> None:
    agent = AgentDocument.model_validate({"agent": "x", "greeting": {"text": "Hej"}, "language": "sv"})
    assert agent.notices_in("sv").silence == "Are you still there?"
    assert agent.spoken_in("sv").turns.backchannels == []


def test_the_platforms_words_are_the_documents_or_its_own_for_the_language() -> None:
    agent = bilingual(notices={"silence": "¿Hola?"})
    assert agent.notices_in("es").silence == "¿Hola?"
    assert agent.notices_in("es").fillers
    assert agent.notices_in("de").apology.startswith("Entschuldigung")
    assert agent.notices_in("en-US").silence == "Are you still there?"


def test_a_language_is_found_by_its_tag_or_without_its_region() -> None:
    agent = bilingual()
    assert [agent.tag_of(one) for one in ("en-us", "es", "ES-mx", "fr")] == ["en-US", "es-ES", "es-ES", ""]


@pytest.mark.parametrize(
    ("languages", "why"),
    [
        ([{"tag": "es"}, {"tag": "es-MX"}], "language 'es' is given twice"),
        ([{"tag": "es", "key": "2"}, {"tag": "de", "key": "2"}], "key '2' is given twice"),
        ([{"tag": "Spanish"}], "String should match"),
        ([{"tag": "es", "key": "12"}], "String should match"),
    ],
)
def test_languages_that_cannot_be_told_apart_are_refused(languages: object, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        parse_agent(json.dumps({"agent": "x", "first_speaker": "caller", "languages": languages}), "x.yaml")


def test_the_example_of_two_languages_is_one_agent_in_both() -> None:
    bistro = load_agent(BISTRO)
    spanish = bistro.spoken_in("es")
    assert bistro.tags == ("en-US", "es-US")
    assert (spanish.voice.name, spanish.goodbye) == ("es-419", "Gracias por llamar a Harbour Bistro. Adiós.")
    assert bistro.spoken_in("en-US").goodbye == bistro.goodbye
    assert bistro.spoken_in("en-US").greeting == bistro.greeting
