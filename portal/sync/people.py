"""The contacts of a file as the books show them, answered from a copy where it has them: one call a run instead of one an order (SYNC §9).

A contact that is to be written is noted first and the note is taken away with the answer, so that one whose answer was lost is
looked up before anything is written again (SYNC §7.9). The copy is brought up to date with the LastModified pair; a contact of
which it may be wrong is *doubtful* and looked up.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from portal.sync.failures import (
    NumberTaken,
    OutcomeLost,
    PeriodLocked,
    Refused,
    RemoteFailure,
    StaleRecord,
    Unreachable,
)
from portal.sync.planning import SETTLE_WITH_NUMBER
from portal.sync.ports import Books, Clock
from portal.sync.rules import Item, TaxCode
from portal.sync.sale_orders import (
    Contact,
    ContactChange,
    InvoiceSummary,
    NewContact,
    PostedOrder,
    SaleOrder,
)

OVERLAP = timedelta(minutes=5)
FRESH = timedelta(minutes=10)
"""How long a copy serves before a run that is still at work brings it up to date again."""
MOST_CONTACTS = 20_000
"""A file with more has no copy: listing them would cost a large part of a day's calls."""
MOST_LISTINGS = 4
"""Listings of all contacts until two agree: a contact that is written or deleted between two pages may hide another."""
PAGE = 100

Key = tuple[str, str, str]
"""What a contact or company is known by while it is written: its kind, and one or two texts, compared without case and outer blanks."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A contact as the copy has it; one that is doubtful must be looked up."""

    contact: Contact
    doubtful: bool = False


class PeopleKept(Protocol):
    """The copy of one file's contacts, and the notes of those being written. Every write is committed."""

    def read_to(self) -> datetime | None:
        """Until when the copy has every change; `None` where there is no copy."""
        ...

    def is_copy_due(self) -> bool:
        """Whether so many look-ups were made that a copy is worth its calls."""
        ...

    def looked_up(self) -> None:
        """Count a look-up that a copy would have saved."""
        ...

    def put_off(self) -> None:
        """Make no copy for a long time: the file has too many contacts."""
        ...

    def by_email(self, email: str) -> tuple[Kept, ...]:
        """The copy's contacts of that e-mail."""
        ...

    def by_name(self, given_name: str, family_name: str) -> tuple[Kept, ...]:
        """The copy's contacts of that first and last name."""
        ...

    def keep(self, contacts: Sequence[Contact], *, gone: Collection[int] = ()) -> None:
        """Take contacts into the copy as they are now, and those that are gone out of it; nothing where there is no copy."""
        ...

    def bring_up_to(self, moment: datetime, contacts: Sequence[Contact], *, whole: bool) -> None:
        """Take what was listed into the copy, which has every change until then; `whole` begins it anew."""
        ...

    def doubt(self, contact_ids: Collection[int]) -> None:
        """Mark contacts that must be looked up before they are used."""
        ...

    def writing_since(self, key: Key) -> datetime | None:
        """Since when a contact or company is being written, or its answer lost; `None` where it is not."""
        ...

    def begin(self, key: Key, now: datetime) -> bool:
        """Note that it is about to be written; false where it is noted already."""
        ...

    def end(self, key: Key) -> None:
        """Take the note away."""
        ...

    def company(self, name: str) -> int | None:
        """The id of a company that was found or created before."""
        ...

    def keep_company(self, name: str, company_id: int | None) -> None:
        """Remember a company's id; `None` forgets it."""
        ...


class FileBooks(Books, Protocol):
    """Books whose contacts can be listed as well."""

    def all_contacts(self, *, modified_since: datetime | None = None) -> Iterator[Contact]:
        """All contacts, or those modified since a moment, page by page. Raises a `RemoteFailure`."""
        ...


@dataclass(slots=True, kw_only=True)
class KnownPeople:
    """The books of one file as one run uses them; implements `Books`. What is no contact passes straight through."""

    books: FileBooks
    kept: PeopleKept
    clock: Clock
    afford: Callable[[], None] = lambda: None
    """Asked before each page of a whole listing; raises `RunStopped` where its calls are not there."""
    fresh_until: datetime | None = None
    unlisted: bool = False
    """Whether this run found that the file has too many contacts for a copy."""

    def contacts_by_email(self, email: str) -> tuple[Contact, ...]:
        """The contacts with that e-mail."""
        if not folded(email):
            return ()
        return self._found(
            ("email", folded(email), ""),
            lambda: self.kept.by_email(email),
            lambda: self.books.contacts_by_email(email),
        )

    def contacts_by_name(self, given_name: str, family_name: str) -> tuple[Contact, ...]:
        """The contacts with that first and last name."""
        key = ("name", folded(given_name), folded(family_name))
        if key[1:] == ("", ""):
            return ()
        return self._found(
            key,
            lambda: self.kept.by_name(given_name, family_name),
            lambda: self.books.contacts_by_name(given_name, family_name),
        )

    def _found(
        self, key: Key, in_copy: Callable[[], tuple[Kept, ...]], look_up: Callable[[], tuple[Contact, ...]]
    ) -> tuple[Contact, ...]:
        """Those of the copy, or as they are in Saasu where the copy may be wrong; ascending id."""
        noted = self._is_noted(key)
        copied: tuple[Kept, ...] | None = None
        if not noted and self._has_copy():
            copied = in_copy()
            if not any(one.doubtful for one in copied):
                return tuple(one.contact for one in copied)
        if copied is None:
            self.kept.looked_up()
        found = look_up()
        ids = {one.id for one in found}
        gone = [one.contact.id for one in copied or () if one.doubtful and one.contact.id not in ids]
        self.kept.keep(found, gone=gone)
        if noted:
            self.kept.end(key)
        return found

    def _is_noted(self, key: Key) -> bool:
        """Whether it was being written and the answer was lost. Raises `Unreachable` while it may still come (SYNC §7.5)."""
        since = self.kept.writing_since(key)
        if since is not None and self.clock.now() < since + SETTLE_WITH_NUMBER:
            raise Unreachable("a customer of this order was being written, and its answer is not known yet")
        return since is not None

    def _has_copy(self) -> bool:
        """Whether there is a copy, brought up to date. Raises a `RemoteFailure`."""
        now = self.clock.now()
        if self.fresh_until is not None and now < self.fresh_until:
            return True
        read_to = self.kept.read_to()
        if read_to is None:
            return self._begin_copy(now)
        changed = tuple(self.books.all_contacts(modified_since=read_to - OVERLAP))
        self.kept.bring_up_to(now, changed, whole=False)
        self.fresh_until = now + FRESH
        return True

    def _begin_copy(self, now: datetime) -> bool:
        """List all contacts where a copy is worth it; whether there is one now. Raises a `RemoteFailure`."""
        if self.unlisted or not self.kept.is_copy_due():
            return False
        contacts = self._listed()
        if contacts is None:
            self.unlisted = True
            self.kept.put_off()
            return False
        self.kept.bring_up_to(now, contacts, whole=True)
        self.fresh_until = now + FRESH
        return True

    def _listed(self) -> tuple[Contact, ...] | None:
        """All contacts, by two listings that agree or one of a single page; `None` where there are too many, or they never do."""
        before: set[int] | None = None
        for _ in range(MOST_LISTINGS):
            rows: dict[int, Contact] = {}
            self.afford()
            for contact in self.books.all_contacts():
                rows[contact.id] = contact
                if len(rows) % PAGE == 0:
                    self.afford()
                if len(rows) > MOST_CONTACTS:
                    return None
            if len(rows) < PAGE or rows.keys() == before:
                return tuple(rows.values())
            before = set(rows)
        return None

    def companies_by_name(self, name: str) -> tuple[int, ...]:
        """The ids of the companies of that name; one known already is not asked for again."""
        key = ("company", folded(name), "")
        noted = self._is_noted(key)
        known = None if noted else self.kept.company(name)
        if known is not None:
            return (known,)
        found = self.books.companies_by_name(name)
        if found:
            self.kept.keep_company(name, found[0])
        if noted:
            self.kept.end(key)
        return found

    def create_company(self, name: str) -> int:
        """Create a company; its id."""
        key = ("company", folded(name), "")
        made = self._write(key, lambda: self.books.create_company(name))
        self.kept.keep_company(name, made)
        self.kept.end(key)
        return made

    def create_contact(self, contact: NewContact) -> int:
        """Create a contact; its id. A refusal may be about its company, which is then looked up the next time."""
        key = key_of(contact)
        try:
            made = self._write(key, lambda: self.books.create_contact(contact))
        except Refused:
            if contact.company:
                self.kept.keep_company(contact.company, None)
            raise
        self.kept.keep([as_created(made, contact)])
        self.kept.end(key)
        return made

    def _write(self, key: Key, write: Callable[[], int]) -> int:
        """Note what is about to be written, and write it; the note stays until what came back is kept, or where nothing did (SYNC §7.9)."""
        if not self.kept.begin(key, self.clock.now()):
            raise Unreachable("another run is writing a customer of this order")
        try:
            return write()
        except OutcomeLost:
            raise
        except RemoteFailure:
            self.kept.end(key)
            raise

    def update_contact(self, contact: Contact, change: ContactChange) -> None:
        """Write the changed fields into the whole record; raises `StaleRecord` where the record changed, or is not known whole."""
        self.kept.doubt([contact.id])
        if not contact.record:
            raise StaleRecord("Written by this run; its whole record is read before it is changed again.")
        self.books.update_contact(contact, change)
        self.kept.keep([as_changed(contact, change)])

    def post(self, sale: SaleOrder) -> PostedOrder:
        """Create the sale order. A refusal may be about a contact that is gone: those of this sale are looked up the next time."""
        try:
            return self.books.post(sale)
        except (NumberTaken, PeriodLocked):
            raise
        except Refused:
            named = (sale.billing_contact_id, sale.shipping_contact_id)
            self.kept.doubt({one for one in named if one is not None})
            raise

    def items(self, *, modified_since: datetime | None = None) -> tuple[Item, ...]:
        """All items, or those modified since a moment."""
        return self.books.items(modified_since=modified_since)

    def item(self, item_id: int) -> Item | None:
        """One item with the codes of its parts."""
        return self.books.item(item_id)

    def tax_codes(self) -> tuple[TaxCode, ...]:
        """All tax codes."""
        return self.books.tax_codes()

    def invoices_modified(self, *, since: datetime, until: datetime) -> Iterator[InvoiceSummary]:
        """All invoices modified within the window."""
        return self.books.invoices_modified(since=since, until=until)

    def invoice(self, invoice_id: int) -> InvoiceSummary | None:
        """One sale read back by its id."""
        return self.books.invoice(invoice_id)

    def reserve(self) -> None:
        """Take the pacer's slot for the next call."""
        self.books.reserve()


def key_of(contact: NewContact) -> Key:
    """What a contact to be created is looked up by: its e-mail, else its names (SYNC §7.9)."""
    if contact.email:
        return ("email", folded(contact.email), "")
    return ("name", folded(contact.given_name), folded(contact.family_name))


def as_created(contact_id: int, contact: NewContact) -> Contact:
    """A contact that was just created, as far as we wrote it; its whole record is not known."""
    return Contact(
        id=contact_id,
        last_updated_id="",
        given_name=contact.given_name,
        family_name=contact.family_name,
        email=contact.email,
        phone=contact.phone,
        postal=contact.postal,
        other=contact.other,
        is_customer=True,
        record="",
    )


def as_changed(contact: Contact, change: ContactChange) -> Contact:
    """A contact with what was just written into it; its whole record is not known any more."""
    return replace(
        contact,
        given_name=contact.given_name if change.given_name is None else change.given_name,
        family_name=contact.family_name if change.family_name is None else change.family_name,
        phone=contact.phone if change.phone is None else change.phone,
        postal=change.postal or contact.postal,
        other=change.other or contact.other,
        is_active=contact.is_active if change.is_active is None else change.is_active,
        record="",
    )


def folded(text: str) -> str:
    """A text as e-mails and names are compared."""
    return text.strip().casefold()
