"""CRM contacts and notes in the system database: tables `crm_*`, migrated by `parley_postcall.migrations`."""

import hashlib
import json
from typing import Final

from parley.v1 import llm_pb2
from parley_core.errors import NotFound
from parley_store.engine import transaction
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parley_postcall.crm import Contact, Note

MIGRATIONS: Final = "parley_postcall.migrations"
SERVICE: Final = "crm"  # prefix of the tables and name of their version table

metadata = MetaData()

contacts = Table(
    "crm_contacts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("key", String(320), nullable=False),  # what finds the same person again
    Column("name", String(200), nullable=False),
    Column("phone", String(32), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("last_call_us", BigInteger, nullable=False),
    UniqueConstraint("tenant", "key", name="uq_crm_contacts_tenant"),
)

notes = Table(
    "crm_notes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("call", String(64), nullable=False),
    Column("contact", String(64), ForeignKey("crm_contacts.id"), nullable=True),
    Column("subject", String(400), nullable=False),
    Column("body", Text, nullable=False),
    Column("appointment", String(128), nullable=False),
    Column("called_us", BigInteger, nullable=False),
    Column("transcript_path", String(300), nullable=False),
    Column("summary", Text, nullable=False),
    Column("action_items_json", Text, nullable=False),
    Column("sentiment", String(32), nullable=False),
    UniqueConstraint("tenant", "call", name="uq_crm_notes_tenant"),
    Index("ix_crm_notes_contact", "tenant", "contact"),
)


class SqlCrm:
    """See `ports.Crm`. Ids are made from what they stand for, so writing again finds what was written."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def write(self, note: Note) -> str:
        async with transaction(self._engine) as connection:
            contact = await _contact(connection, note.tenant, note.contact, note.called_us) if note.contact else None
            await _insert_once(
                connection,
                notes,
                {
                    "id": note.id,
                    "tenant": note.tenant,
                    "call": note.call,
                    "contact": contact,
                    "subject": note.subject[:400],
                    "body": note.body,
                    "appointment": note.appointment[:128],
                    "called_us": note.called_us,
                    "transcript_path": "",
                    "summary": "",
                    "action_items_json": "[]",
                    "sentiment": "",
                },
            )
        return note.id

    async def complete(
        self, tenant: str, note: str, *, transcript_path: str, summary: llm_pb2.SummariseResponse | None
    ) -> None:
        values = {"transcript_path": transcript_path}
        if summary is not None:
            values |= {
                "summary": summary.summary,
                "action_items_json": json.dumps(list(summary.action_items), ensure_ascii=False),
                "sentiment": summary.sentiment[:32],
            }
        async with transaction(self._engine) as connection:
            changed = await connection.execute(
                update(notes).where(notes.c.tenant == tenant, notes.c.id == note).values(**values)
            )
            if changed.rowcount == 0:
                raise NotFound("CRM note", note)


async def _contact(connection: AsyncConnection, tenant: str, contact: Contact, called_us: int) -> str:
    """Find or create; returns the id. A name that was not known before is filled in, one that was is kept."""
    key = contact.key[:320]
    fresh = f"contact-{hashlib.sha256(f'{tenant}/{key}'.encode()).hexdigest()[:24]}"
    values = {"id": fresh, "tenant": tenant, "key": key, "name": contact.name[:200], "phone": contact.phone[:32]}
    await _insert_once(connection, contacts, values | {"created_us": called_us, "last_call_us": called_us})
    row = (
        await connection.execute(
            select(contacts.c.id, contacts.c.name, contacts.c.last_call_us).where(
                contacts.c.tenant == tenant, contacts.c.key == key
            )
        )
    ).one()
    known = {"name": row.name or contact.name[:200], "last_call_us": max(row.last_call_us, called_us)}
    await connection.execute(
        update(contacts).where(contacts.c.tenant == tenant, contacts.c.id == row.id).values(**known)
    )
    return str(row.id)


async def _insert_once(connection: AsyncConnection, table: Table, values: dict[str, object]) -> None:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    await connection.execute(insert(table).values(**values).on_conflict_do_nothing())
