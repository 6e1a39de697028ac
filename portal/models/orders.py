"""The ledger's tables: one row per shop order for ever, and its append-only attempts (SYNC §1, §2)."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import AwareDateTime, Base, Money, new_id
from portal.models.connections import Connection
from portal.sync.ports import State
from portal.sync.problems import Turn

LARGEST_ID = 2**63
WRITTEN = re.compile(r"(?P<sign>#?)\s*(?P<prefix>\S{0,20}?)(?P<digits>[0-9]{1,30})", re.ASCII)
"""An order's number as a person may write it: `252`, `#252`, `WB252`."""
STATES = ", ".join(f"'{state}'" for state in State)

KEPT = "document IS NOT NULL OR in_full IS NOT NULL"
"""The SQL for an order of which something sealed is kept."""
DOUBTED = "doubted_until IS NOT NULL"


class Order(Base):
    """One shop order of one store in one Saasu file. `document` is the order as it was read, sealed.

    `in_full` are those sentences of `notes` and `changes` that name somebody, sealed as well (`portal.ledger.names`). `total` is the shop's `total_inc_tax` in dollars; `problems` a list of {code, sentence, subject}; `turn` whose turn the first
    of them is; `bridge` a list of {name, shop, books, words}. `backfill_id` is the backfill that recorded it; while that is open,
    an order that is `held` waits for it, and no other run decides about it. `books_total` and `books_tax` are Saasu's, as read
    back; of an order that `exists`, those of the sale that has its number, where Saasu told them. `look_once` is true while somebody should look at a finished or ignored order; `changes` says what changed in the shop since
    (`portal.sync.changes`). `doubted_until`: until then a sale that was not found may still turn up (SYNC §7.5). `asked`: a person asked for this very order, so it never counts as a flood; `flood_at`: since when the
    flood guard keeps it back (SYNC §3.7). `counted_in` is the id of the run that counted it last, `counted_as` the word under which it
    did, with a mark where the run's `done` counts it (`portal.ledger.counting`).
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("saasu_file_id", "store_hash", "order_id"),
        CheckConstraint(f"state IN ({STATES})", name="closed_set_of_states"),
        Index("ix_orders_state", "connection_id", "state", "order_id"),
        Index("ix_orders_firm_state", "firm_id", "state"),
        Index(
            "ix_orders_look_once",
            "firm_id",
            sqlite_where=text("look_once"),
            postgresql_where=text("look_once"),
        ),
        Index(
            "ix_orders_doubted",
            "connection_id",
            sqlite_where=text(DOUBTED),
            postgresql_where=text(DOUBTED),
        ),
        Index(
            "ix_orders_kept",
            "decided_at",
            sqlite_where=text(KEPT),
            postgresql_where=text(KEPT),
        ),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"))
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"))
    saasu_file_id: Mapped[int] = mapped_column(BigInteger)
    store_hash: Mapped[str] = mapped_column(String(32))
    order_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10))
    ignored_reason: Mapped[str | None] = mapped_column(String(20))
    turn: Mapped[str | None] = mapped_column(String(10))
    problems: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    notes: Mapped[list[str]] = mapped_column(JSON, default=list)
    bridge: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)

    order_created_at: Mapped[datetime] = mapped_column(AwareDateTime)
    order_modified_at: Mapped[datetime] = mapped_column(AwareDateTime)
    status_id: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(100), default="")
    currency: Mapped[str] = mapped_column(String(10), default="")
    total: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    is_deleted: Mapped[bool] = mapped_column(default=False)
    document: Mapped[bytes | None]
    in_full: Mapped[bytes | None]

    number: Mapped[str] = mapped_column(String(100), default="")
    marker: Mapped[str] = mapped_column(String(100), default="")
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    first_sent_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    doubted_until: Mapped[datetime | None] = mapped_column(AwareDateTime)
    invoice_id: Mapped[int | None] = mapped_column(BigInteger)
    posted_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    retry_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    refusals: Mapped[int] = mapped_column(default=0)
    release: Mapped[bool] = mapped_column(default=False)
    asked: Mapped[bool] = mapped_column(default=False)
    flood_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    read_back_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    read_tries: Mapped[int] = mapped_column(default=0)
    books_total: Mapped[Decimal | None] = mapped_column(Money)
    books_tax: Mapped[Decimal | None] = mapped_column(Money)
    look_once: Mapped[bool] = mapped_column(default=False)
    changes: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    dealt_with_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    dealt_with_by: Mapped[str] = mapped_column(String(200), default="")
    changed_in_shop_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    first_seen_at: Mapped[datetime] = mapped_column(AwareDateTime)
    decided_at: Mapped[datetime] = mapped_column(AwareDateTime)
    run_id: Mapped[str | None] = mapped_column(ForeignKey("runs.id"), index=True)
    backfill_id: Mapped[str | None] = mapped_column(ForeignKey("backfills.id"), index=True)
    held: Mapped[bool] = mapped_column(default=False)
    counted_in: Mapped[str | None] = mapped_column(String(22))
    counted_as: Mapped[str | None] = mapped_column(String(10))

    @property
    def changes_seen(self) -> str:
        """When the changes of the order were noticed, as text; blank where there are none. Names them when a person answers."""
        return str(self.changes["at"]) if self.changes else ""

    @property
    def changed_at(self) -> datetime | None:
        """The same as a moment."""
        return datetime.fromisoformat(self.changes_seen) if self.changes else None

    @property
    def in_question(self) -> bool:
        """Whether a person has to say if the sale that has its number is of this order: `IN_QUESTION` for one order."""
        return self.state == State.EXISTS and self.look_once and self.turn == Turn.YOU

    connection: Mapped[Connection] = relationship()
    attempts: Mapped[list["Attempt"]] = relationship(back_populates="order", order_by="Attempt.id")


class Attempt(Base):
    """One append-only line of an order's history: when, in which run, by whom, what was decided, what came back."""

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"))
    order_pk: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    run_id: Mapped[str | None] = mapped_column(ForeignKey("runs.id"), index=True)
    at: Mapped[datetime] = mapped_column(AwareDateTime)
    actor: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(1000), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    order: Mapped[Order] = relationship(back_populates="attempts")


class LineShape(Base):
    """What the first order with this shape of line came to in Saasu, for one file: to the cent, or not (SYNC §7.8).

    `shape` is one of `portal.sync.shapes.Shape`; exactly one of `proved_at` and `failed_at` is set.
    """

    __tablename__ = "line_shapes"
    __table_args__ = (CheckConstraint("(proved_at IS NULL) <> (failed_at IS NULL)", name="proved_or_failed"),)

    file_pk: Mapped[str] = mapped_column(ForeignKey("saasu_files.id"), primary_key=True)
    shape: Mapped[str] = mapped_column(String(30), primary_key=True)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"), index=True)
    order_pk: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    proved_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(AwareDateTime)

    order: Mapped[Order] = relationship()


IN_QUESTION = (Order.state == State.EXISTS) & Order.look_once & (Order.turn == Turn.YOU)
"""Orders whose number stands on a sale that we did not write, and that was not compared or comes to something else."""
NEEDS_YOU = (
    ((Order.state == State.FAILED) & (Order.turn != Turn.WAIT))
    | (Order.state.in_((State.SEEN, State.IGNORED)) & (Order.turn == Turn.YOU))
    | IN_QUESTION
)
"""Orders that need somebody: failed ones, a flood held back, those disputed before they were synced, and those in question."""


def numbered(number: str) -> ColumnElement[bool]:
    """The SQL for orders with a number: the shop's, with or without `#`, or Saasu's, whatever it looks like."""
    there = func.lower(Order.number) == number.strip().lower()
    found = WRITTEN.fullmatch(number.strip())
    if found is None or int(found["digits"]) >= LARGEST_ID:
        return there
    prefix, order_id = found["prefix"].lower(), int(found["digits"])
    here: ColumnElement[bool] = Order.order_id == order_id
    if prefix:
        here = here & Order.connection.has(func.lower(Connection.prefix) == prefix)
    return here if found["sign"] else or_(here, there)
