"""What happened to appointments, and a way to find them by phone number."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "tools_appointment_changes",
        sa.Column("change_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.Column("change", sa.String(length=16), nullable=False),
        sa.Column("local_before", sa.String(length=16), nullable=False),
        sa.Column("local_after", sa.String(length=16), nullable=False),
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_tools_appointment_changes")),
    )
    op.create_index(
        op.f("ix_tools_appointment_changes_tenant_appointment_id"),
        "tools_appointment_changes",
        ["tenant", "appointment_id"],
    )
    op.create_index(op.f("ix_tools_appointments_tenant_phone"), "tools_appointments", ["tenant", "phone"])
