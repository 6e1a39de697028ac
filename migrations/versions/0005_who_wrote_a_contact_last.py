"""Which order wrote a contact last, contact by contact instead of once a connection.

Which contacts a connection wrote before is known to nobody. Its one mark goes on to hold, under the number 0, for every contact that has
none of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "contact_writers",
        sa.Column("connection_id", sa.String(length=22), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_contact_writers_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", "contact_id", name=op.f("pk_contact_writers")),
    )
    op.execute(
        sa.text(
            "INSERT INTO contact_writers (connection_id, contact_id, order_id) "
            "SELECT id, 0, last_contact_order FROM connections WHERE last_contact_order > 0"
        )
    )
    op.drop_column("connections", "last_contact_order")


def downgrade() -> None:
    op.add_column(
        "connections", sa.Column("last_contact_order", sa.BigInteger(), nullable=False, server_default="0")
    )
    with op.batch_alter_table("connections") as batch:
        batch.alter_column("last_contact_order", existing_type=sa.BigInteger(), server_default=None)
    op.execute(
        sa.text(
            "UPDATE connections SET last_contact_order = COALESCE("
            "(SELECT MAX(order_id) FROM contact_writers WHERE connection_id = connections.id), 0)"
        )
    )
    op.drop_table("contact_writers")
