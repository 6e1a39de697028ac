"""Finding, updating and creating the contacts of one order through the books (SYNC §6)."""

from dataclasses import dataclass

from portal.sync.contacts import (
    BillingPlan,
    ByEmail,
    Create,
    SameAsBilling,
    Search,
    ShippingPlan,
    Use,
    billing_plan,
    billing_search,
    shipping_plan,
    shipping_search,
)
from portal.sync.failures import StaleRecord
from portal.sync.orders import CompleteOrder
from portal.sync.ports import Books, ContactsToRead, Ledger
from portal.sync.rules import Rules
from portal.sync.sale_orders import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """The contacts of a sale, what must stand in its notes, and what is noted on the order."""

    billing_id: int | None
    shipping_id: int | None
    delivery_note: str = ""
    notes: tuple[str, ...] = ()


def contacts_for(complete: CompleteOrder, rules: Rules, books: Books, ledger: Ledger) -> Contacts:
    """Find or create who is billed and who receives. Raises a `RemoteFailure`."""
    planner = Planner(complete=complete, rules=rules, last_contact_order=ledger.last_contact_order())
    plan, receivers = plan_contacts(planner, books)
    billing_id = carry_out(plan.billing, planner, books, receivers)
    if writes(plan.billing):
        ledger.contact_written(complete.order.id)
    return Contacts(
        billing_id=billing_id,
        shipping_id=receiver_id(plan, billing_id, books),
        delivery_note=plan.delivery_note,
        notes=plan.billing.notes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """What a decision about an order's contacts follows from; `last_contact_order` is the newest order that wrote one."""

    complete: CompleteOrder
    rules: Rules
    last_contact_order: int = 0

    def search(self) -> Search | None:
        """What to look up who is billed by."""
        return billing_search(self.complete.order, self.rules.nobodys_emails)

    def plan(self, found: tuple[Contact, ...], receivers: tuple[Contact, ...]) -> ShippingPlan:
        """What to do about both, given who was found."""
        billing = billing_plan(
            self.complete.order,
            found,
            self.complete.order.id >= self.last_contact_order,
            existing=self.rules.existing_contacts,
            nobodys=self.rules.nobodys_emails,
        )
        return shipping_plan(self.complete, billing, receivers)


def plan_contacts(planner: Planner, books: ContactsToRead) -> tuple[ShippingPlan, tuple[Contact, ...]]:
    """Decide about both contacts by looking them up, writing nothing; the plan, and the receivers found by name.

    Raises a `RemoteFailure`.
    """
    found = look_up_contacts(books, planner.search())
    receivers = look_up_contacts(books, shipping_search(planner.complete))
    return planner.plan(found, receivers), receivers


def look_up_contacts(books: ContactsToRead, search: Search | None) -> tuple[Contact, ...]:
    """The contacts a search finds; none where there is nothing to search for."""
    if search is None:
        return ()
    if isinstance(search, ByEmail):
        return books.contacts_by_email(search.email)
    return books.contacts_by_name(search.given_name, search.family_name)


def writes(plan: BillingPlan) -> bool:
    """Whether a plan creates or changes a contact."""
    return isinstance(plan, Create) or (isinstance(plan, Use) and plan.change is not None)


def carry_out(
    plan: BillingPlan, planner: Planner, books: Books, receivers: tuple[Contact, ...]
) -> int | None:
    """Create or update the billing contact as planned; its id."""
    match plan:
        case Create(contact=contact):
            return books.create_contact(contact)
        case Use(contact=contact):
            update(plan, planner, books, receivers)
            return contact.id
    return None


def update(plan: Use, planner: Planner, books: Books, receivers: tuple[Contact, ...]) -> None:
    """Write a change, if there is one; on a stale answer read again, decide again and repeat once (SYNC §6)."""
    if plan.change is None:
        return
    try:
        books.update_contact(plan.contact, plan.change)
    except StaleRecord:
        found = look_up_contacts(books, planner.search())
        fresh = tuple(one for one in found if one.id == plan.contact.id)
        again = planner.plan(fresh, receivers).billing
        if isinstance(again, Use) and again.change is not None:
            books.update_contact(again.contact, again.change)


def receiver_id(plan: ShippingPlan, billing_id: int | None, books: Books) -> int | None:
    """The id of the contact that receives the goods, created where the plan says so."""
    match plan.shipping:
        case SameAsBilling():
            return billing_id
        case Use(contact=contact):
            return contact.id
        case Create(contact=contact):
            return books.create_contact(contact)
    return None
