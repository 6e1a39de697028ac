"""Copies of what a Saasu file holds, so that an order costs no look-up: items, tax codes and the sales listed (SYNC §7.7, §9); and the calls made and refused."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import AwareDateTime, Base, Money


class MirroredItem(Base):
    """An item of a file, as last read."""

    __tablename__ = "mirrored_items"

    file_pk: Mapped[str] = mapped_column(ForeignKey("saasu_files.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    code: Mapped[str] = mapped_column(String(500))
    name: Mapped[str] = mapped_column(String(500), default="")
    tax_code: Mapped[str | None] = mapped_column(String(50))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_sold: Mapped[bool] = mapped_column(default=True)
    is_combo: Mapped[bool] = mapped_column(default=False)
    parts: Mapped[list[str]] = mapped_column(JSON, default=list)


class MirroredTaxCode(Base):
    """A tax code of a file, as last read; `rate` is a fraction."""

    __tablename__ = "mirrored_tax_codes"

    file_pk: Mapped[str] = mapped_column(ForeignKey("saasu_files.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(50), primary_key=True)
    rate: Mapped[Decimal] = mapped_column(Money)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_sale: Mapped[bool] = mapped_column(default=True)


class ListedSale(Base):
    """A sale of a file as a complete listing last showed it: its number as it is compared, and its marker where that is one of ours.

    It may have been changed or deleted in Saasu since `listed_at`.
    """

    __tablename__ = "listed_sales"
    __table_args__ = (
        Index("ix_listed_sales_number", "file_pk", "number"),
        Index("ix_listed_sales_marker", "file_pk", "marker"),
    )

    file_pk: Mapped[str] = mapped_column(ForeignKey("saasu_files.id"), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(String(100), default="")
    marker: Mapped[str] = mapped_column(String(100), default="")
    listed_at: Mapped[datetime] = mapped_column(AwareDateTime)


class CallCount(Base):
    """Calls made to one remote account in one hour, by purpose; counted before they are sent (SYNC §9).

    `account` is `saasu:<FileId>` or `bigcommerce:<store hash>`, over all firms.
    """

    __tablename__ = "call_counts"
    __table_args__ = (UniqueConstraint("account", "hour", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(60), index=True)
    hour: Mapped[datetime] = mapped_column(AwareDateTime)
    purpose: Mapped[str] = mapped_column(String(40))
    calls: Mapped[int] = mapped_column(default=0)


class CallBlock(Base):
    """An account that refuses calls `since` a moment: it is asked nothing `until` another (SYNC §9). Gone with its first good answer."""

    __tablename__ = "call_blocks"

    account: Mapped[str] = mapped_column(String(60), primary_key=True)
    since: Mapped[datetime] = mapped_column(AwareDateTime)
    until: Mapped[datetime] = mapped_column(AwareDateTime)
