"""Messages by any channel with what their senders answered, and the attempts at calls of other systems."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("tools_outbox") as outbox:
        outbox.alter_column(
            "recipient", existing_type=sa.String(length=32), type_=sa.String(length=320), existing_nullable=False
        )
        outbox.add_column(sa.Column("channel", sa.String(length=16), nullable=False, server_default="sms"))
        outbox.add_column(sa.Column("subject", sa.Text(), nullable=False, server_default=""))
        outbox.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        outbox.add_column(sa.Column("next_us", sa.BigInteger(), nullable=False, server_default="0"))
        outbox.add_column(sa.Column("sender", sa.String(length=64), nullable=False, server_default=""))
        outbox.add_column(sa.Column("receipt", sa.String(length=200), nullable=False, server_default=""))
        outbox.add_column(sa.Column("error", sa.Text(), nullable=False, server_default=""))
        outbox.add_column(sa.Column("sent_us", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE tools_outbox SET state = 'waiting' WHERE state = 'queued'")
    op.create_table(
        "tools_attempts",
        sa.Column("attempt_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("tool", sa.String(length=64), nullable=False),
        sa.Column("started_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_tools_attempts")),
    )
    op.create_index(op.f("ix_tools_attempts_tenant_idempotency_key"), "tools_attempts", ["tenant", "idempotency_key"])
