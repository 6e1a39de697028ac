"""The copy of one file's contacts as it is kept: sealed, and found by keyed digests of e-mail and names (SYNC §9)."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.database import changed_rows
from portal.models.connections import LOOK_UPS_BEFORE_COPY, SaasuFile
from portal.models.people import KnownCompany, MirroredContact, PersonIntent
from portal.sync.contacts import is_customer
from portal.sync.people import FRESH
from portal.sync.people_port import Kept, Key, Note
from portal.sync.sale_orders import Contact, PostalAddress

FIELD = "contact"
AT_ONCE = 200
PAGES_A_LOOK_UP = 3
"""Calls that making a copy may cost for each look-up that it would have saved so far."""
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
    """The copy of one file's contacts; implements `portal.sync.people_port.PeopleKept`. Every write is committed."""

    def __init__(self, session: Session, file_pk: str, keys: Keys) -> None:
        self._session = session
        self._file_pk = file_pk
        self._keys = keys

    def read_to(self) -> datetime | None:
        """Until when the copy has every change."""
        found: datetime | None = self._of_file(SaasuFile.contacts_read_to)
        return found

    def pages_worth(self) -> int:
        """How many calls a copy may cost by the look-ups it would have saved so far; 0 where none is worth it yet."""
        tried_at: int = self._of_file(SaasuFile.copy_contacts_at)
        made: int = self._of_file(SaasuFile.contact_look_ups)
        return PAGES_A_LOOK_UP * made if made >= tried_at else 0

    def looked_up(self) -> None:
        """Count a look-up."""
        self._change_file(contact_look_ups=SaasuFile.contact_look_ups + 1)

    def put_off(self) -> None:
        """Try to make a copy only after four times as many look-ups."""
        self._change_file(copy_contacts_at=SaasuFile.copy_contacts_at * 4, contact_look_ups=0)

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
        if not self._hold_copy(SaasuFile.contacts_read_to.is_not(None)):
            return
        self._write(contacts)
        if gone:
            mine = (MirroredContact.file_pk == self._file_pk, MirroredContact.contact_id.in_(gone))
            self._session.execute(
                delete(MirroredContact).where(*mine).execution_options(synchronize_session=False)
            )
        self._session.commit()

    def bring_up_to(self, moment: datetime, contacts: Sequence[Contact], before: datetime | None) -> bool:
        """Take what was listed into the copy, and note until when it has every change; false where the copy is no longer as it was `before`."""
        read_to = SaasuFile.contacts_read_to
        as_it_was = read_to.is_(None) if before is None else read_to == before
        if not self._hold_copy(as_it_was, contacts_read_to=moment):
            return False
        if before is None:
            self._session.execute(forgotten(self._file_pk))
        self._write(contacts)
        self._session.commit()
        return True

    def doubt(self, contact_ids: Collection[int]) -> None:
        """Mark contacts that must be looked up before they are used."""
        if not self._hold_copy(SaasuFile.contacts_read_to.is_not(None)):
            return
        self._session.execute(
            update(MirroredContact)
            .where(MirroredContact.file_pk == self._file_pk, MirroredContact.contact_id.in_(contact_ids))
            .values(doubtful=True)
            .execution_options(synchronize_session=False)
        )
        self._session.commit()

    def _hold_copy(self, condition: Any, **values: Any) -> bool:
        """Take the file's row first, so that whoever writes into its copy waits for the other; false where the condition does not hold."""
        held = self._session.execute(
            update(SaasuFile)
            .where(SaasuFile.id == self._file_pk, condition)
            .values(**(values or {"contacts_read_to": SaasuFile.contacts_read_to}))
            .execution_options(synchronize_session=False)
        )
        if changed_rows(held) != 1:
            self._session.rollback()
            return False
        return True

    def writing_since(self, key: Key) -> datetime | None:
        """Since when this is being written."""
        found = self._session.scalar(
            select(PersonIntent.begun_at).where(*self._noted(key), PersonIntent.made.is_(None))
        )
        self._session.rollback()
        return found

    def begin(self, key: Key, now: datetime) -> Note | None:
        """Note that it is about to be written; the note there is already where another worker was first, within the last 10 minutes."""
        values = {"file_pk": self._file_pk, "digest": self._digest(key), "begun_at": now, "made": None}
        noted = self._insert(PersonIntent).values(**values)
        over = noted.on_conflict_do_update(
            index_elements=["file_pk", "digest"],
            set_={"begun_at": now, "made": None},
            where=and_(PersonIntent.made.is_not(None), PersonIntent.begun_at < now - FRESH),
        )
        ours = self._session.scalar(over.returning(PersonIntent.digest)) is not None
        there = (
            None if ours else self._session.execute(select(PersonIntent.made).where(*self._noted(key))).one()
        )
        self._session.commit()
        return None if there is None else Note(there.made)

    def made(self, key: Key, made: int) -> None:
        """Note the id it was given."""
        self._session.execute(
            update(PersonIntent)
            .where(*self._noted(key))
            .values(made=made)
            .execution_options(synchronize_session=False)
        )
        self._session.commit()

    def end(self, key: Key) -> None:
        """Take the note away."""
        self._session.execute(
            delete(PersonIntent).where(*self._noted(key)).execution_options(synchronize_session=False)
        )
        self._session.commit()

    def company(self, name: str, since: datetime) -> int | None:
        """The id of a company that was found or created since a moment."""
        found = self._session.scalar(
            select(KnownCompany.company_id).where(
                KnownCompany.file_pk == self._file_pk,
                KnownCompany.name_digest == self._keys.digest(name),
                KnownCompany.known_at >= since,
            )
        )
        self._session.rollback()
        return found

    def keep_company(self, name: str, company_id: int | None, now: datetime) -> None:
        """Remember a company's id; `None` forgets it."""
        digest = self._keys.digest(name)
        if company_id is None:
            mine = (KnownCompany.file_pk == self._file_pk, KnownCompany.name_digest == digest)
            self._session.execute(
                delete(KnownCompany).where(*mine).execution_options(synchronize_session=False)
            )
        else:
            known = {"company_id": company_id, "known_at": now}
            self._session.execute(
                self._insert(KnownCompany)
                .values(file_pk=self._file_pk, name_digest=digest, **known)
                .on_conflict_do_update(index_elements=["file_pk", "name_digest"], set_=known)
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
        # Of one that is no customer nothing is ever written, so its whole record, bank details and all, is not kept.
        text = json.dumps(asdict(contact if is_customer(contact) else replace(contact, record="")))
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
        return self._keys.digest(json.dumps(key))

    def _noted(self, key: Key) -> tuple[Any, ...]:
        return (PersonIntent.file_pk == self._file_pk, PersonIntent.digest == self._digest(key))

    def _insert(self, table: Any) -> Any:
        return (sqlite.insert if self._session.get_bind().dialect.name == "sqlite" else postgresql.insert)(
            table
        )


def name_text(given_name: str, family_name: str) -> str:
    """First and last name in one text, compared without case and outer blanks; a first name alone is no last name."""
    return json.dumps([given_name.strip().casefold(), family_name.strip().casefold()])


def forgotten(file_pk: str) -> Any:
    """The statement that throws a file's copy away."""
    return (
        delete(MirroredContact)
        .where(MirroredContact.file_pk == file_pk)
        .execution_options(synchronize_session=False)
    )


def forget_unused(session: Session, now: datetime) -> int:
    """Throw away the copies that no run used for 30 days, and what is known of companies and writes for as long. Commits; how many copies."""
    old = now - UNUSED
    found = session.scalars(select(SaasuFile.id).where(SaasuFile.contacts_read_to < old)).all()
    gone = 0
    for file_pk in found:
        # The row first: a run that uses the copy at this moment keeps it, or finds none.
        held = session.execute(
            update(SaasuFile)
            .where(SaasuFile.id == file_pk, SaasuFile.contacts_read_to < old)
            .values(contacts_read_to=None, contact_look_ups=0, copy_contacts_at=LOOK_UPS_BEFORE_COPY)
            .execution_options(synchronize_session=False)
        )
        if changed_rows(held) == 1:
            session.execute(forgotten(file_pk))
            gone += 1
    for aged in (KnownCompany.known_at < old, PersonIntent.begun_at < old):
        session.execute(delete(aged.left.table).where(aged).execution_options(synchronize_session=False))
    session.commit()
    return gone
