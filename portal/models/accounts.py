"""Firms, the people who work there, and their sessions."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import AwareDateTime, Base, new_id


class Role(StrEnum):
    """What a person may do in a firm: a reader looks, a preparer works, an owner also manages people."""

    OWNER = "owner"
    PREPARER = "preparer"
    READER = "reader"


class Firm(Base):
    """The tenant: an accounting practice, or one business. `wrapped_data_key` is sealed by the ring's key `key_id`."""

    __tablename__ = "firms"

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(AwareDateTime)
    time_zone: Mapped[str] = mapped_column(String(64), default="Australia/Sydney")
    wrapped_data_key: Mapped[bytes]
    key_id: Mapped[str] = mapped_column(String(40))


class Person(Base):
    """Somebody who signs in. `email` is kept lower-case and is theirs alone."""

    __tablename__ = "people"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_is_lower_case"),)

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(AwareDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(AwareDateTime)

    memberships: Mapped[list["Membership"]] = relationship(back_populates="person")


class Membership(Base):
    """A person's place in a firm."""

    __tablename__ = "memberships"
    __table_args__ = (CheckConstraint("role IN ('owner', 'preparer', 'reader')", name="role"),)

    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(10))

    firm: Mapped[Firm] = relationship()
    person: Mapped[Person] = relationship(back_populates="memberships")


class WebSession(Base):
    """One signed-in browser. Only the digest of its token is kept; the server can end it (ASVS 7.4.1)."""

    __tablename__ = "web_sessions"

    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(AwareDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(AwareDateTime)
    expires_at: Mapped[datetime] = mapped_column(AwareDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    browser: Mapped[str] = mapped_column(String(200), default="")

    person: Mapped[Person] = relationship()
