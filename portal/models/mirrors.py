"""Copies of what a Saasu file holds, so that an order costs no look-up: items and tax codes (SYNC §9); and the calls made."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import JSON, BigInteger, ForeignKey, String, UniqueConstraint
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
