"""Runs that act on one order alone."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("runs", sa.Column("only_order", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("runs", "only_order")
