"""Approvals that outlive the call: who was reminded, and whether the caller knows of the decision."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("tools_calls", sa.Column("reminders", sa.Integer(), nullable=False, server_default="0"))
    # What was decided before has been dealt with.
    op.add_column("tools_calls", sa.Column("told", sa.String(length=16), nullable=False, server_default="told"))
