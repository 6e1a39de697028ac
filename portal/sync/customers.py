"""Finding, updating and creating the contacts of one order through the books (SYNC §6)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

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
    no_writer,
    shipping_plan,
    shipping_search,
)
from portal.sync.failures import StaleRecord
from portal.sync.orders import CompleteOrder
from portal.sync.ports import Books, ContactsToRead, Ledger
from portal.sync.rules import Rules
from portal.sync.sale_orders import Contact, NewContact


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """The contacts of a sale, what must stand in its notes, and what is noted on the order."""

    billing_id: int | None
    shipping_id: int | None
    delivery_note: str = ""
    notes: tuple[str, ...] = ()
    renamed: bool = False
    """Whether the billing contact had another name before."""


def contacts_for(complete: CompleteOrder, rules: Rules, books: Books, ledger: Ledger) -> Contacts:
    """Find or create who is billed and who receives. Raises a `RemoteFailure`."""
    planner = Planner(complete=complete, rules=rules, newest_writer=ledger.newest_writer)
    plan = plan_contacts(planner, books)
    billing_id = carry_out(plan.billing, planner, books)
    if billing_id is not None and holds_details(plan.billing):
        ledger.contact_written(billing_id, complete.order.id)
    return Contacts(
        billing_id=billing_id,
        shipping_id=receiver_id(plan, billing_id, books),
        delivery_note=plan.delivery_note,
        notes=plan.notes,
        renamed=plan.renames,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """What a decision about an order's contacts follows from; `newest_writer` is as in `billing_plan`."""

    complete: CompleteOrder
    rules: Rules
    newest_writer: Callable[[int], int] = no_writer

    def search(self) -> Search | None:
        """What to look up who is billed by."""
        return billing_search(self.complete.order, self.rules.nobodys_emails)

    def plan(self, found: tuple[Contact, ...], receivers: tuple[Contact, ...] = ()) -> ShippingPlan:
        """What to do about both, given who was found for each."""
        billing = billing_plan(
            self.complete.order,
            found,
            existing=self.rules.existing_contacts,
            nobodys=self.rules.nobodys_emails,
            newest_writer=self.newest_writer,
        )
        return shipping_plan(self.complete, billing, receivers)


def plan_contacts(planner: Planner, books: ContactsToRead) -> ShippingPlan:
    """Decide about both contacts by looking them up, writing nothing. Raises a `RemoteFailure`."""
    found = look_up_contacts(books, planner.search())
    return planner.plan(found, look_up_contacts(books, shipping_search(planner.complete)))


def look_up_contacts(books: ContactsToRead, search: Search | None) -> tuple[Contact, ...]:
    """The contacts a search finds; none where there is nothing to search for."""
    if search is None:
        return ()
    if isinstance(search, ByEmail):
        return books.contacts_by_email(search.email)
    return books.contacts_by_name(search.given_name, search.family_name)


def holds_details(plan: BillingPlan) -> bool:
    """Whether the billing contact has this order's details once the plan is carried out, written now or there already."""
    return isinstance(plan, Create) or (isinstance(plan, Use) and plan.may_change)


def carry_out(plan: BillingPlan, planner: Planner, books: Books) -> int | None:
    """Create or update the billing contact as planned; its id."""
    match plan:
        case Create(contact=contact):
            return create(contact, books)
        case Use(contact=contact):
            update(plan, planner, books)
            return contact.id
    return None


def update(plan: Use, planner: Planner, books: Books) -> None:
    """Write a change, if there is one; on a stale answer read again, decide again and repeat once (SYNC §6).

    Who receives makes no difference to what is written of who is billed.
    """
    if plan.change is None:
        return
    try:
        books.update_contact(plan.contact, plan.change)
    except StaleRecord:
        found = look_up_contacts(books, planner.search())
        fresh = tuple(one for one in found if one.id == plan.contact.id)
        again = planner.plan(fresh).billing
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
            return create(contact, books)
    return None


def create(contact: NewContact, books: Books) -> int:
    """Create a contact, linked to its company; a company that is not there yet is created first."""
    if contact.company:
        found = books.companies_by_name(contact.company)
        company = found[0] if found else books.create_company(contact.company)
        contact = replace(contact, company_id=company)
    return books.create_contact(contact)
