"""Who is billed and who receives: decisions about Saasu contacts, as the source document says (SYNC §6).

Nothing is asked or written here. The engine searches for what `billing_search` and `shipping_search` name, hands the
contacts found to `billing_plan` and `shipping_plan`, and carries out what they decide.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from portal.sync.contact_notes import inactive_note, joined, receiver_note, renamed_note, several_note
from portal.sync.orders import Address, CompleteOrder, ShopOrder
from portal.sync.rules import Existing
from portal.sync.sale_orders import Contact, ContactChange, NewContact, PostalAddress

STATES = {
    "act": "australian capital territory",
    "nsw": "new south wales",
    "nt": "northern territory",
    "qld": "queensland",
    "sa": "south australia",
    "tas": "tasmania",
    "vic": "victoria",
    "wa": "western australia",
}


@dataclass(frozen=True, slots=True)
class ByEmail:
    """Look the contact up by its e-mail."""

    email: str


@dataclass(frozen=True, slots=True)
class ByName:
    """Look the contact up by first and last name; never both blank."""

    given_name: str
    family_name: str


Search = ByEmail | ByName


@dataclass(frozen=True, slots=True)
class Create:
    """Create this contact."""

    contact: NewContact
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Use:
    """Use this contact; write `change` first unless it is `None`. `may_change` is false where nothing of it may be written."""

    contact: Contact
    change: ContactChange | None = None
    notes: tuple[str, ...] = ()
    may_change: bool = True


@dataclass(frozen=True, slots=True)
class NoContact:
    """The sale names no contact in this place."""

    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SameAsBilling:
    """The billing contact receives the goods as well."""


BillingPlan = Create | Use | NoContact


@dataclass(frozen=True, slots=True)
class ShippingPlan:
    """What to do about both contacts: `billing` is the billing plan with the delivery's details merged into its one write.

    `delivery_note` belongs into the sale's notes, because the linked contact would print another address; else blank.
    """

    billing: BillingPlan
    shipping: SameAsBilling | Use | Create | NoContact
    delivery_note: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be noted on the order about both."""
        return self.billing.notes + (() if isinstance(self.shipping, SameAsBilling) else self.shipping.notes)

    @property
    def renames(self) -> bool:
        """Whether a contact that had a name gets another one: it may be somebody else who uses this e-mail (SYNC §6)."""
        match self.billing:
            case Use(contact, ContactChange(given_name=str())):
                return bool(contact.given_name.strip() or contact.family_name.strip())
        return False


def billing_search(order: ShopOrder, nobodys: Collection[str] = ()) -> Search | None:
    """What to look the billing contact up by; `None` when the order names nobody. `nobodys` are e-mails of no one person."""
    email = usable_email(order, nobodys)
    if email:
        return ByEmail(email)
    given, family = billing_name(order)
    return ByName(given, family) if given or family else None


def no_writer(_contact_id: int) -> int:
    """No order of ours has written the contact."""
    return 0


def billing_plan(
    order: ShopOrder,
    found: Collection[Contact],
    *,
    existing: Existing = Existing.AS_DOCUMENTED,
    nobodys: Collection[str] = (),
    newest_writer: Callable[[int], int] = no_writer,
) -> BillingPlan:
    """Decide about the billing contact, given what `billing_search` found.

    `newest_writer` gives the newest order whose details a contact holds, by its id: an older order never changes that contact.
    """
    email = usable_email(order, nobodys)
    customers = sorted(filter(is_customer, found), key=lambda contact: contact.id)
    if not email:
        return _billing_by_name(order, [contact for contact in customers if contact.is_active])
    if not customers:
        return Create(new_billing_contact(order, email))
    active = [contact for contact in customers if contact.is_active]
    chosen = (active or customers)[0]
    notes = several_note(chosen, customers, email)
    if existing is Existing.LEAVE_ALONE or order.id < newest_writer(chosen.id):
        return Use(chosen, None, (*notes, *inactive_note(chosen, "left so")), may_change=False)
    change = billing_change(order, chosen, existing)
    notes += (*inactive_note(chosen, "set active"), *renamed_note(chosen, change))
    return Use(chosen, change, notes)


def _billing_by_name(order: ShopOrder, customers: list[Contact]) -> BillingPlan:
    given, family = billing_name(order)
    if not given and not family:
        return NoContact(
            ("The order has no e-mail, name or company: the sale was posted without a contact.",)
        )
    if len(customers) == 1:
        note = "The order has no usable e-mail: its contact was found by name and left unchanged."
        return Use(customers[0], None, (note,), may_change=False)
    return Create(new_billing_contact(order, ""))


def billing_change(order: ShopOrder, contact: Contact, existing: Existing) -> ContactChange | None:
    """What the source document has written "in any case", where it is not so already; `None` when nothing differs."""
    billing = order.billing
    change = ContactChange(is_active=None if contact.is_active else True)
    if existing is Existing.AS_DOCUMENTED:
        given, family = billing.first_name.strip(), billing.last_name.strip()
        named = (same_text(given, contact.given_name), same_text(family, contact.family_name))
        if (given or family) and named != (True, True):
            change = replace(change, given_name=given, family_name=family)
        phone = billing.phone.strip()
        if phone and not same_text(phone, contact.phone):
            change = replace(change, phone=phone)
    wanted = postal_address(billing)
    if has_address(wanted) and not same_place(wanted, contact.postal):
        country = (
            contact.postal.country if same_country(wanted.country, contact.postal.country) else wanted.country
        )
        change = replace(change, postal=replace(wanted, country=country or wanted.country))
    return None if change == ContactChange() else change


def new_billing_contact(order: ShopOrder, email: str) -> NewContact:
    """The contact an order's billing details make; where no name is given the company, or the e-mail, is the last name.

    A person's company is linked; one that stands for the name already is not (SYNC §6).
    """
    given, family = billing_name(order)
    company = order.billing.company.strip()
    return NewContact(
        given_name=given,
        family_name=family or ("" if given else email),
        email=email,
        phone=order.billing.phone.strip(),
        company="" if (given, family) == ("", company) else company,
        postal=postal_address(order.billing),
    )


def shipping_search(complete: CompleteOrder) -> ByName | None:
    """The name to look the receiver up by; `None` when the billing contact receives, or nothing is delivered."""
    delivery = delivery_address(complete)
    if delivery is None or same_person(delivery, complete.order.billing):
        return None
    return ByName(delivery.first_name.strip(), delivery.last_name.strip())


def shipping_plan(
    complete: CompleteOrder, billing: BillingPlan, found_by_name: Collection[Contact] = ()
) -> ShippingPlan:
    """Decide about the receiver, given the billing plan and what `shipping_search` found."""
    delivery = delivery_address(complete)
    if delivery is None:
        return ShippingPlan(billing, NoContact())
    wanted = postal_address(delivery)
    if same_person(delivery, complete.order.billing):
        merged = _with_delivery(billing, wanted, postal_address(complete.order.billing))
        receiver = NoContact() if isinstance(merged, NoContact) else SameAsBilling()
        plan = ShippingPlan(merged, receiver)
    elif found_by_name:
        chosen = min(found_by_name, key=lambda contact: (not contact.is_active, contact.id))
        plan = ShippingPlan(
            billing, Use(chosen, None, receiver_note(chosen, found_by_name), may_change=False)
        )
    else:
        plan = ShippingPlan(billing, Create(new_receiver(delivery)))
    return replace(plan, delivery_note=delivery_note(complete, plan))


def _with_delivery(billing: BillingPlan, wanted: PostalAddress, invoiced: PostalAddress) -> BillingPlan:
    """The billing plan with the delivery address as the contact's shipping details, where it differs from the billing one."""
    if not has_address(wanted) or same_address(wanted, invoiced):
        return billing
    match billing:
        case Create(contact):
            return Create(replace(contact, other=wanted))
        case Use(contact, change, notes, True) if not same_address(wanted, contact.other):
            return Use(contact, replace(change or ContactChange(), other=wanted), notes)
        case _:
            return billing


def new_receiver(delivery: Address) -> NewContact:
    """The contact a delivery to somebody else makes: no e-mail, and the address in both places (SYNC §6)."""
    wanted = postal_address(delivery)
    return NewContact(
        given_name=delivery.first_name.strip(),
        family_name=delivery.last_name.strip(),
        phone=delivery.phone.strip(),
        company=delivery.company.strip(),
        postal=wanted,
        other=wanted,
    )


def delivery_note(complete: CompleteOrder, plan: ShippingPlan) -> str:
    """What the sale's notes must say about the delivery: an address the contact would not print, and further addresses."""
    first, *others = complete.shipping_addresses
    sentences = []
    wanted = postal_address(first.address)
    printed = printed_address(plan)
    if has_address(wanted) and (printed is None or not same_address(wanted, printed)):
        sentences.append(f"Deliver to: {address_text(first.address)}")
    sentences += [f"Also deliver to: {address_text(other.address)}" for other in others]
    return "\n".join(sentences)


def printed_address(plan: ShippingPlan) -> PostalAddress | None:
    """The address the linked contact prints once the plan is carried out: its shipping details, or else its postal ones."""
    receiver = plan.billing if isinstance(plan.shipping, SameAsBilling) else plan.shipping
    match receiver:
        case Create(contact):
            postal, other = contact.postal, contact.other
        case Use(contact, change):
            postal = (change and change.postal) or contact.postal
            other = (change and change.other) or contact.other
        case _:
            return None
    return other if has_address(other) else postal


def delivery_address(complete: CompleteOrder) -> Address | None:
    """The first destination; `None` for digital goods and where nothing is shipped."""
    if complete.order.is_digital or not complete.shipping_addresses:
        return None
    return complete.shipping_addresses[0].address


def usable_email(order: ShopOrder, nobodys: Collection[str] = ()) -> str:
    """The order's e-mail; blank where there is none or it is known to be nobody's."""
    email = order.billing.email.strip()
    known = {folded(one) for one in nobodys}
    return email if "@" in email and folded(email) not in known else ""


def billing_name(order: ShopOrder) -> tuple[str, str]:
    """First and last name of the billing address; the company as last name where it has neither."""
    given, family = order.billing.first_name.strip(), order.billing.last_name.strip()
    return (given, family) if given or family else ("", order.billing.company.strip())


def is_customer(contact: Contact) -> bool:
    """Whether a contact may be billed: one that is only a supplier or contractor is no customer (SYNC §6)."""
    return contact.is_customer or not (contact.is_supplier or contact.is_contractor)


def postal_address(address: Address) -> PostalAddress:
    """The shop's address as Saasu keeps it: both street lines joined by a comma."""
    street = ", ".join(filter(None, (address.street_1.strip(), address.street_2.strip())))
    return PostalAddress(
        street=street,
        city=address.city.strip(),
        state=address.state.strip(),
        postcode=address.postcode.strip(),
        country=address.country.strip() or address.country_code.strip(),
    )


def has_address(address: PostalAddress) -> bool:
    """Whether there is more than a country."""
    return any((address.street, address.city, address.state, address.postcode))


def same_person(delivery: Address, billing: Address) -> bool:
    """Whether the receiver is the one billed; a blank receiver is (SYNC §6)."""
    given, family = delivery.first_name.strip(), delivery.last_name.strip()
    if not given and not family:
        return True
    return same_text(given, billing.first_name) and same_text(family, billing.last_name)


def same_place(one: PostalAddress, other: PostalAddress) -> bool:
    """Whether street, city, postcode and state are the same, whatever the country is called."""
    return (
        same_text(one.street, other.street)
        and same_text(one.city, other.city)
        and same_text(one.postcode, other.postcode)
        and state_name(one.state) == state_name(other.state)
    )


def same_address(one: PostalAddress, other: PostalAddress) -> bool:
    """Whether the place and the country are the same."""
    return same_place(one, other) and same_country(one.country, other.country)


def same_country(one: str, other: str) -> bool:
    """Whether two country names can be the same; a country that is not given contradicts none."""
    first, second = (country_name(name) for name in (one, other))
    return first == second or not first or not second


def country_name(name: str) -> str:
    """A country to compare by; Australia in its two spellings is one."""
    return "australia" if folded(name) in {"au", "aus"} else folded(name)


def state_name(name: str) -> str:
    """A state to compare by; the two spellings of an Australian state are one."""
    return STATES.get(folded(name).replace(".", ""), folded(name))


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same without regard to case and outer blanks."""
    return folded(one) == folded(other)


def folded(text: str) -> str:
    """A text to compare by."""
    return text.strip().casefold()


def address_text(address: Address) -> str:
    """Name and address in one line, for the notes of a sale."""
    postal = postal_address(address)
    place = joined(postal.city, postal.state, postal.postcode)
    name = joined(address.first_name, address.last_name)
    return ", ".join(filter(None, (name, address.company.strip(), postal.street, place, postal.country)))
