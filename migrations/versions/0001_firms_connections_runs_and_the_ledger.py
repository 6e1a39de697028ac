"""Firms, connections, runs and the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "call_counts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_counts")),
        sa.UniqueConstraint("account", "hour", "purpose", name=op.f("uq_call_counts_account_hour_purpose")),
    )
    with op.batch_alter_table("call_counts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_counts_account"), ["account"], unique=False)

    op.create_table(
        "firms",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("wrapped_data_key", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firms")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_people_email_is_lower_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email", name=op.f("uq_people_email")),
    )
    op.create_table(
        "memberships",
        sa.Column("firm_id", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'preparer', 'reader')", name=op.f("ck_memberships_role")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_memberships_firm_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_memberships_person_id")),
        sa.PrimaryKeyConstraint("firm_id", "person_id", name=op.f("pk_memberships")),
    )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_memberships_person_id"), ["person_id"], unique=False)

    op.create_table(
        "saasu_logins",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("firm_id", sa.String(length=22), nullable=False),
        sa.Column("username", sa.String(length=254), nullable=False),
        sa.Column("refresh_token", sa.LargeBinary(), nullable=False),
        sa.Column("access_token", sa.LargeBinary(), nullable=False),
        sa.Column("access_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_saasu_logins_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saasu_logins")),
        sa.UniqueConstraint("firm_id", "username", name=op.f("uq_saasu_logins_firm_id_username")),
    )
    with op.batch_alter_table("saasu_logins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saasu_logins_firm_id"), ["firm_id"], unique=False)

    op.create_table(
        "web_sessions",
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_web_sessions_person_id")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_web_sessions")),
    )
    with op.batch_alter_table("web_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_web_sessions_person_id"), ["person_id"], unique=False)

    op.create_table(
        "saasu_files",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("firm_id", sa.String(length=22), nullable=False),
        sa.Column("login_id", sa.String(length=22), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("subscription", sa.String(length=100), nullable=False),
        sa.Column("tax_registered", sa.Boolean(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("items_read_to", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_saasu_files_firm_id")),
        sa.ForeignKeyConstraint(["login_id"], ["saasu_logins.id"], name=op.f("fk_saasu_files_login_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saasu_files")),
        sa.UniqueConstraint("firm_id", "file_id", name=op.f("uq_saasu_files_firm_id_file_id")),
    )
    with op.batch_alter_table("saasu_files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saasu_files_firm_id"), ["firm_id"], unique=False)

    op.create_table(
        "connections",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("firm_id", sa.String(length=22), nullable=False),
        sa.Column("file_pk", sa.String(length=22), nullable=False),
        sa.Column("store_hash", sa.String(length=32), nullable=False),
        sa.Column("store_name", sa.String(length=200), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("client_id", sa.String(length=200), nullable=False),
        sa.Column("client_secret", sa.LargeBinary(), nullable=True),
        sa.Column("client_secret_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("access_token", sa.LargeBinary(), nullable=True),
        sa.Column("access_token_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("shipping_item_id", sa.BigInteger(), nullable=True),
        sa.Column("discount_item_id", sa.BigInteger(), nullable=True),
        sa.Column("statuses", sa.JSON(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("notification_email", sa.String(length=500), nullable=False),
        sa.Column("orders_from", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("watermark", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reading_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("last_contact_order", sa.BigInteger(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_good_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem_code", sa.String(length=40), nullable=True),
        sa.Column("problem_sentence", sa.String(length=1000), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_run_id", sa.String(length=22), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("minute >= 0 AND minute < 60", name=op.f("ck_connections_minute_of_the_hour")),
        sa.ForeignKeyConstraint(["file_pk"], ["saasu_files.id"], name=op.f("fk_connections_file_pk")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_connections_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint("file_pk", "store_hash", name=op.f("uq_connections_file_pk_store_hash")),
    )
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.create_index("ix_connections_due", ["enabled", "next_run_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_connections_file_pk"), ["file_pk"], unique=False)
        batch_op.create_index(batch_op.f("ix_connections_firm_id"), ["firm_id"], unique=False)

    op.create_table(
        "mirrored_items",
        sa.Column("file_pk", sa.String(length=22), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=500), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("tax_code", sa.String(length=50), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_sold", sa.Boolean(), nullable=False),
        sa.Column("is_combo", sa.Boolean(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["file_pk"], ["saasu_files.id"], name=op.f("fk_mirrored_items_file_pk")),
        sa.PrimaryKeyConstraint("file_pk", "item_id", name=op.f("pk_mirrored_items")),
    )
    op.create_table(
        "mirrored_tax_codes",
        sa.Column("file_pk", sa.String(length=22), nullable=False),
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("rate", sa.String(length=40), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_sale", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["file_pk"], ["saasu_files.id"], name=op.f("fk_mirrored_tax_codes_file_pk")),
        sa.PrimaryKeyConstraint("file_pk", "code", name=op.f("pk_mirrored_tax_codes")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("firm_id", sa.String(length=22), nullable=False),
        sa.Column("connection_id", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_asked", sa.Boolean(), nullable=False),
        sa.Column("problem_code", sa.String(length=40), nullable=True),
        sa.Column("problem_sentence", sa.String(length=1000), nullable=True),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("posted", sa.Integer(), nullable=False),
        sa.Column("exists", sa.Integer(), nullable=False),
        sa.Column("ignored", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("shop_calls", sa.Integer(), nullable=False),
        sa.Column("saasu_calls", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_runs_connection_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_runs_firm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index("ix_runs_firm", ["firm_id", "queued_at"], unique=False)
        batch_op.create_index("ix_runs_history", ["connection_id", "queued_at"], unique=False)
        batch_op.create_index(
            "uq_runs_one_open",
            ["connection_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('queued', 'running')"),
            postgresql_where=sa.text("state IN ('queued', 'running')"),
        )

    op.create_table(
        "orders",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("firm_id", sa.String(length=22), nullable=False),
        sa.Column("connection_id", sa.String(length=22), nullable=False),
        sa.Column("saasu_file_id", sa.BigInteger(), nullable=False),
        sa.Column("store_hash", sa.String(length=32), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("ignored_reason", sa.String(length=20), nullable=True),
        sa.Column("turn", sa.String(length=10), nullable=True),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("bridge", sa.JSON(), nullable=False),
        sa.Column("order_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=100), nullable=False),
        sa.Column("currency", sa.String(length=10), nullable=False),
        sa.Column("total", sa.String(length=40), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("marker", sa.String(length=100), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invoice_id", sa.BigInteger(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("release", sa.Boolean(), nullable=False),
        sa.Column("changed_in_shop_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.String(length=22), nullable=True),
        sa.CheckConstraint(
            "state IN ('seen', 'sending', 'unknown', 'posted', 'exists', 'failed', 'ignored')",
            name=op.f("ck_orders_closed_set_of_states"),
        ),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_orders_connection_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_orders_firm_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_orders_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint(
            "saasu_file_id",
            "store_hash",
            "order_id",
            name=op.f("uq_orders_saasu_file_id_store_hash_order_id"),
        ),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_firm_state", ["firm_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_orders_run_id"), ["run_id"], unique=False)
        batch_op.create_index("ix_orders_state", ["connection_id", "state", "order_id"], unique=False)

    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(length=22), nullable=False),
        sa.Column("order_pk", sa.String(length=22), nullable=False),
        sa.Column("run_id", sa.String(length=22), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["firm_id"], ["firms.id"], name=op.f("fk_attempts_firm_id")),
        sa.ForeignKeyConstraint(["order_pk"], ["orders.id"], name=op.f("fk_attempts_order_pk")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_attempts_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempts_order_pk"), ["order_pk"], unique=False)
        batch_op.create_index(batch_op.f("ix_attempts_run_id"), ["run_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attempts_run_id"))
        batch_op.drop_index(batch_op.f("ix_attempts_order_pk"))

    op.drop_table("attempts")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_state")
        batch_op.drop_index(batch_op.f("ix_orders_run_id"))
        batch_op.drop_index("ix_orders_firm_state")

    op.drop_table("orders")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_runs_one_open",
            sqlite_where=sa.text("state IN ('queued', 'running')"),
            postgresql_where=sa.text("state IN ('queued', 'running')"),
        )
        batch_op.drop_index("ix_runs_history")
        batch_op.drop_index("ix_runs_firm")

    op.drop_table("runs")
    op.drop_table("mirrored_tax_codes")
    op.drop_table("mirrored_items")
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_connections_firm_id"))
        batch_op.drop_index(batch_op.f("ix_connections_file_pk"))
        batch_op.drop_index("ix_connections_due")

    op.drop_table("connections")
    with op.batch_alter_table("saasu_files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_saasu_files_firm_id"))

    op.drop_table("saasu_files")
    with op.batch_alter_table("web_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_web_sessions_person_id"))

    op.drop_table("web_sessions")
    with op.batch_alter_table("saasu_logins", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_saasu_logins_firm_id"))

    op.drop_table("saasu_logins")
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_memberships_person_id"))

    op.drop_table("memberships")
    op.drop_table("people")
    op.drop_table("firms")
    with op.batch_alter_table("call_counts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_counts_account"))

    op.drop_table("call_counts")
