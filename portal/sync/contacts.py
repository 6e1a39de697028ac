"""Who is billed and where it goes, decided as the source document says (SYNC §6). Pure: what was found is handed in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from portal.sync.orders import Address, CompleteOrder
from portal.sync.sale_orders import Contact, ContactChange, NewContact, PostalAddress

STATES = {
    "australian capital territory": "act",
    "new south wales": "nsw",
    "northern territory": "nt",
    "queensland": "qld",
    "south australia": "sa",
    "tasmania": "tas",
    "victoria": "vic",
    "western australia": "wa",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Create this contact."""

    contact: NewContact


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Use this contact, written first where `change` says so."""

    contact: Contact
    change: ContactChange | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nobody:
    """The order names nobody; the sale has no contact."""

    note: str = "The order names no customer, so the sale has no contact."


Billing = Create | Use | Nobody


def same(one: str, other: str) -> bool:
    """Whether two texts are the same without regard to case and outer blanks."""
    return one.strip().casefold() == other.strip().casefold()


def state_key(state: str) -> str:
    """An Australian state in one spelling."""
    plain = state.strip().casefold()
    return STATES.get(plain, plain)


def usable_email(address: Address) -> str:
    """The order's e-mail, or blank where it is none."""
    email = address.email.strip()
    name, at, host = email.partition("@")
    return email if name and at and host and " " not in email else ""


def name_of(address: Address) -> tuple[str, str]:
    """First and last name; a company stands in as last name where there is no name at all."""
    first, last = address.first_name.strip(), address.last_name.strip()
    return (first, last) if first or last else ("", address.company.strip())


def postal_of(address: Address) -> PostalAddress:
    """The address as Saasu keeps it: both streets joined by a comma."""
    street = ", ".join(filter(None, (address.street_1.strip(), address.street_2.strip())))
    return PostalAddress(
        street=street,
        city=address.city.strip(),
        state=address.state.strip(),
        postcode=address.postcode.strip(),
        country=address.country.strip(),
    )


def is_blank(postal: PostalAddress) -> bool:
    """Whether there is no address at all; a country alone is none."""
    return not (postal.street or postal.city or postal.state or postal.postcode)


def same_address(one: PostalAddress, other: PostalAddress) -> bool:
    """Whether two addresses are the same; a country missing on either side does not count."""
    country = same(one.country, other.country) or not one.country.strip() or not other.country.strip()
    return (
        country
        and same(one.street, other.street)
        and same(one.city, other.city)
        and state_key(one.state) == state_key(other.state)
        and same(one.postcode, other.postcode)
    )


def customer_among(found: Sequence[Contact]) -> tuple[Contact | None, tuple[str, ...]]:
    """The contact to use of those with the e-mail: the active one with the lowest id, else an inactive one.

    A supplier or contractor that is no customer is passed over.
    """
    customers = [one for one in found if one.is_customer or not (one.is_supplier or one.is_contractor)]
    ordered = sorted(customers, key=lambda one: (not one.is_active, one.id))
    if not ordered:
        return None, ()
    notes = (
        ("Several contacts have this e-mail; the oldest active one was used.",) if len(ordered) > 1 else ()
    )
    return ordered[0], notes


def billing_by_email(complete: CompleteOrder, found: Sequence[Contact], *, may_write: bool) -> Billing:
    """The billing contact among those with the order's e-mail: updated, or created when there is none."""
    contact, notes = customer_among(found)
    if contact is None:
        return Create(contact=new_billing(complete))
    change = billing_change(complete, contact) if may_write else None
    notes = (*notes, *change_notes(contact, change))
    return Use(contact=contact, change=change, notes=notes)


def billing_by_name(complete: CompleteOrder, found: Sequence[Contact]) -> Billing:
    """The billing contact of an order without e-mail: the only one of that name, never changed; else a new one."""
    contact = found[0] if len(found) == 1 else None
    return Use(contact=contact) if contact is not None else Create(contact=new_billing(complete))


def new_billing(complete: CompleteOrder) -> NewContact:
    """A new contact from the billing section, with the delivery address where it differs."""
    billing = complete.order.billing
    first, last = name_of(billing)
    return NewContact(
        given_name=first,
        family_name=last,
        email=usable_email(billing),
        phone=billing.phone.strip(),
        postal=postal_of(billing),
        other=delivery_for_billing(complete) or PostalAddress(),
    )


def billing_change(complete: CompleteOrder, contact: Contact) -> ContactChange | None:
    """What of a found contact is written: names and address in any case, the phone where the order has one (source document)."""
    billing = complete.order.billing
    change = ContactChange()
    first, last = name_of(billing)
    if (first or last) and (first, last) != (contact.given_name, contact.family_name):
        change = replace(change, given_name=first, family_name=last)
    postal = postal_of(billing)
    if not is_blank(postal) and not same_address(postal, contact.postal):
        change = replace(change, postal=kept_country(postal, contact.postal))
    phone = billing.phone.strip()
    if phone and phone != contact.phone.strip():
        change = replace(change, phone=phone)
    delivery = delivery_for_billing(complete)
    if delivery is not None and not same_address(delivery, contact.other):
        change = replace(change, other=delivery)
    if not contact.is_active:
        change = replace(change, is_active=True)
    return None if change == ContactChange() else change


def kept_country(new: PostalAddress, old: PostalAddress) -> PostalAddress:
    """The new address; an order without a country keeps the one that is there."""
    return new if new.country else replace(new, country=old.country)


def change_notes(contact: Contact, change: ContactChange | None) -> tuple[str, ...]:
    """A contact that takes another name is noted on the order."""
    if change is None or change.family_name is None:
        return ()
    old = f"{contact.given_name} {contact.family_name}".strip()
    new = f"{change.given_name} {change.family_name}".strip()
    return (f"The contact {old} is now called {new}.",) if not same(old, new) else ()


def delivery(complete: CompleteOrder) -> Address | None:
    """The first shipping address; none for digital goods."""
    if complete.order.is_digital or not complete.shipping_addresses:
        return None
    return complete.shipping_addresses[0].address


def goes_to_somebody_else(complete: CompleteOrder) -> bool:
    """Whether the shipping name differs from the billing name; a blank shipping name is the billing name."""
    address = delivery(complete)
    if address is None or not (address.first_name.strip() or address.last_name.strip()):
        return False
    billing = complete.order.billing
    return not (same(address.first_name, billing.first_name) and same(address.last_name, billing.last_name))


def delivery_for_billing(complete: CompleteOrder) -> PostalAddress | None:
    """The delivery address to write on the billing contact: same name, other address; else nothing."""
    address = delivery(complete)
    if address is None or goes_to_somebody_else(complete):
        return None
    postal = postal_of(address)
    if is_blank(postal) or same_address(postal, postal_of(complete.order.billing)):
        return None
    return postal


def new_shipping(address: Address) -> NewContact:
    """A new contact for somebody else's delivery: without e-mail, the address in both places."""
    postal = postal_of(address)
    return NewContact(
        given_name=address.first_name.strip(),
        family_name=address.last_name.strip(),
        phone=address.phone.strip(),
        postal=postal,
        other=postal,
    )


def delivery_note(complete: CompleteOrder, linked: Contact | None) -> str:
    """What stands in the notes: an address the linked contact would not print, and every further destination."""
    lines = []
    address = delivery(complete)
    if address is not None and linked is not None:
        postal = postal_of(address)
        if not (same_address(postal, linked.other) or same_address(postal, linked.postal)):
            lines.append(f"Deliver to: {in_words(address)}")
    lines += [f"Also delivers to: {in_words(one.address)}" for one in complete.shipping_addresses[1:]]
    return "\n".join(lines)


def in_words(address: Address) -> str:
    """An address on one line."""
    postal = postal_of(address)
    name = f"{address.first_name} {address.last_name}".strip()
    town = " ".join(filter(None, (postal.city, postal.state, postal.postcode)))
    return ", ".join(filter(None, (name, postal.street, town, postal.country)))
