"""The copy of one file's contacts as it is kept: sealed, and found by keyed digests of e-mail and names (SYNC §9)."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.models.connections import LOOK_UPS_BEFORE_COPY, SaasuFile
from portal.models.people import KnownCompany, MirroredContact, PersonIntent
from portal.sync.people import Kept, Key
from portal.sync.sale_orders import Contact, PostalAddress

FIELD = "contact"
AT_ONCE = 200
PUT_OFF = 5_000
"""Look-ups before a file with too many contacts is tried again."""
UNUSED = timedelta(days=30)
"""A copy that no run used for so long is thrown away: nobody's address is kept for nothing."""


class Keys(Protocol):
    """The firm's keys, as far as a copy needs them."""

    def seal(self, record: str, field: str, text: str) -> bytes:
        """A text sealed for its place."""
        ...

    def open(self, record: str, field: str, sealed: bytes) -> str:
        """The text again."""
        ...

    def digest(self, text: str) -> str:
        """A keyed digest."""
        ...


class SqlPeople:
    """The copy of one file's contacts; implements `portal.sync.people.PeopleKept`. Every write is committed."""

    def __init__(self, session: Session, file_pk: str, keys: Keys) -> None:
        self._session = session
        self._file_pk = file_pk
        self._keys = keys

    def read_to(self) -> datetime | None:
        """Until when the copy has every change."""
        found: datetime | None = self._of_file(SaasuFile.contacts_read_to)
        return found

    def is_copy_due(self) -> bool:
        """Whether so many look-ups were made that a copy is worth its calls."""
        left: int = self._of_file(SaasuFile.copy_contacts_after)
        return left <= 0

    def looked_up(self) -> None:
        """Count a look-up."""
        self._change_file(copy_contacts_after=SaasuFile.copy_contacts_after - 1)

    def put_off(self) -> None:
        """Make no copy for a long time."""
        self._change_file(copy_contacts_after=PUT_OFF)

    def by_email(self, email: str) -> tuple[Kept, ...]:
        """The copy's contacts of that e-mail, ascending id."""
        return self._select(MirroredContact.email_digest == self._keys.digest(email))

    def by_name(self, given_name: str, family_name: str) -> tuple[Kept, ...]:
        """The copy's contacts of that first and last name, ascending id."""
        return self._select(
            MirroredContact.name_digest == self._keys.digest(name_text(given_name, family_name))
        )

    def keep(self, contacts: Sequence[Contact], *, gone: Collection[int] = ()) -> None:
        """Take contacts into the copy, and those that are gone out of it; nothing where there is no copy."""
        if self.read_to() is None:
            return
        self._write(contacts)
        if gone:
            mine = (MirroredContact.file_pk == self._file_pk, MirroredContact.contact_id.in_(gone))
            self._session.execute(
                delete(MirroredContact).where(*mine).execution_options(synchronize_session=False)
            )
        self._session.commit()

    def bring_up_to(self, moment: datetime, contacts: Sequence[Contact], *, whole: bool) -> None:
        """Take what was listed into the copy, and note until when it has every change."""
        if whole:
            self._session.execute(forgotten(self._file_pk))
        self._write(contacts)
        self._change_file(contacts_read_to=moment)

    def doubt(self, contact_ids: Collection[int]) -> None:
        """Mark contacts that must be looked up before they are used."""
        self._session.execute(
            update(MirroredContact)
            .where(MirroredContact.file_pk == self._file_pk, MirroredContact.contact_id.in_(contact_ids))
            .values(doubtful=True)
            .execution_options(synchronize_session=False)
        )
        self._session.commit()

    def writing_since(self, key: Key) -> datetime | None:
        """Since when this is being written."""
        found = self._session.scalar(select(PersonIntent.begun_at).where(*self._noted(key)))
        self._session.rollback()
        return found

    def begin(self, key: Key, now: datetime) -> bool:
        """Note that it is about to be written; false where it is noted already."""
        values = {"file_pk": self._file_pk, "digest": self._digest(key), "begun_at": now}
        noted = self._insert(PersonIntent).values(**values).on_conflict_do_nothing()
        made = self._session.scalar(noted.returning(PersonIntent.digest))
        self._session.commit()
        return made is not None

    def end(self, key: Key) -> None:
        """Take the note away."""
        self._session.execute(
            delete(PersonIntent).where(*self._noted(key)).execution_options(synchronize_session=False)
        )
        self._session.commit()

    def company(self, name: str) -> int | None:
        """The id of a company that was found or created before."""
        found = self._session.scalar(
            select(KnownCompany.company_id).where(
                KnownCompany.file_pk == self._file_pk, KnownCompany.name_digest == self._keys.digest(name)
            )
        )
        self._session.rollback()
        return found

    def keep_company(self, name: str, company_id: int | None) -> None:
        """Remember a company's id; `None` forgets it."""
        digest = self._keys.digest(name)
        if company_id is None:
            mine = (KnownCompany.file_pk == self._file_pk, KnownCompany.name_digest == digest)
            self._session.execute(
                delete(KnownCompany).where(*mine).execution_options(synchronize_session=False)
            )
        else:
            values = {"file_pk": self._file_pk, "name_digest": digest, "company_id": company_id}
            self._session.execute(
                self._insert(KnownCompany)
                .values(**values)
                .on_conflict_do_update(
                    index_elements=["file_pk", "name_digest"], set_={"company_id": company_id}
                )
            )
        self._session.commit()

    def _of_file(self, column: Any) -> Any:
        found = self._session.scalar(select(column).where(SaasuFile.id == self._file_pk))
        self._session.rollback()
        return found

    def _change_file(self, **values: Any) -> None:
        self._session.execute(
            update(SaasuFile)
            .where(SaasuFile.id == self._file_pk)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        self._session.commit()

    def _select(self, condition: Any) -> tuple[Kept, ...]:
        rows = self._session.execute(
            select(MirroredContact.contact_id, MirroredContact.sealed, MirroredContact.doubtful)
            .where(MirroredContact.file_pk == self._file_pk, condition)
            .order_by(MirroredContact.contact_id)
        ).all()
        self._session.rollback()
        return tuple(Kept(self._opened(row.contact_id, row.sealed), row.doubtful) for row in rows)

    def _write(self, contacts: Sequence[Contact]) -> None:
        """Insert or replace rows, a bounded number with one statement; in the order of their ids, so that two runs do not wait for each other."""
        ordered = sorted({one.id: one for one in contacts}.values(), key=lambda one: one.id)
        for start in range(0, len(ordered), AT_ONCE):
            rows = [self._row(one) for one in ordered[start : start + AT_ONCE]]
            insert = self._insert(MirroredContact).values(rows)
            changed = {
                name: insert.excluded[name] for name in ("email_digest", "name_digest", "doubtful", "sealed")
            }
            self._session.execute(
                insert.on_conflict_do_update(index_elements=["file_pk", "contact_id"], set_=changed)
            )

    def _row(self, contact: Contact) -> dict[str, Any]:
        text = json.dumps(asdict(contact))
        return {
            "file_pk": self._file_pk,
            "contact_id": contact.id,
            "email_digest": self._keys.digest(contact.email),
            "name_digest": self._keys.digest(name_text(contact.given_name, contact.family_name)),
            "doubtful": False,
            "sealed": self._keys.seal(self._place(contact.id), FIELD, text),
        }

    def _opened(self, contact_id: int, sealed: bytes) -> Contact:
        fields = json.loads(self._keys.open(self._place(contact_id), FIELD, sealed))
        addresses = {name: PostalAddress(**fields[name]) for name in ("postal", "other")}
        return Contact(**(fields | addresses))

    def _place(self, contact_id: int) -> str:
        return f"{self._file_pk}:{contact_id}"

    def _digest(self, key: Key) -> str:
        return self._keys.digest("\x1f".join(key))

    def _noted(self, key: Key) -> tuple[Any, ...]:
        return (PersonIntent.file_pk == self._file_pk, PersonIntent.digest == self._digest(key))

    def _insert(self, table: Any) -> Any:
        return (sqlite.insert if self._session.get_bind().dialect.name == "sqlite" else postgresql.insert)(
            table
        )


def name_text(given_name: str, family_name: str) -> str:
    """First and last name in one text, compared without case and outer blanks."""
    return f"{given_name.strip().casefold()}\x1f{family_name.strip().casefold()}"


def forgotten(file_pk: str) -> Any:
    """The statement that throws a file's copy away."""
    return (
        delete(MirroredContact)
        .where(MirroredContact.file_pk == file_pk)
        .execution_options(synchronize_session=False)
    )


def forget_unused(session: Session, now: datetime) -> int:
    """Throw away the copies that no run used for 30 days. Commits; how many."""
    unused = session.scalars(select(SaasuFile.id).where(SaasuFile.contacts_read_to < now - UNUSED)).all()
    for file_pk in unused:
        session.execute(forgotten(file_pk))
        session.execute(
            update(SaasuFile)
            .where(SaasuFile.id == file_pk)
            .values(contacts_read_to=None, copy_contacts_after=LOOK_UPS_BEFORE_COPY)
            .execution_options(synchronize_session=False)
        )
    session.commit()
    return len(unused)
