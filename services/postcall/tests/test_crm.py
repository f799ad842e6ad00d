"""One note per call, one contact per person, however often they are written."""

from dataclasses import replace

import pytest
import pytest_asyncio
from parley.v1 import llm_pb2
from parley_core.conversation import fold
from parley_core.errors import NotFound
from parley_postcall.crm import note_of, region_of
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


NOTATIONS = {
    ("US", "+14155550142"): ["+1 415-555-0142", "(415) 555-0142", "4155550142",
                             "1 415 555 0142",
                             "tel:+1-415-555-0142", "sip:+14155550142@trunk.example;user=phone",
                             "001 415 555 0142", "415.555.0142 ext. 12"],
    ("DE", "+493012345678"): ["030 12345678", "+49 (0)30 12345678", "0049 30 12345678",
                              "030/123 456 78", "+493012345678"],
    ("GB", "+442079460123"): ["020 7946 0123", "+44 20 7946 0123", "0044 20 7946 0123", "(020) 79460123"],
    ("ES", "+34912345678"): ["912 34 56 78", "+34 912345678", "0034 912 345 678"],
    ("", "+14155550142"): ["+1 415 555 0142", "+14155550142", "<sip:+14155550142@host>"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("region", "text", "right"),
    [(region, text, right) for (region, right), texts in NOTATIONS.items() for text in texts],
)
def test_a_number_is_the_same_contact_in_every_notation(region, text, right, events, tenant, call):
    kept = [event for event in events if not event.WhichOneof("body").startswith("tool_")]
    kept[0].call_started.session.user = text
    contact = note_of(tenant, call, fold(kept), region).contact
    assert contact is not None
    assert (contact.phone, contact.key) == (right, f"phone:{right}")


@pytest.mark.parametrize(
    "user",
    ["anonymous", "Anonymous", "sip:anonymous@anonymous.invalid", "+266696687", "266696687", "Restricted", "unknown",
     "+7378742833", "Private number", "withheld", "unavailable", "0000000000", "", "+",
     "tel:", "alice", "12", "web-7f3a91b2c4"],
)  # fmt: skip
def test_a_caller_without_a_number_is_nobody(user, events, tenant, call):
    events[0].call_started.session.user = user
    assert note_of(tenant, call, fold([events[0], events[-1]]), "US").contact is None


@pytest.mark.parametrize(
    ("language", "region"), [("en-US", "US"), ("de", ""), ("de-at", "AT"), ("zh-Hant-TW", "TW"), ("es-419", "")]
)
def test_a_language_tag_names_the_region_of_its_numbers(language, region):
    assert region_of(language) == region
