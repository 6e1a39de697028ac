"""Blocks: until when a remote account is asked nothing more."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "call_blocks",
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_call_blocks")),
    )


def downgrade() -> None:
    op.drop_table("call_blocks")
