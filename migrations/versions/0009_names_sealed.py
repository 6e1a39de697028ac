"""Names and addresses in what is said of an order: sealed from now on, and taken out of what was said before.

A migration has no keys and cannot seal. So the sentences that stood in clear are put into their bare words; what they named is in the
shop and in Saasu. A later change of such an order is told in full again.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

BARE = (
    (r"The e-mail was .*", "The e-mail is another one"),
    (r"Billed to .*, before to .*", "Billed to another name or address"),
    (r"Delivered to .*, before to .*", "Delivered to another name or address"),
    (r"(Contact \d+ was renamed) from “.*” to “.*”\.", r"\1."),
    (r"(\d+ contacts have the) e-mail .*: (contact \d+ was used\.)", r"\1 order’s e-mail: \2"),
    (
        r"(\d+ contacts) are called .*: (contact \d+ was used as the receiver\.)",
        r"\1 have the receiver’s name: \2",
    ),
)
TOLD = re.compile(
    r"(Changed in the shop: (?:.*?; )?)(?:The e-mail was |Billed to |Delivered to ).*", re.DOTALL
)
AT_ONCE = 500
FULL = "document IS NOT NULL OR in_full IS NOT NULL"
TEXT = "document IS NOT NULL"
orders = sa.table(
    "orders",
    sa.column("id", sa.String),
    sa.column("notes", sa.JSON),
    # Without changes there is nothing; the JSON text `null` would be something.
    sa.column("changes", sa.JSON(none_as_null=True)),
)
attempts = sa.table("attempts", sa.column("id", sa.Integer), sa.column("note", sa.String))


def bare(sentence: str) -> str:
    """A sentence without the names and addresses in it."""
    for pattern, words in BARE:
        found = re.fullmatch(pattern, sentence, re.DOTALL)
        if found is not None:
            return found.expand(words)
    return sentence


def clear_orders(bind: sa.Connection) -> None:
    """Put notes and changes into their bare words, a bounded number of rows at a time."""
    last = ""
    while True:
        page = sa.select(orders).where(orders.c.id > last).order_by(orders.c.id).limit(AT_ONCE)
        rows = bind.execute(page).all()
        for row in rows:
            values = {"notes": [bare(one) for one in row.notes], "changes": row.changes}
            if row.changes:
                values["changes"] = row.changes | {"what": [bare(one) for one in row.changes["what"]]}
            if values != {"notes": row.notes, "changes": row.changes}:
                bind.execute(orders.update().where(orders.c.id == row.id).values(**values))
        if len(rows) < AT_ONCE:
            return
        last = rows[-1].id


def clear_attempts(bind: sa.Connection) -> None:
    """Cut the names and addresses, which stand last, off what the history says of changes."""
    told = attempts.c.note.like("Changed in the shop: %")
    for row in bind.execute(sa.select(attempts).where(told)).all():
        found = TOLD.fullmatch(row.note)
        if found is not None:
            note = f"{found[1]}Another e-mail, name or address."
            bind.execute(attempts.update().where(attempts.c.id == row.id).values(note=note))


def index_kept(where: str) -> None:
    """The index of the orders of which something sealed is kept."""
    clause = sa.text(where)
    op.create_index("ix_orders_kept", "orders", ["decided_at"], sqlite_where=clause, postgresql_where=clause)


def upgrade() -> None:
    op.drop_index("ix_orders_kept", table_name="orders")
    op.add_column("orders", sa.Column("in_full", sa.LargeBinary(), nullable=True))
    index_kept(FULL)
    clear_orders(op.get_bind())
    clear_attempts(op.get_bind())


def downgrade() -> None:
    op.drop_index("ix_orders_kept", table_name="orders")
    op.drop_column("orders", "in_full")
    index_kept(TEXT)
