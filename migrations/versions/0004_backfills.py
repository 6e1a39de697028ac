"""Backfills in slices, and the orders that wait for them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

OPEN = sa.text("state IN ('running', 'paused')")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "backfills",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("firm_id", sa.String(length=22), nullable=False),
        sa.Column("connection_id", sa.String(length=22), nullable=False),
        sa.Column("orders_from", sa.Date(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("read_to_end", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("resume_at", MOMENT, nullable=True),
        sa.Column("problem_code", sa.String(length=40), nullable=True),
        sa.Column("problem_sentence", sa.String(length=1000), nullable=True),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("acts", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'paused', 'finished', 'stopped')",
            name=op.f("ck_backfills_closed_set_of_states"),
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_backfills_connection_id")
        ),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_backfills_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backfills")),
    )
    op.create_index(op.f("ix_backfills_firm_id"), "backfills", ["firm_id"])
    op.create_index(op.f("ix_backfills_connection_id"), "backfills", ["connection_id"])
    op.create_index(
        "uq_backfills_one_open",
        "backfills",
        ["connection_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    for table in ("runs", "orders"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("backfill_id", sa.String(length=22), nullable=True))
            batch.create_foreign_key(f"fk_{table}_backfill_id", "backfills", ["backfill_id"], ["id"])
        op.create_index(op.f(f"ix_{table}_backfill_id"), table, ["backfill_id"])
    op.add_column("orders", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("orders") as batch:
        batch.alter_column("held", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    op.drop_column("orders", "held")
    for table in ("orders", "runs"):
        op.drop_index(op.f(f"ix_{table}_backfill_id"), table_name=table)
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(f"fk_{table}_backfill_id", type_="foreignkey")
            batch.drop_column("backfill_id")
    op.drop_table("backfills")
