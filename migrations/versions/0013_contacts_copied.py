"""Copies of contacts, notes of those being written, and how fresh the tax codes are."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

MOMENT = sa.DateTime(timezone=True)
COUNTS = (("contact_look_ups", 0), ("copy_contacts_at", 25))


def upgrade() -> None:
    op.add_column("saasu_files", sa.Column("tax_codes_read_at", MOMENT, nullable=True))
    op.add_column("saasu_files", sa.Column("contacts_read_to", MOMENT, nullable=True))
    for name, default in COUNTS:
        op.add_column(
            "saasu_files",
            sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text(str(default))),
        )
    with op.batch_alter_table("saasu_files") as batch:
        for name, _ in COUNTS:
            batch.alter_column(name, existing_type=sa.Integer(), existing_nullable=False, server_default=None)
    op.create_table(
        "mirrored_contacts",
        sa.Column("file_pk", sa.String(length=22), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("email_digest", sa.String(length=64), nullable=False),
        sa.Column("name_digest", sa.String(length=64), nullable=False),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_pk"], ["saasu_files.id"], name=op.f("fk_mirrored_contacts_file_pk")),
        sa.PrimaryKeyConstraint("file_pk", "contact_id", name=op.f("pk_mirrored_contacts")),
    )
    op.create_index("ix_mirrored_contacts_email", "mirrored_contacts", ["file_pk", "email_digest"])
    op.create_index("ix_mirrored_contacts_name", "mirrored_contacts", ["file_pk", "name_digest"])
    op.create_table(
        "known_companies",
        sa.Column("file_pk", sa.String(length=22), nullable=False),
        sa.Column("name_digest", sa.String(length=64), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("known_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["file_pk"], ["saasu_files.id"], name=op.f("fk_known_companies_file_pk")),
        sa.PrimaryKeyConstraint("file_pk", "name_digest", name=op.f("pk_known_companies")),
    )
    op.create_table(
        "person_intents",
        sa.Column("file_pk", sa.String(length=22), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["file_pk"], ["saasu_files.id"], name=op.f("fk_person_intents_file_pk")),
        sa.PrimaryKeyConstraint("file_pk", "digest", name=op.f("pk_person_intents")),
    )


def downgrade() -> None:
    op.drop_table("person_intents")
    op.drop_table("known_companies")
    op.drop_table("mirrored_contacts")
    with op.batch_alter_table("saasu_files") as batch:
        batch.drop_column("copy_contacts_at")
        batch.drop_column("contact_look_ups")
        batch.drop_column("contacts_read_to")
        batch.drop_column("tax_codes_read_at")
