"""A connection's further choices, a file's allowance, and other names of its items."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

CHOICES = (
    ("fee_item_id", sa.BigInteger(), None),
    ("taxable_code", sa.String(length=50), "G1"),
    ("free_code", sa.String(length=50), "G1,G3"),
    ("export_code", sa.String(length=50), "G1,G2"),
    ("own_discounts", sa.Boolean(), sa.false()),
    ("whole_cent_prices", sa.Boolean(), sa.false()),
    ("existing_contacts", sa.String(length=20), "as documented"),
    ("nobodys_emails", sa.String(length=1000), ""),
    ("notify_when", sa.String(length=20), "changed"),
)


ALLOWANCE = (("daily_calls", sa.Integer(), None), ("sole_user", sa.Boolean(), sa.false()))


def add(table: str, columns: tuple[tuple[str, sa.types.TypeEngine, object], ...]) -> None:
    """Add columns; the default fills the rows there are and does not stay."""
    for name, kind, default in columns:
        op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    with op.batch_alter_table(table) as batch:
        for name, kind, default in columns:
            if default is not None:
                batch.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)


def upgrade() -> None:
    add("connections", CHOICES)
    add("saasu_files", ALLOWANCE)
    op.create_table(
        "item_aliases",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("firm_id", sa.String(length=22), nullable=False),
        sa.Column("file_pk", sa.String(length=22), nullable=False),
        sa.Column("sku", sa.String(length=500), nullable=False),
        sa.Column("item_code", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["file_pk"], ["saasu_files.id"], name=op.f("fk_item_aliases_file_pk")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_item_aliases_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_aliases")),
        sa.UniqueConstraint("file_pk", "sku", name=op.f("uq_item_aliases_file_pk_sku")),
    )
    op.create_index(op.f("ix_item_aliases_firm_id"), "item_aliases", ["firm_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_item_aliases_firm_id"), table_name="item_aliases")
    op.drop_table("item_aliases")
    for table, columns in (("saasu_files", ALLOWANCE), ("connections", CHOICES)):
        for name, _kind, _default in reversed(columns):
            op.drop_column(table, name)
