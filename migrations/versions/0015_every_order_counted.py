"""Each order that a run looked at is counted under one word; of earlier runs that is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

WORDS = ("again", "waiting", "unchanged")


def upgrade() -> None:
    for name in WORDS:
        op.add_column("runs", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column("orders", sa.Column("counted_in", sa.String(length=22), nullable=True))
    op.add_column("orders", sa.Column("counted_as", sa.String(length=10), nullable=True))


def downgrade() -> None:
    op.drop_column("orders", "counted_as")
    op.drop_column("orders", "counted_in")
    for name in reversed(WORDS):
        op.drop_column("runs", name)
