"""Which orders are taken: times a connection was off, orders held back, the daily comparison."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ORDERS = (
    ("is_deleted", sa.Boolean(), sa.false()),
    ("asked", sa.Boolean(), sa.false()),
    ("flood_at", sa.DateTime(timezone=True), None),
)
RUNS = (("remark", sa.String(length=500), ""),)
CONNECTIONS = (("next_sweep_at", sa.DateTime(timezone=True), None),)


def add(table: str, columns: tuple[tuple[str, sa.types.TypeEngine, object], ...]) -> None:
    """Add columns; the default fills the rows there are and does not stay."""
    for name, kind, default in columns:
        op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    filled = [(name, kind) for name, kind, default in columns if default is not None]
    if not filled:
        return
    with op.batch_alter_table(table) as batch:
        for name, kind in filled:
            batch.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)


def upgrade() -> None:
    add("orders", ORDERS)
    add("runs", RUNS)
    add("connections", CONNECTIONS)
    op.execute(sa.text("UPDATE orders SET is_deleted = true WHERE ignored_reason = 'DELETED'"))
    op.create_table(
        "off_spans",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("firm_id", sa.String(length=22), nullable=False),
        sa.Column("connection_id", sa.String(length=22), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= began_at", name=op.f("ck_off_spans_ends_after_it_began")
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_off_spans_connection_id")
        ),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_off_spans_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_off_spans")),
    )
    op.create_index(op.f("ix_off_spans_connection_id"), "off_spans", ["connection_id"])
    op.create_index(op.f("ix_off_spans_firm_id"), "off_spans", ["firm_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_off_spans_firm_id"), table_name="off_spans")
    op.drop_index(op.f("ix_off_spans_connection_id"), table_name="off_spans")
    op.drop_table("off_spans")
    for table, columns in (("connections", CONNECTIONS), ("runs", RUNS), ("orders", ORDERS)):
        for name, _kind, _default in reversed(columns):
            op.drop_column(table, name)
