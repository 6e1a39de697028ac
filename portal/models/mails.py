"""Mails to send and sent, the addresses that take them, and what each connection's last mail told (SYNC §10)."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import AwareDateTime, Base, new_id
from portal.models.connections import Connection

WAITING = text("sent_at IS NULL AND gave_up_at IS NULL")


class Mail(Base):
    """One mail to one address: a row of the outbox, written with what it tells, delivered by a job.

    `text` and `html` are sealed, since links in them act without a sign-in, and are forgotten once the mail is sent. `due_at` is when
    somebody may next try; `attempts` grows with every claim, so a delivery that is out of date knows itself. `trouble` says in our
    words why it is not sent yet, or why it never will be (`gave_up_at`). `topic` is what several connections' alarms have in common.
    """

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint("to_address = lower(to_address)", name="to_address_is_lower_case"),
        Index("ix_mails_waiting", "due_at", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_mails_firm", "firm_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"))
    connection_id: Mapped[str | None] = mapped_column(ForeignKey("connections.id"), index=True)
    run_id: Mapped[str | None] = mapped_column(ForeignKey("runs.id"))
    kind: Mapped[str] = mapped_column(String(10))
    topic: Mapped[str] = mapped_column(String(100), default="")
    to_address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(250))
    text: Mapped[bytes | None]
    html: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(AwareDateTime)
    due_at: Mapped[datetime] = mapped_column(AwareDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    gave_up_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    trouble: Mapped[str] = mapped_column(String(300), default="")

    connection: Mapped[Connection | None] = relationship()


class MailAddress(Base):
    """An address a firm wants to notify. Nothing but the question goes there before `confirmed_at` (double opt-in).

    Only the digest of the question's token is kept. `stopped_at`: its reader wants no more mails of this firm.
    """

    __tablename__ = "mail_addresses"
    __table_args__ = (
        UniqueConstraint("firm_id", "address"),
        CheckConstraint("address = lower(address)", name="address_is_lower_case"),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"))
    address: Mapped[str] = mapped_column(String(254), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), default="")
    asked_at: Mapped[datetime] = mapped_column(AwareDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(AwareDateTime)


class MailMemory(Base):
    """What the last mails about a connection told: `problems` that were open, as keys; the `alarm` it stands still for, or blank.

    `next_digest_at`: when its next daily digest is due; nothing while its choice is another.
    """

    __tablename__ = "mail_memories"

    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"), primary_key=True)
    problems: Mapped[list[str]] = mapped_column(JSON, default=list)
    alarm: Mapped[str] = mapped_column(String(40), default="")
    told_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    next_digest_at: Mapped[datetime | None] = mapped_column(AwareDateTime, index=True)

    connection: Mapped[Connection] = relationship()
