"""What an order would do to the file's contacts, in words: before anything is written, for a preview (SYNC §6)."""

from dataclasses import dataclass

from portal.sync.contacts import BillingPlan, Create, ShippingPlan, Use
from portal.sync.sale_orders import Contact, ContactChange, PostalAddress


@dataclass(frozen=True, slots=True)
class Changed:
    """One detail of a contact that would be written: what it is called, what Saasu has, what the order brings."""

    name: str
    before: str
    after: str


def contact_sentences(plan: ShippingPlan) -> tuple[str, ...]:
    """One sentence about who is billed, and one about who receives where that is somebody else."""
    return tuple(filter(None, (billing_sentence(plan.billing), receiver_sentence(plan))))


def billing_sentence(plan: BillingPlan) -> str:
    """What would become of the billing contact."""
    match plan:
        case Create(contact):
            company = f"linked to the company {contact.company}" if contact.company else ""
            told = (full_name(contact.given_name, contact.family_name), contact.email, company)
            return f"Would create contact {', '.join(filter(None, told))}."
        case Use(contact, None):
            return f"Would use contact {numbered(contact)} unchanged."
        case Use(contact):
            names = ", ".join(one.name for one in changes_of(plan))
            return f"Would update contact {numbered(contact)}: {names}."
        case _:
            return "Would be posted without a contact: the order names nobody."


def receiver_sentence(plan: ShippingPlan) -> str:
    """What would become of the contact that receives; blank where that is the one billed, or nobody."""
    match plan.shipping:
        case Create(contact):
            name = full_name(contact.given_name, contact.family_name)
            return f"Would create contact {name} as the receiver."
        case Use(contact):
            return f"Would name contact {numbered(contact)} as the receiver, unchanged."
    return ""


def changes_of(plan: BillingPlan) -> tuple[Changed, ...]:
    """The details of the billing contact that would be written, one by one."""
    if not isinstance(plan, Use) or plan.change is None:
        return ()
    contact, change = plan.contact, plan.change
    found = (
        changed_name(contact, change),
        None if change.phone is None else Changed("phone", contact.phone, change.phone),
        None if change.postal is None else Changed("address", *lines(contact.postal, change.postal)),
        None if change.other is None else Changed("shipping address", *lines(contact.other, change.other)),
        Changed("set active", "inactive", "active") if change.is_active else None,
    )
    return tuple(one for one in found if one is not None)


def changed_name(contact: Contact, change: ContactChange) -> Changed | None:
    """The whole name, of which a part that would not be written stays as it is."""
    if (change.given_name, change.family_name) == (None, None):
        return None
    given = contact.given_name if change.given_name is None else change.given_name
    family = contact.family_name if change.family_name is None else change.family_name
    return Changed("name", full_name(contact.given_name, contact.family_name), full_name(given, family))


def lines(before: PostalAddress, after: PostalAddress) -> tuple[str, str]:
    """Both addresses in one line each."""
    return one_line(before), one_line(after)


def one_line(address: PostalAddress) -> str:
    """An address in one line: `1 High Street, Fremantle WA 6160, Australia`."""
    place = full_name(address.city, address.state, address.postcode)
    return ", ".join(filter(None, (address.street, place, address.country)))


def numbered(contact: Contact) -> str:
    """A contact by its number and name: `123 (Jo Smith)`."""
    name = full_name(contact.given_name, contact.family_name)
    return f"{contact.id} ({name})" if name else str(contact.id)


def full_name(*names: str) -> str:
    """The names that are given, with a blank between them."""
    return " ".join(filter(None, (name.strip() for name in names)))
