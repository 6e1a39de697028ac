"""Previews: their period, their orders, and one open preview a connection beside its one open run."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

OPEN = "state IN ('queued', 'running')"
MOMENT = sa.DateTime(timezone=True)
ID = sa.String(length=22)
VERDICTS = "'would_post', 'problem', 'ignored', 'posted', 'exists', 'unsettled'"


def one_open(name: str, more: str) -> None:
    """Let a connection have one open run of some kinds."""
    where = sa.text(f"{OPEN}{more}")
    op.create_index(name, "runs", ["connection_id"], unique=True, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    op.add_column("runs", sa.Column("alive_at", MOMENT, nullable=True))
    op.drop_index("uq_runs_one_open", table_name="runs")
    one_open("uq_runs_one_open", " AND kind <> 'preview'")
    one_open("uq_runs_one_open_preview", " AND kind = 'preview'")
    op.create_table(
        "previews",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("firm_id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("day_from", sa.Date(), nullable=False),
        sa.Column("day_to", sa.Date(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("reached", MOMENT, nullable=True),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_previews_connection_id")
        ),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_previews_firm_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_previews_run_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_previews")),
    )
    op.create_index(op.f("ix_previews_firm_id"), "previews", ["firm_id"])
    op.create_index(op.f("ix_previews_connection_id"), "previews", ["connection_id"])
    op.create_table(
        "previewed_orders",
        sa.Column("id", ID, nullable=False),
        sa.Column("firm_id", ID, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("order_created_at", MOMENT, nullable=False),
        sa.Column("status", sa.String(length=100), nullable=False),
        sa.Column("currency", sa.String(length=10), nullable=False),
        sa.Column("total", sa.String(length=40), nullable=False),
        sa.Column("books_total", sa.String(length=40), nullable=True),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("ignored_reason", sa.String(length=20), nullable=True),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("bridge", sa.JSON(), nullable=False),
        sa.Column("sale", sa.LargeBinary(), nullable=True),
        sa.Column("sought", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            f"verdict IN ({VERDICTS})", name=op.f("ck_previewed_orders_closed_set_of_verdicts")
        ),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_previewed_orders_firm_id")),
        sa.ForeignKeyConstraint(["run_id"], ["previews.run_id"], name=op.f("fk_previewed_orders_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_previewed_orders")),
        sa.UniqueConstraint("run_id", "order_id", name=op.f("uq_previewed_orders_run_id_order_id")),
    )
    op.create_index(op.f("ix_previewed_orders_firm_id"), "previewed_orders", ["firm_id"])
    op.create_index("ix_previewed_orders_verdict", "previewed_orders", ["run_id", "verdict", "order_id"])


def downgrade() -> None:
    op.drop_table("previewed_orders")
    op.drop_table("previews")
    op.execute("DELETE FROM runs WHERE kind = 'preview'")
    op.drop_index("uq_runs_one_open_preview", table_name="runs")
    op.drop_index("uq_runs_one_open", table_name="runs")
    one_open("uq_runs_one_open", "")
    op.drop_column("runs", "alive_at")
