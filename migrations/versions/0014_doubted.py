"""Orders of which a sale may still turn up although a look-up did not find it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

DOUBTED = sa.text("doubted_until IS NOT NULL")


def upgrade() -> None:
    op.add_column("orders", sa.Column("doubted_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_orders_doubted", "orders", ["connection_id"], sqlite_where=DOUBTED, postgresql_where=DOUBTED
    )


def downgrade() -> None:
    op.drop_index("ix_orders_doubted", table_name="orders")
    op.drop_column("orders", "doubted_until")
