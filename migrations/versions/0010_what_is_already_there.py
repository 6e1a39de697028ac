"""What Saasu has already: the sales it listed, and how far connections and previews looked."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "listed_sales",
        sa.Column("file_pk", sa.String(length=22), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("marker", sa.String(length=100), nullable=False),
        sa.Column("listed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["file_pk"], ["saasu_files.id"], name=op.f("fk_listed_sales_file_pk")),
        sa.PrimaryKeyConstraint("file_pk", "invoice_id", name=op.f("pk_listed_sales")),
    )
    op.create_index("ix_listed_sales_number", "listed_sales", ["file_pk", "number"])
    op.create_index("ix_listed_sales_marker", "listed_sales", ["file_pk", "marker"])
    op.add_column("connections", sa.Column("looked_since", MOMENT, nullable=True))
    op.add_column("connections", sa.Column("doubt_from", MOMENT, nullable=True))
    op.add_column("previews", sa.Column("sales_to", MOMENT, nullable=True))
    op.add_column("previews", sa.Column("sales_seen", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("previews") as batch:
        batch.alter_column(
            "sales_seen", existing_type=sa.Integer(), existing_nullable=False, server_default=None
        )


def downgrade() -> None:
    op.drop_column("previews", "sales_seen")
    op.drop_column("previews", "sales_to")
    op.drop_column("connections", "doubt_from")
    op.drop_column("connections", "looked_since")
    op.drop_table("listed_sales")
