"""The outbox of mails, the addresses that take them, and what each connection's last mail told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

WAITING = sa.text("sent_at IS NULL AND gave_up_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("firm_id", sa.String(length=22), nullable=False),
        sa.Column("connection_id", sa.String(length=22), nullable=True),
        sa.Column("run_id", sa.String(length=22), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("html", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gave_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.String(length=300), nullable=False),
        sa.CheckConstraint("to_address = lower(to_address)", name=op.f("ck_mails_to_address_is_lower_case")),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_mails_connection_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_mails_firm_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_mails_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_index(op.f("ix_mails_connection_id"), "mails", ["connection_id"])
    op.create_index("ix_mails_firm", "mails", ["firm_id", "created_at"])
    op.create_index("ix_mails_waiting", "mails", ["due_at"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_table(
        "mail_addresses",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("firm_id", sa.String(length=22), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("address = lower(address)", name=op.f("ck_mail_addresses_address_is_lower_case")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_mail_addresses_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_addresses")),
        sa.UniqueConstraint("firm_id", "address", name=op.f("uq_mail_addresses_firm_id_address")),
    )
    op.create_index(op.f("ix_mail_addresses_address"), "mail_addresses", ["address"])
    op.create_table(
        "mail_memories",
        sa.Column("connection_id", sa.String(length=22), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("alarm", sa.String(length=40), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_digest_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_mail_memories_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_mail_memories")),
    )
    op.create_index(op.f("ix_mail_memories_next_digest_at"), "mail_memories", ["next_digest_at"])


def downgrade() -> None:
    op.drop_table("mail_memories")
    op.drop_table("mail_addresses")
    op.drop_table("mails")
