"""The contacts of a file as the books show them, answered from a copy where it has them: one call a run instead of one an order (SYNC §9).

A contact that is to be written is noted first and the note is taken away with the answer, so that one whose answer was lost is
looked up before anything is written again (SYNC §7.9). The copy is brought up to date with the LastModified pair; a contact of
which it may be wrong is *doubtful* and looked up.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.sync.failures import (
    NumberTaken,
    OutcomeLost,
    PeriodLocked,
    Refused,
    RemoteFailure,
    StaleRecord,
    StillWriting,
    Unreachable,
)
from portal.sync.people_port import FileBooks, Kept, Key, PeopleKept
from portal.sync.planning import SETTLE_WITH_NUMBER
from portal.sync.ports import Clock
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
MOST_CHANGED = 500
"""Changed contacts that are listed to bring a copy up to date; where there are more, this run looks its customers up."""
MOST_LISTINGS = 4
"""Listings of the same contacts until two agree: one that is written or deleted between two pages may hide another."""
PAGE = 100
COMPANY_TRUSTED = timedelta(days=1)
"""How long a company's id is known by its name; it may be called otherwise in Saasu by then."""


@dataclass(slots=True, kw_only=True)
class KnownPeople:
    """The books of one file as one run uses them; implements `Books`. What is no contact passes straight through."""

    books: FileBooks
    kept: PeopleKept
    clock: Clock
    spare: Callable[[], int] = lambda: 0
    """How many calls there are now for what only saves calls later."""
    refused: Callable[[], None] = lambda: None
    """Hears of a sale that Saasu refused: what was copied of the file may be out of date."""
    fresh_until: datetime | None = None
    unlisted: bool = False
    """Whether this run looks every customer up: the contacts could not be listed, or not for what it is worth."""
    lost_until: datetime | None = None
    """Until when every customer is looked up, because the answer to a contact that was written is not known."""
    look_ups: int = 0

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
            self._looked_up()
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
            raise StillWriting(
                "a customer of this order was being written to Saasu, and the answer is not known yet"
            )
        return since is not None

    def _looked_up(self) -> None:
        """Count a look-up; the first one of a run costs no more than bringing a copy up to date would."""
        self.look_ups += 1
        if self.look_ups > 1:
            self.kept.looked_up()

    def _has_copy(self) -> bool:
        """Whether there is a copy, brought up to date. Where its contacts cannot be listed, or not for what it is worth, this run has none."""
        now = self.clock.now()
        if self.unlisted or (self.lost_until is not None and now < self.lost_until):
            return False
        if self.fresh_until is not None and now < self.fresh_until:
            return True
        try:
            up_to_date = self._bring_up(now) if self.kept.read_to() is not None else self._begin_copy(now)
        except Unreachable:
            self.unlisted = True
            return False
        if up_to_date:
            self.fresh_until = now + FRESH
        return up_to_date

    def _bring_up(self, now: datetime) -> bool:
        """Take in what changed; whether the copy is up to date. Raises a `RemoteFailure`."""
        before = self.kept.read_to()
        if before is None:
            return False
        changed = self._listed(before - OVERLAP, MOST_CHANGED, None)
        if changed is None:
            self.unlisted = True
            return False
        return self.kept.bring_up_to(now, changed, before)

    def _begin_copy(self, now: datetime) -> bool:
        """List all contacts where a copy is worth it; whether there is one now, up to date. Raises a `RemoteFailure`.

        What others write meanwhile was not kept, so what changed since is listed at once.
        """
        pages = min(self.kept.pages_worth(), self.spare())
        if pages <= 0:
            return False
        contacts = self._listed(None, MOST_CONTACTS, pages)
        if contacts is None:
            self.unlisted = True
            self.kept.put_off()
            return False
        return self.kept.bring_up_to(now, contacts, None) and self._bring_up(self.clock.now())

    def _listed(self, since: datetime | None, most: int, pages: int | None) -> tuple[Contact, ...] | None:
        """Contacts by two listings that agree, or one of a single page; `None` where there are too many, it takes too many pages, or they never do."""
        before: set[int] | None = None
        read = 0
        for _ in range(MOST_LISTINGS):
            rows: dict[int, Contact] = {}
            for contact in self.books.all_contacts(modified_since=since):
                rows[contact.id] = contact
                if len(rows) % PAGE == 1:
                    read += 1
                if len(rows) > most or (pages is not None and read > pages):
                    return None
            if len(rows) < PAGE or rows.keys() == before:
                return tuple(rows.values())
            before = set(rows)
        return None

    def companies_by_name(self, name: str) -> tuple[int, ...]:
        """The ids of the companies of that name; one known already is not asked for again."""
        key = ("company", folded(name), "")
        noted = self._is_noted(key)
        now = self.clock.now()
        known = None if noted else self.kept.company(name, now - COMPANY_TRUSTED)
        if known is not None:
            return (known,)
        found = self.books.companies_by_name(name)
        if found:
            self.kept.keep_company(name, found[0], now)
        if noted:
            self.kept.end(key)
        return found

    def create_company(self, name: str) -> int:
        """Create a company; its id."""
        key = ("company", folded(name), "")
        made = self._write(key, lambda: self.books.create_company(name))
        self.kept.keep_company(name, made, self.clock.now())
        self.kept.made(key, made)
        return made

    def create_contact(self, contact: NewContact) -> int:
        """Create a contact; its id. A refusal may be about its company, which is then looked up the next time."""
        key = key_of(contact)
        try:
            made = self._write(key, lambda: self.books.create_contact(contact))
        except Refused:
            if contact.company:
                self.kept.keep_company(contact.company, None, self.clock.now())
            raise
        self.kept.keep([as_created(made, contact)])
        self.kept.made(key, made)
        return made

    def _write(self, key: Key, write: Callable[[], int]) -> int:
        """Note what is about to be written, and write it; the note stays where the answer was lost (SYNC §7.9).

        What another worker wrote since this one looked is not written again.
        """
        note = self.kept.begin(key, self.clock.now())
        if note is not None and note.made is not None:
            return note.made
        if note is not None:
            raise StillWriting("another run is writing a customer of this order to Saasu")
        try:
            return write()
        except OutcomeLost:
            self._lost()
            raise
        except RemoteFailure:
            self.kept.end(key)
            raise

    def _lost(self) -> None:
        """Whatever was to be written may be there under any of its names: the copy answers nothing before it would have it."""
        self.fresh_until, self.lost_until = None, self.clock.now() + SETTLE_WITH_NUMBER

    def update_contact(self, contact: Contact, change: ContactChange) -> None:
        """Write the changed fields into the whole record; raises `StaleRecord` where the record changed, or is not known whole."""
        self.kept.doubt([contact.id])
        if not contact.record:
            raise StaleRecord("Written by this run; its whole record is read before it is changed again.")
        try:
            self.books.update_contact(contact, change)
        except OutcomeLost:
            self._lost()
            raise
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
            self.refused()
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
