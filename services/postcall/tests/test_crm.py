"""One note per call, one contact per person, however often they are written."""

from dataclasses import replace

import pytest
import pytest_asyncio
from parley.v1 import llm_pb2
from parley_core.conversation import fold
from parley_core.errors import NotFound
from parley_postcall.crm import note_of
from parley_postcall.stores import crm
from parley_store.engine import engine, reading
from parley_store.migrate import differences, migrate
from sqlalchemy import select


@pytest_asyncio.fixture
async def database(tmp_path):
    made = engine(f"sqlite+aiosqlite:///{tmp_path}/crm.db")
    await migrate(made, crm.MIGRATIONS, crm.SERVICE)
    yield made
    await made.dispose()


async def rows(database, table):
    async with reading(database) as connection:
        return (await connection.execute(select(table))).all()


def test_the_note_takes_the_contact_from_the_booking(events, tenant, call):
    note = note_of(tenant, call, fold(events))
    assert note.contact is not None
    assert (note.contact.name, note.contact.phone) == ("Maria Lopez", "+15550142000")
    assert note.appointment == "appt-1"
    assert note.subject == "Call with Maria Lopez: appointment booked"
    assert "2026-11-24T10:30" in note.body


def test_without_a_booking_the_contact_is_who_the_channel_knew(events, tenant, call):
    kept = [event for event in events if not event.WhichOneof("body").startswith("tool_")]
    note = note_of(tenant, call, fold(kept))
    assert note.contact is not None
    assert (note.contact.name, note.contact.phone) == ("", "+15550100")
    assert note.appointment == ""


def test_a_failed_booking_is_not_noted_as_booked(events, tenant, call):
    for event in events:
        if event.WhichOneof("body") == "tool_returned":
            event.tool_returned.status = "TOOL_STATUS_CONFLICT"
    assert note_of(tenant, call, fold(events)).appointment == ""


def test_an_unknown_caller_has_a_note_and_no_contact(events, tenant, call):
    events[0].call_started.session.user = ""
    note = note_of(tenant, call, fold([events[0], events[-1]]))
    assert note.contact is None
    assert note.subject == "Call with an unknown caller: call answered"


async def test_a_note_written_twice_is_one_note_and_one_contact(database, events, tenant, call):
    store, note = crm.SqlCrm(database), note_of(tenant, call, fold(events))
    assert await store.write(note) == await store.write(note)
    assert len(await rows(database, crm.notes)) == 1
    assert len(await rows(database, crm.contacts)) == 1


async def test_the_same_person_calling_again_is_the_same_contact(database, events, tenant, call):
    store, note = crm.SqlCrm(database), note_of(tenant, call, fold(events))
    await store.write(note)
    await store.write(replace(note, id="note-2", call="c-2"))
    found = await rows(database, crm.notes)
    assert len(found) == 2
    assert len({row.contact for row in found}) == 1


async def test_tenants_share_no_contact(database, events, tenant, call):
    store, note = crm.SqlCrm(database), note_of(tenant, call, fold(events))
    await store.write(note)
    await store.write(replace(note, id="note-2", tenant="other"))
    assert len(await rows(database, crm.contacts)) == 2


async def test_completing_adds_the_summary_and_repeats_without_effect(database, events, tenant, call):
    store, note = crm.SqlCrm(database), note_of(tenant, call, fold(events))
    await store.write(note)
    summary = llm_pb2.SummariseResponse(summary="Booked.", action_items=["Remind"], sentiment="positive")
    for _ in range(2):
        await store.complete(tenant, note.id, transcript_path="transcripts/x.json", summary=summary)
    await store.write(note)  # a repeat of the first part keeps what the second one added
    (row,) = await rows(database, crm.notes)
    assert (row.summary, row.action_items_json, row.sentiment) == ("Booked.", '["Remind"]', "positive")


async def test_another_tenants_note_cannot_be_completed(database, events, tenant, call):
    store, note = crm.SqlCrm(database), note_of(tenant, call, fold(events))
    await store.write(note)
    with pytest.raises(NotFound):
        await store.complete("other", note.id, transcript_path="", summary=None)


async def test_tables_and_migrations_agree(tmp_path):
    url = f"sqlite+aiosqlite:///{tmp_path}/fresh.db"
    assert await differences(url, crm.MIGRATIONS, crm.SERVICE, crm.metadata) == []
