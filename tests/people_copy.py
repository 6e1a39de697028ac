"""Books whose contacts can be listed, and a copy of them kept in memory."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from portal.sync.people import FRESH, KnownPeople, folded
from portal.sync.people_port import Kept, Key, Note
from portal.sync.sale_orders import Contact, NewContact
from tests.builders import contact
from tests.fakes import FakeBooks, FakeClock

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
MIA = contact(id=7, email="mia@example.com", given_name="Mia", family_name="Wong")
NOAH = contact(id=8, email="noah@example.com", given_name="Noah", family_name="Reid")


@dataclass
class ListedBooks(FakeBooks):
    """Books whose contacts can be listed: `changed` are those modified lately; `listings` and `changes` what each listing gives in turn."""

    changed: list[Contact] = field(default_factory=list)
    listings: list[list[Contact]] = field(default_factory=list)
    since: list[datetime | None] = field(default_factory=list)
    changes: list[list[Contact]] = field(default_factory=list)
    away: Exception | None = None
    refuses: list[Exception] = field(default_factory=list)

    def all_contacts(self, *, modified_since: datetime | None = None) -> Iterator[Contact]:
        self.asked.append("contacts")
        self.since.append(modified_since)
        if self.away is not None:
            raise self.away
        if modified_since is not None:
            yield from self.changes.pop(0) if self.changes else self.changed
        else:
            yield from self.listings.pop(0) if self.listings else self.contacts

    def create_contact(self, contact: NewContact) -> int:
        if self.refuses:
            self.asked.append("create_contact")
            raise self.refuses.pop(0)
        return super().create_contact(contact)


@dataclass
class Copy:
    """A copy kept in memory; `worth` is what it may cost."""

    until: datetime | None = None
    rows: dict[int, Kept] = field(default_factory=dict)
    worth: int = 0
    look_ups: int = 0
    late: bool = False
    notes: dict[Key, tuple[datetime, int | None]] = field(default_factory=dict)
    companies: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    moves: bool = False
    """Whether somebody else brings the copy up to date, or throws it away, at that very moment."""

    def read_to(self) -> datetime | None:
        return self.until

    def pages_worth(self) -> int:
        return self.worth

    def looked_up(self) -> None:
        self.look_ups += 1

    def put_off(self) -> None:
        self.late = True

    def by_email(self, email: str) -> tuple[Kept, ...]:
        return tuple(one for one in self.rows.values() if folded(one.contact.email) == folded(email))

    def by_name(self, given_name: str, family_name: str) -> tuple[Kept, ...]:
        wanted = (folded(given_name), folded(family_name))
        return tuple(
            one
            for one in self.rows.values()
            if (folded(one.contact.given_name), folded(one.contact.family_name)) == wanted
        )

    def keep(self, contacts: Sequence[Contact], *, gone: Collection[int] = ()) -> None:
        if self.until is None:
            return
        self.rows |= {one.id: Kept(one) for one in contacts}
        for one in gone:
            del self.rows[one]

    def bring_up_to(self, moment: datetime, contacts: Sequence[Contact], before: datetime | None) -> bool:
        if self.moves or self.until != before:
            return False
        self.until = moment
        self.rows = ({} if before is None else self.rows) | {one.id: Kept(one) for one in contacts}
        return True

    def doubt(self, contact_ids: Collection[int]) -> None:
        for one in contact_ids:
            if one in self.rows:
                self.rows[one] = replace(self.rows[one], doubtful=True)

    def writing_since(self, key: Key) -> datetime | None:
        since, made = self.notes.get(key, (None, None))
        return since if made is None else None

    def begin(self, key: Key, now: datetime) -> Note | None:
        since, made = self.notes.get(key, (now, None))
        if key in self.notes and (made is None or since >= now - FRESH):
            return Note(made)
        self.notes[key] = (now, None)
        return None

    def made(self, key: Key, made: int) -> None:
        self.notes[key] = (self.notes[key][0], made)

    def end(self, key: Key) -> None:
        self.notes.pop(key, None)

    def company(self, name: str, since: datetime) -> int | None:
        found, known_at = self.companies.get(folded(name), (None, since))
        return found if known_at >= since else None

    def keep_company(self, name: str, company_id: int | None, now: datetime) -> None:
        self.companies.pop(folded(name), None)
        if company_id is not None:
            self.companies[folded(name)] = (company_id, now)


@dataclass
class Here:
    clock: FakeClock
    books: ListedBooks
    copy: Copy
    people: KnownPeople

    @property
    def asked(self) -> list[str]:
        return self.books.asked

    def next_run(self) -> KnownPeople:
        self.people = KnownPeople(books=self.books, kept=self.copy, clock=self.clock, spare=lambda: 1_000)
        return self.people


def here(*contacts: Contact, copied: bool = True) -> Here:
    clock = FakeClock(NOW)
    books = ListedBooks(clock=clock, contacts=list(contacts))
    copy = Copy()
    if copied:
        copy.bring_up_to(NOW - timedelta(hours=1), list(contacts), None)
    people = KnownPeople(books=books, kept=copy, clock=clock, spare=lambda: 1_000)
    return Here(clock, books, copy, people)
