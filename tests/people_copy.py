"""Books whose contacts can be listed, and a copy of them kept in memory."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from portal.sync.people import Kept, Key, folded
from portal.sync.sale_orders import Contact, NewContact
from tests.fakes import FakeBooks


@dataclass
class ListedBooks(FakeBooks):
    """Books whose contacts can be listed: `changed` are those modified lately, `listings` what each whole listing gives in turn."""

    changed: list[Contact] = field(default_factory=list)
    listings: list[list[Contact]] = field(default_factory=list)
    since: list[datetime | None] = field(default_factory=list)
    refuses: list[Exception] = field(default_factory=list)

    def all_contacts(self, *, modified_since: datetime | None = None) -> Iterator[Contact]:
        self.asked.append("contacts")
        self.since.append(modified_since)
        if modified_since is not None:
            yield from self.changed
        else:
            yield from self.listings.pop(0) if self.listings else self.contacts

    def create_contact(self, contact: NewContact) -> int:
        if self.refuses:
            self.asked.append("create_contact")
            raise self.refuses.pop(0)
        return super().create_contact(contact)


@dataclass
class Copy:
    """A copy kept in memory."""

    until: datetime | None = None
    rows: dict[int, Kept] = field(default_factory=dict)
    due: bool = False
    look_ups: int = 0
    late: bool = False
    notes: dict[Key, datetime] = field(default_factory=dict)
    companies: dict[str, int] = field(default_factory=dict)

    def read_to(self) -> datetime | None:
        return self.until

    def is_copy_due(self) -> bool:
        return self.due

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

    def bring_up_to(self, moment: datetime, contacts: Sequence[Contact], *, whole: bool) -> None:
        self.until = moment
        self.rows = ({} if whole else self.rows) | {one.id: Kept(one) for one in contacts}

    def doubt(self, contact_ids: Collection[int]) -> None:
        for one in contact_ids:
            if one in self.rows:
                self.rows[one] = replace(self.rows[one], doubtful=True)

    def writing_since(self, key: Key) -> datetime | None:
        return self.notes.get(key)

    def begin(self, key: Key, now: datetime) -> bool:
        return key not in self.notes and self.notes.setdefault(key, now) == now

    def end(self, key: Key) -> None:
        self.notes.pop(key, None)

    def company(self, name: str) -> int | None:
        return self.companies.get(folded(name))

    def keep_company(self, name: str, company_id: int | None) -> None:
        self.companies.pop(folded(name), None)
        if company_id is not None:
            self.companies[folded(name)] = company_id
