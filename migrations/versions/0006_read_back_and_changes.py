"""What Saasu has of a posted order, what changed in the shop since, and which shapes of lines came to the cent."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

READ_BACK = (
    ("read_back_at", sa.DateTime(timezone=True), None),
    ("read_tries", sa.Integer(), "0"),
    ("books_total", sa.String(length=40), None),
    ("books_tax", sa.String(length=40), None),
    ("look_once", sa.Boolean(), sa.false()),
    ("changes", sa.JSON(), None),
    ("dealt_with_at", sa.DateTime(timezone=True), None),
    ("dealt_with_by", sa.String(length=200), ""),
)


def add(table: str, columns: tuple[tuple[str, sa.types.TypeEngine, object], ...]) -> None:
    """Add columns; the default fills the rows there are and does not stay."""
    for name, kind, default in columns:
        op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    with op.batch_alter_table(table) as batch:
        for name, kind, default in columns:
            if default is not None:
                batch.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)


def upgrade() -> None:
    add("orders", READ_BACK)
    for name, column, where in (
        ("ix_orders_look_once", "firm_id", "look_once"),
        ("ix_orders_kept", "decided_at", "document IS NOT NULL"),
    ):
        op.create_index(
            name, "orders", [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    op.create_table(
        "line_shapes",
        sa.Column("file_pk", sa.String(length=22), nullable=False),
        sa.Column("shape", sa.String(length=30), nullable=False),
        sa.Column("firm_id", sa.String(length=22), nullable=False),
        sa.Column("order_pk", sa.String(length=22), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(proved_at IS NULL) <> (failed_at IS NULL)", name=op.f("ck_line_shapes_proved_or_failed")
        ),
        sa.ForeignKeyConstraint(["file_pk"], ["saasu_files.id"], name=op.f("fk_line_shapes_file_pk")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_line_shapes_firm_id")),
        sa.ForeignKeyConstraint(["order_pk"], ["orders.id"], name=op.f("fk_line_shapes_order_pk")),
        sa.PrimaryKeyConstraint("file_pk", "shape", name=op.f("pk_line_shapes")),
    )
    op.create_index(op.f("ix_line_shapes_firm_id"), "line_shapes", ["firm_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_line_shapes_firm_id"), table_name="line_shapes")
    op.drop_table("line_shapes")
    for name in ("ix_orders_kept", "ix_orders_look_once"):
        op.drop_index(name, table_name="orders")
    for name, _kind, _default in reversed(READ_BACK):
        op.drop_column("orders", name)
