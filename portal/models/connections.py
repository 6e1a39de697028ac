"""Saasu logins and files, and the BigCommerce connections of a file (SYNC §1). Secrets are sealed by the firm's key."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import AwareDateTime, Base, IdList, new_id
from portal.sync.rules import SYNCED_BY_DEFAULT

LOOK_UPS_BEFORE_COPY = 25
"""Contacts of a file that are looked up one by one before all are listed: a small shop never pays for the listing of a large file."""


class SaasuLogin(Base):
    """One sign-in to Saasu. The password is exchanged for tokens and never kept; one access token serves all its files."""

    __tablename__ = "saasu_logins"
    __table_args__ = (UniqueConstraint("firm_id", "username"),)

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"), index=True)
    username: Mapped[str] = mapped_column(String(254))
    refresh_token: Mapped[bytes]
    access_token: Mapped[bytes]
    access_expires_at: Mapped[datetime] = mapped_column(AwareDateTime)
    token_version: Mapped[int] = mapped_column(default=1)
    signed_in_at: Mapped[datetime] = mapped_column(AwareDateTime)


class SaasuFile(Base):
    """One set of books in Saasu. `time_zone` is our own setting, an IANA name.

    `daily_calls` is the plan's limit of calls a day where a person gave it, else it follows from `subscription`; `sole_user` is
    true where a person says that nothing else uses this file's API (SYNC §9). The copies of its items, tax codes and contacts have every
    change until `items_read_to`, `tax_codes_read_at` and `contacts_read_to`; a copy of contacts is tried after `copy_contacts_at` look-ups that
    it would have saved, of which there were `contact_look_ups` since the last try.
    """

    __tablename__ = "saasu_files"
    __table_args__ = (UniqueConstraint("firm_id", "file_id"),)

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"), index=True)
    login_id: Mapped[str] = mapped_column(ForeignKey("saasu_logins.id"))
    file_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))
    subscription: Mapped[str] = mapped_column(String(100), default="")
    tax_registered: Mapped[bool] = mapped_column(default=True)
    time_zone: Mapped[str] = mapped_column(String(64), default="Australia/Sydney")
    created_at: Mapped[datetime] = mapped_column(AwareDateTime)
    items_read_to: Mapped[datetime | None] = mapped_column(AwareDateTime)
    tax_codes_read_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    contacts_read_to: Mapped[datetime | None] = mapped_column(AwareDateTime)
    contact_look_ups: Mapped[int] = mapped_column(default=0)
    copy_contacts_at: Mapped[int] = mapped_column(default=LOOK_UPS_BEFORE_COPY)
    daily_calls: Mapped[int | None]
    sole_user: Mapped[bool] = mapped_column(default=False)

    login: Mapped[SaasuLogin] = relationship()
    connections: Mapped[list["Connection"]] = relationship(
        back_populates="file", order_by="Connection.created_at"
    )
    aliases: Mapped[list["ItemAlias"]] = relationship(order_by="ItemAlias.sku", cascade="all, delete-orphan")


class Connection(Base):
    """The BigCommerce connector of a file. Its file and Shop Code never change (SYNC §1).

    `start_at` is the moment from which orders are taken; `looked_since` and `doubt_from` say which of them were compared with what
    Saasu has already (`portal.sync.known_sales.Looked`, SYNC §7.7); `watermark`, `reading_until` and `cursor` say where reading stands;
    `fence` grows with every lease, and every write of a run checks it. `own_discounts`: the shop's own amounts always decide
    which line a discount falls on; `whole_cent_prices`: discounts go into prices of whole cents instead of percentages;
    `nobodys_emails`: addresses of no one person, comma separated; `notify_when`: changed, every, needed or daily (SYNC §5, §6, §10).
    """

    __tablename__ = "connections"
    __table_args__ = (
        UniqueConstraint("file_pk", "store_hash"),
        CheckConstraint("minute >= 0 AND minute < 60", name="minute_of_the_hour"),
        Index("ix_connections_due", "enabled", "next_run_at"),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"), index=True)
    file_pk: Mapped[str] = mapped_column(ForeignKey("saasu_files.id"), index=True)
    store_hash: Mapped[str] = mapped_column(String(32))
    store_name: Mapped[str] = mapped_column(String(200), default="")
    enabled: Mapped[bool] = mapped_column(default=False)
    client_id: Mapped[str] = mapped_column(String(200), default="")
    client_secret: Mapped[bytes | None]
    client_secret_set_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    access_token: Mapped[bytes | None]
    access_token_set_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    prefix: Mapped[str] = mapped_column(String(20), default="")
    shipping_item_id: Mapped[int | None] = mapped_column(BigInteger)
    discount_item_id: Mapped[int | None] = mapped_column(BigInteger)
    fee_item_id: Mapped[int | None] = mapped_column(BigInteger)
    taxable_code: Mapped[str] = mapped_column(String(50), default="G1")
    free_code: Mapped[str] = mapped_column(String(50), default="G1,G3")
    export_code: Mapped[str] = mapped_column(String(50), default="G1,G2")
    own_discounts: Mapped[bool] = mapped_column(default=False)
    whole_cent_prices: Mapped[bool] = mapped_column(default=False)
    existing_contacts: Mapped[str] = mapped_column(String(20), default="as documented")
    nobodys_emails: Mapped[str] = mapped_column(String(1000), default="")
    statuses: Mapped[list[int]] = mapped_column(IdList, default=lambda: sorted(SYNCED_BY_DEFAULT))
    notify: Mapped[bool] = mapped_column(default=False)
    notification_email: Mapped[str] = mapped_column(String(500), default="")
    notify_when: Mapped[str] = mapped_column(String(20), default="changed")
    orders_from: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(AwareDateTime)

    start_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    watermark: Mapped[datetime | None] = mapped_column(AwareDateTime)
    reading_until: Mapped[datetime | None] = mapped_column(AwareDateTime)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    looked_since: Mapped[datetime | None] = mapped_column(AwareDateTime)
    doubt_from: Mapped[datetime | None] = mapped_column(AwareDateTime)

    minute: Mapped[int] = mapped_column(default=0)
    next_run_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    next_sweep_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    last_good_run_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    problem_code: Mapped[str | None] = mapped_column(String(40))
    problem_sentence: Mapped[str | None] = mapped_column(String(1000))

    fence: Mapped[int] = mapped_column(default=0)
    lease_run_id: Mapped[str | None] = mapped_column(String(22))
    lease_until: Mapped[datetime | None] = mapped_column(AwareDateTime)

    file: Mapped[SaasuFile] = relationship(back_populates="connections")
    off_spans: Mapped[list["OffSpan"]] = relationship(
        order_by="OffSpan.began_at", cascade="all, delete-orphan"
    )


class OffSpan(Base):
    """A time in which a connection was switched off; `ended_at` is empty while it still is (SYNC §3.1)."""

    __tablename__ = "off_spans"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name="ends_after_it_began"),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"), index=True)
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"), index=True)
    began_at: Mapped[datetime] = mapped_column(AwareDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(AwareDateTime)


EVERY_CONTACT = 0
"""The number under which the mark of an older version holds for every contact that has none of its own."""


class ContactWriter(Base):
    """The newest order of a connection whose details a Saasu contact holds: an older one never overwrites them (SYNC §6)."""

    __tablename__ = "contact_writers"

    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    order_id: Mapped[int] = mapped_column(BigInteger)


class ItemAlias(Base):
    """Another name for an item of a file: the shop sells it as `sku`, Saasu knows it as `item_code` (SYNC §5 Lines)."""

    __tablename__ = "item_aliases"
    __table_args__ = (UniqueConstraint("file_pk", "sku"),)

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"), index=True)
    file_pk: Mapped[str] = mapped_column(ForeignKey("saasu_files.id"))
    sku: Mapped[str] = mapped_column(String(500))
    item_code: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(AwareDateTime)
    created_by: Mapped[str] = mapped_column(String(200), default="")
