"""Contacts and the notes of calls."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "crm_contacts",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("key", sa.String(320), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("phone", sa.String(32), nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("last_call_us", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("tenant", "key", name="uq_crm_contacts_tenant"),
    )
    op.create_table(
        "crm_notes",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("contact", sa.String(64), sa.ForeignKey("crm_contacts.id"), nullable=True),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("appointment", sa.String(128), nullable=False),
        sa.Column("called_us", sa.BigInteger, nullable=False),
        sa.Column("transcript_path", sa.String(300), nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("action_items_json", sa.Text, nullable=False),
        sa.Column("sentiment", sa.String(32), nullable=False),
        sa.UniqueConstraint("tenant", "call", name="uq_crm_notes_tenant"),
    )
    op.create_index("ix_crm_notes_contact", "crm_notes", ["tenant", "contact"])
