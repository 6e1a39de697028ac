"""What an order notes of the contacts it met in Saasu (SYNC §6)."""

from collections.abc import Collection

from portal.sync.personal import Personal
from portal.sync.sale_orders import Contact, ContactChange


def several_note(chosen: Contact, found: Collection[Contact], email: str) -> tuple[str, ...]:
    """A word on several contacts with the order's e-mail."""
    first, last = f"{len(found)} contacts have the", f"contact {chosen.id} was used."
    words = Personal(f"{first} e-mail {email}: {last}", f"{first} order’s e-mail: {last}")
    return (words,) if len(found) > 1 else ()


def receiver_note(chosen: Contact, found: Collection[Contact]) -> tuple[str, ...]:
    """A word on several contacts of the receiver's name."""
    name = joined(chosen.given_name, chosen.family_name)
    first, last = f"{len(found)} contacts", f"contact {chosen.id} was used as the receiver."
    words = Personal(f"{first} are called {name}: {last}", f"{first} have the receiver’s name: {last}")
    return (words,) if len(found) > 1 else ()


def renamed_note(chosen: Contact, change: ContactChange | None) -> tuple[str, ...]:
    """A word on a contact that gets another name."""
    if change is None or (change.given_name, change.family_name) == (None, None):
        return ()
    before = joined(chosen.given_name, chosen.family_name)
    after = joined(change.given_name, change.family_name)
    renamed = f"Contact {chosen.id} was renamed"
    return (Personal(f"{renamed} from “{before}” to “{after}”.", f"{renamed}."),)


def inactive_note(chosen: Contact, what_became: str) -> tuple[str, ...]:
    """A word on a contact that is inactive in Saasu."""
    return () if chosen.is_active else (f"Contact {chosen.id} was inactive in Saasu and was {what_became}.",)


def joined(*words: str | None) -> str:
    """The words there are, with a blank between them."""
    return " ".join(word.strip() for word in words if word and word.strip())
