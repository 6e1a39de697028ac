"""Finding, updating and creating the contacts of one order through the books (SYNC §6)."""

from dataclasses import dataclass

from portal.sync.contacts import (
    Billing,
    Create,
    Nobody,
    Use,
    billing_by_email,
    billing_by_name,
    delivery,
    delivery_note,
    goes_to_somebody_else,
    name_of,
    new_shipping,
    usable_email,
)
from portal.sync.failures import StaleRecord
from portal.sync.orders import CompleteOrder
from portal.sync.ports import Books, Ledger
from portal.sync.sale_orders import Contact, ContactChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """The contacts of a sale, what must stand in its notes, and what is noted on the order."""

    billing_id: int | None
    shipping_id: int | None
    delivery_note: str = ""
    notes: tuple[str, ...] = ()


def contacts_for(complete: CompleteOrder, books: Books, ledger: Ledger) -> Contacts:
    """Find or create who is billed and who receives. Raises a `RemoteFailure`."""
    may_write = complete.order.id >= ledger.last_contact_order()
    plan = billing_plan(complete, books, may_write=may_write)
    billing_id, wrote = carry_out(plan, complete, books)
    shipping_id, linked = shipping_contact(complete, books)
    if wrote:
        ledger.contact_written(complete.order.id)
    notes = (plan.note,) if isinstance(plan, Nobody) else plan.notes if isinstance(plan, Use) else ()
    return Contacts(
        billing_id=billing_id,
        shipping_id=shipping_id or billing_id,
        delivery_note=delivery_note(complete, linked),
        notes=notes,
    )


def billing_plan(complete: CompleteOrder, books: Books, *, may_write: bool) -> Billing:
    """What is to be done about the billing contact: by e-mail, else by name, else nobody."""
    email = usable_email(complete.order.billing)
    if email:
        return billing_by_email(complete, books.contacts_by_email(email), may_write=may_write)
    first, last = name_of(complete.order.billing)
    if not first and not last:
        return Nobody()
    return billing_by_name(complete, books.contacts_by_name(first, last))


def carry_out(plan: Billing, complete: CompleteOrder, books: Books) -> tuple[int | None, bool]:
    """Create or update as planned; the contact's id and whether anything was written."""
    match plan:
        case Create(contact=contact):
            return books.create_contact(contact), True
        case Use(contact=contact, change=None):
            return contact.id, False
        case Use(contact=contact, change=change) if change is not None:
            write(complete, books, contact, change)
            return contact.id, True
    return None, False


def write(complete: CompleteOrder, books: Books, contact: Contact, change: ContactChange) -> None:
    """Write a change; on a stale answer read again and repeat once (SYNC §6)."""
    try:
        books.update_contact(contact, change)
    except StaleRecord:
        fresh = [one for one in books.contacts_by_email(contact.email) if one.id == contact.id]
        again = billing_by_email(complete, fresh, may_write=True)
        if isinstance(again, Use) and again.change is not None:
            books.update_contact(again.contact, again.change)


def shipping_contact(complete: CompleteOrder, books: Books) -> tuple[int | None, Contact | None]:
    """The contact of a delivery to somebody else: found by name and left alone, or created."""
    address = delivery(complete)
    if address is None or not goes_to_somebody_else(complete):
        return None, None
    found = books.contacts_by_name(address.first_name.strip(), address.last_name.strip())
    if found:
        return found[0].id, found[0]
    return books.create_contact(new_shipping(address)), None
