"""Which articles a question was given as an answer, and which of them did not help."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("questions") as table:
        table.add_column(sa.Column("given", sa.JSON(), server_default="[]", nullable=False))
        table.add_column(sa.Column("rejected", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("questions") as table:
        table.drop_column("rejected")
        table.drop_column("given")
