"""Draft, publish, roll back: which version new calls take, and that calls which run keep theirs."""

import asyncio

import pytest
from parley_core.agents import AgentDocument, AgentStore, Greeting
from parley_core.bus.port import Bus
from parley_core.errors import BadInput, NotFound


def agent(text: str) -> AgentDocument:
    return AgentDocument(agent="salon", greeting=Greeting(text=text))


async def heard(store: AgentStore, tenant: str, version: int = 0) -> str:
    document = await store.get(tenant, "salon", version)
    assert document.greeting is not None
    return document.greeting.text


async def test_a_draft_is_not_taken_until_it_is_published(bus: Bus, tenant: str) -> None:
    store = AgentStore(bus)
    assert await store.put(tenant, agent("one")) == 1
    assert await store.draft(tenant, agent("two")) == 2
    assert await heard(store, tenant) == "one"
    await store.publish(tenant, "salon", 2)
    assert await heard(store, tenant) == "two"
    assert await store.versions(tenant, "salon") == [1, 2]
    assert await store.published(tenant, "salon") == [1, 2]


async def test_rolling_back_leads_to_what_calls_took_before_and_forth_again(bus: Bus, tenant: str) -> None:
    store = AgentStore(bus)
    await store.put(tenant, agent("one"))
    await store.draft(tenant, agent("never"))
    await store.put(tenant, agent("three"))
    assert await store.roll_back(tenant, "salon") == 1
    assert await heard(store, tenant) == "one"
    assert await store.roll_back(tenant, "salon") == 3


async def test_a_new_version_after_a_roll_back_is_the_newest_of_all(bus: Bus, tenant: str) -> None:
    store = AgentStore(bus)
    for text in ("one", "two"):
        await store.put(tenant, agent(text))
    await store.roll_back(tenant, "salon")
    assert await store.put(tenant, agent("three")) == 3
    assert await heard(store, tenant) == "three"
    assert await heard(store, tenant, 2) == "two"


async def test_the_same_document_again_is_the_same_version_and_live_again(bus: Bus, tenant: str) -> None:
    store = AgentStore(bus)
    for text in ("one", "two"):
        await store.put(tenant, agent(text))
    await store.roll_back(tenant, "salon")
    assert await store.put(tenant, agent("two")) == 2
    assert await store.live(tenant, "salon") == 2


async def test_what_is_not_there_is_not_published(bus: Bus, tenant: str) -> None:
    store = AgentStore(bus)
    await store.draft(tenant, agent("one"))
    with pytest.raises(NotFound):
        await store.get(tenant, "salon")
    with pytest.raises(NotFound):
        await store.publish(tenant, "salon", 7)
    with pytest.raises(NotFound):
        await store.roll_back(tenant, "salon")
    with pytest.raises(BadInput):
        await store.publish(tenant, "no such.name", 1)


async def test_many_who_push_at_once_have_versions_of_their_own(bus: Bus, tenant: str) -> None:
    store = AgentStore(bus)
    made = await asyncio.gather(*(store.draft(tenant, agent(f"text {number}")) for number in range(8)))
    assert sorted(made) == list(range(1, 9))
