"""One order as it would be posted now, with what it would do to the file's contacts: read from the shop or from what was kept."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal import mirrors
from portal.clients.bigcommerce_payloads import reopened
from portal.clients.rows import Nonsense
from portal.ledger.rows import bridge_rows
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.runs import Run, RunKind
from portal.services.allowances import Work, affording
from portal.services.preview_basis import current_catalogue
from portal.services.preview_rows import reading_ledger, sale_fields
from portal.services.remotes import Outside, books_for, firm_vault, seal_for, shop_for
from portal.services.syncing import read_parts, rules_of
from portal.sync.contact_words import Changed, changes_of, contact_sentences
from portal.sync.customers import Planner, plan_contacts
from portal.sync.failures import RemoteFailure, books_problem, shop_problem
from portal.sync.orders import CompleteOrder
from portal.sync.ports import Books, Clock
from portal.sync.previewing import Previewed, Tally, Verdict, as_posted, preview, with_parts
from portal.sync.problems import Problem, RunStopped
from portal.sync.rules import Catalogue, Rules

TAKEN = frozenset({Verdict.WOULD_POST, Verdict.PROBLEM})


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDecision:
    """What an order would do to contacts, in sentences; `problem` is why Saasu could not be asked."""

    sentences: tuple[str, ...] = ()
    changes: tuple[Changed, ...] = ()
    notes: tuple[str, ...] = ()
    delivery_note: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPreview:
    """One order as it would be posted at `made_at`.

    `verdict` is what a run would do with it; where that is nothing, `bridge` and `sale` show it as if it were taken. `bridge` is a
    list of {name, shop, books, words} and `sale` the header with its lines, amounts as text, as kept previews have them. `kept` is
    true where the order is shown as it was read earlier. `order_pk` is its record in the ledger, if it has one.
    """

    verdict: Verdict
    tally: Tally
    status: str
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]
    bridge: list[dict[str, str]]
    sale: dict[str, Any]
    contacts: ContactDecision
    made_at: datetime
    kept: bool
    order_pk: str | None


def preview_number(
    session: Session, outside: Outside, connection: Connection, order_id: int, clock: Clock
) -> OrderPreview | None:
    """An order by its number, fetched from the shop; `None` when the shop does not have it. Raises `RunStopped`."""
    try:
        complete = shop_for(session, outside, connection).one(order_id)
    except RemoteFailure as failure:
        raise RunStopped(shop_problem(failure)) from failure
    return None if complete is None else decided(session, outside, connection, complete, clock, kept=False)


def preview_record(session: Session, outside: Outside, order: Order, clock: Clock) -> OrderPreview | None:
    """An order of the ledger from the text that was kept of it, which costs no call to the shop; else fetched by its number.

    `None` when nothing was kept and the shop does not have it. Raises `RunStopped`.
    """
    complete = kept_order(session, outside, order)
    if complete is None:
        return preview_number(session, outside, order.connection, order.order_id, clock)
    return decided(session, outside, order.connection, complete, clock, kept=True)


def kept_order(session: Session, outside: Outside, order: Order) -> CompleteOrder | None:
    """The order as it was read; `None` where nothing whole was kept."""
    if order.document is None:
        return None
    text = seal_for(firm_vault(session, outside.vault, order.firm_id)).open(
        order.id, "document", order.document
    )
    try:
        complete = reopened(text)
    except Nonsense:
        return None
    return complete if complete.complete else None


def decided(
    session: Session,
    outside: Outside,
    connection: Connection,
    complete: CompleteOrder,
    clock: Clock,
    *,
    kept: bool,
) -> OrderPreview:
    """Decide and map one whole order, and look its contacts up; every call of Saasu counts as a preview's."""
    order_id = complete.order.id
    outside = replace(outside, previewing=True)
    keys = firm_vault(session, outside.vault, connection.firm_id)
    here = Run(id="", kind=RunKind.PREVIEW)
    ledger = reading_ledger(session, connection, here, clock, keys)
    rules = rules_of(connection, clock.now())
    if connection.start_at is None:
        rules = replace(rules, start=min(rules.start, complete.order.created_at))
    books, file_pk = books_for(session, outside, connection.file), connection.file_pk
    record = ledger.known([order_id]).get(order_id)
    catalogue, refused = catalogue_at_hand(session, books, connection, clock)
    if refused is None:
        catalogue, refused = parts_at_hand(session, books, file_pk, complete, rules, catalogue)
    standing = ledger.standing()
    found = preview(complete, rules, catalogue, record, standing)
    taken = found.tally.verdict in TAKEN
    shown = found if taken else as_posted(complete, rules, catalogue, record, standing)
    contacts = ContactDecision(problem=refused)
    if shown.sale is not None and refused is None:
        planner = Planner(complete=complete, rules=rules, newest_writer=ledger.newest_writer)
        contacts = contact_decision(planner, books)
    return OrderPreview(
        verdict=found.tally.verdict,
        tally=found.tally,
        status=found.status,
        notes=shown.notes,
        problems=found.tally.problems,
        bridge=bridge_rows(shown.bridge) if shown.bridge else [],
        sale=shown_sale(shown, catalogue, contacts.delivery_note),
        contacts=contacts,
        made_at=clock.now(),
        kept=kept,
        order_pk=record.id if record else None,
    )


def catalogue_at_hand(
    session: Session, books: Books, connection: Connection, clock: Clock
) -> tuple[Catalogue, Problem | None]:
    """The file's items and tax codes; while Saasu does not answer, or its calls of the day are used up, as they were last read, with why.

    Raises `RunStopped` where they were never read.
    """
    try:
        affording(session, connection.file, clock, Work.PREVIEW)()
        return current_catalogue(session, books, connection, clock), None
    except (RemoteFailure, RunStopped) as failure:
        session.rollback()
        problem = failure.problem if isinstance(failure, RunStopped) else books_problem(failure)
        if connection.file.items_read_to is None:
            raise RunStopped(problem) from failure
        found = mirrors.catalogue(session, connection.file_pk)
        session.commit()
        return found, problem


def parts_at_hand(
    session: Session, books: Books, file_pk: str, complete: CompleteOrder, rules: Rules, catalogue: Catalogue
) -> tuple[Catalogue, Problem | None]:
    """The catalogue with the parts of the combo items that this order depends on; without them while Saasu does not answer."""
    try:
        return with_parts(
            complete, rules, catalogue, lambda combo: read_parts(session, books, file_pk, combo)
        ), None
    except RemoteFailure as failure:
        return catalogue, books_problem(failure)


def contact_decision(planner: Planner, books: Books) -> ContactDecision:
    """What the order would do to contacts, by looking them up and writing nothing."""
    try:
        plan = plan_contacts(planner, books)
    except RemoteFailure as failure:
        return ContactDecision(problem=books_problem(failure))
    return ContactDecision(
        sentences=contact_sentences(plan),
        changes=changes_of(plan.billing),
        notes=plan.notes,
        delivery_note=plan.delivery_note,
    )


def shown_sale(one: Previewed, catalogue: Catalogue, delivery_note: str) -> dict[str, Any]:
    """The sale as a page shows it, a delivery address that no contact would print in its notes; empty where there is none."""
    if one.sale is None:
        return {}
    notes = "\n\n".join(filter(None, (one.sale.notes, delivery_note)))
    return sale_fields(replace(one.sale, notes=notes), {item.id: item.code for item in catalogue.items})
