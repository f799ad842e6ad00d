import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("sample_notes") as table:
        table.add_column(sa.Column("author", sa.String(64), nullable=False, server_default=""))
