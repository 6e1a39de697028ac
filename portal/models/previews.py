"""Previews: the orders of a period as they would be posted; nothing of them is ever sent (issue 3: preview)."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import AwareDateTime, Base, Money, new_id
from portal.models.runs import Run
from portal.sync.previewing import Verdict

VERDICTS = ", ".join(f"'{verdict}'" for verdict in Verdict)


class Preview(Base):
    """The period of a preview run: the days from and to by the file's calendar, and the moments they begin and end at.

    `sales_to` is the moment up to which Saasu's sales were listed for it, `sales_seen` how many those were; `cursor` is the last order id recorded, `reached` when that order was placed; `kept` is false once its orders were pruned.
    """

    __tablename__ = "previews"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"), index=True)
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"), index=True)
    day_from: Mapped[date]
    day_to: Mapped[date]
    since: Mapped[datetime] = mapped_column(AwareDateTime)
    until: Mapped[datetime] = mapped_column(AwareDateTime)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    sales_to: Mapped[datetime | None] = mapped_column(AwareDateTime)
    sales_seen: Mapped[int] = mapped_column(default=0)
    reached: Mapped[datetime | None] = mapped_column(AwareDateTime)
    kept: Mapped[bool] = mapped_column(default=True)

    run: Mapped[Run] = relationship()


class PreviewedOrder(Base):
    """One order of a preview, as it would be posted.

    `total` and `books_total` are the shop's and Saasu's in dollars; `problems`, `notes` and `bridge` are as in `orders`. `sale` is the
    sale order as JSON text, sealed; `sought` a list of [keyed digest, calls] of the contacts that are looked up, to count different
    ones by.
    """

    __tablename__ = "previewed_orders"
    __table_args__ = (
        UniqueConstraint("run_id", "order_id"),
        CheckConstraint(f"verdict IN ({VERDICTS})", name="closed_set_of_verdicts"),
        Index("ix_previewed_orders_verdict", "run_id", "verdict", "order_id"),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"), index=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("previews.run_id"))
    order_id: Mapped[int] = mapped_column(BigInteger)
    order_created_at: Mapped[datetime] = mapped_column(AwareDateTime)
    status: Mapped[str] = mapped_column(String(100), default="")
    currency: Mapped[str] = mapped_column(String(10), default="")
    total: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    books_total: Mapped[Decimal | None] = mapped_column(Money)
    verdict: Mapped[str] = mapped_column(String(12))
    ignored_reason: Mapped[str | None] = mapped_column(String(20))
    problems: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    notes: Mapped[list[str]] = mapped_column(JSON, default=list)
    bridge: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    sale: Mapped[bytes | None]
    sought: Mapped[list[tuple[str, int]]] = mapped_column(JSON, default=list)

    preview: Mapped[Preview] = relationship()
