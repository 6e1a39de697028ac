"""What the copy of a file's contacts needs from outside: where it is kept, and books whose contacts can be listed (SYNC §7.9, §9)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.sync.ports import Books
from portal.sync.sale_orders import Contact

Key = tuple[str, str, str]
"""What a contact or company is known by while it is written: its kind, and one or two texts, compared without case and outer blanks."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A contact as the copy has it; one that is doubtful must be looked up."""

    contact: Contact
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """What is noted already of a contact or company that was to be written: the id it was given a moment ago, or none while that is not known."""

    made: int | None = None


class PeopleKept(Protocol):
    """The copy of one file's contacts, and the notes of those being written. Every write is committed."""

    def read_to(self) -> datetime | None:
        """Until when the copy has every change; `None` where there is no copy."""
        ...

    def pages_worth(self) -> int:
        """How many calls a copy may cost by the look-ups it would have saved so far; 0 where none is worth it yet."""
        ...

    def looked_up(self) -> None:
        """Count a look-up that a copy would have saved."""
        ...

    def put_off(self) -> None:
        """Try to make a copy only after four times as many look-ups."""
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

    def bring_up_to(self, moment: datetime, contacts: Sequence[Contact], before: datetime | None) -> bool:
        """Take what was listed into the copy, which has every change until then; one begun anew where there was none `before`.

        False, and nothing is taken, where the copy is no longer as it was.
        """
        ...

    def doubt(self, contact_ids: Collection[int]) -> None:
        """Mark contacts that must be looked up before they are used."""
        ...

    def writing_since(self, key: Key) -> datetime | None:
        """Since when a contact or company is being written, or its answer lost; `None` where it is not."""
        ...

    def begin(self, key: Key, now: datetime) -> Note | None:
        """Note that it is about to be written; the note there is already where another worker was first, within the last 10 minutes."""
        ...

    def made(self, key: Key, made: int) -> None:
        """Note the id it was given, for whoever was about to write it too."""
        ...

    def end(self, key: Key) -> None:
        """Take the note away."""
        ...

    def company(self, name: str, since: datetime) -> int | None:
        """The id of a company that was found or created since a moment."""
        ...

    def keep_company(self, name: str, company_id: int | None, now: datetime) -> None:
        """Remember a company's id; `None` forgets it."""
        ...


class FileBooks(Books, Protocol):
    """Books whose contacts can be listed as well."""

    def all_contacts(self, *, modified_since: datetime | None = None) -> Iterator[Contact]:
        """All contacts, or those modified since a moment, page by page. Raises a `RemoteFailure`."""
        ...
