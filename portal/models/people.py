"""Copies of a Saasu file's contacts, sealed and found by keyed digests, and notes of those being written (SYNC §7.9, §9)."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import AwareDateTime, Base


class MirroredContact(Base):
    """A contact of a file as last read or written: `sealed` is all of it, under the firm's key; a doubtful one is looked up before it is used."""

    __tablename__ = "mirrored_contacts"
    __table_args__ = (
        Index("ix_mirrored_contacts_email", "file_pk", "email_digest"),
        Index("ix_mirrored_contacts_name", "file_pk", "name_digest"),
    )

    file_pk: Mapped[str] = mapped_column(ForeignKey("saasu_files.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    email_digest: Mapped[str] = mapped_column(String(64))
    name_digest: Mapped[str] = mapped_column(String(64))
    doubtful: Mapped[bool] = mapped_column(default=False)
    sealed: Mapped[bytes]


class KnownCompany(Base):
    """A company of a file that was found or created before, by a keyed digest of its name."""

    __tablename__ = "known_companies"

    file_pk: Mapped[str] = mapped_column(ForeignKey("saasu_files.id"), primary_key=True)
    name_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    company_id: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime] = mapped_column(AwareDateTime)


class PersonIntent(Base):
    """A contact or company of a file that is being written, or was and its answer lost: one note for each e-mail, name or company (SYNC §7.9).

    `made` is the id it was given, for another worker that was about to write it too.
    """

    __tablename__ = "person_intents"

    file_pk: Mapped[str] = mapped_column(ForeignKey("saasu_files.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(AwareDateTime)
    made: Mapped[int | None] = mapped_column(BigInteger)
