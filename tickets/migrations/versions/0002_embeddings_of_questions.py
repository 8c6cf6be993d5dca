"""Questions keep the encoder's vector, so that alike ones are found without encoding them again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("questions") as table:
        table.add_column(sa.Column("embedding", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("questions") as table:
        table.drop_column("embedding")
