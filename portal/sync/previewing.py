"""An order as it would be posted: a verdict, and the sale with its bridge. Nothing is asked or written here (issue 3: preview).

The same functions decide and map as in a run (`planning`, `mapping`), so that a preview says what a run would do.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from portal.money import ZERO, cents
from portal.sync.bridge import Bridge
from portal.sync.contacts import Search, billing_search, delivery_address, shipping_search
from portal.sync.goods import unread_combos
from portal.sync.known_sales import found_there
from portal.sync.mapping import Mapped, map_order
from portal.sync.orders import CompleteOrder, ShopOrder, UnreadableOrder
from portal.sync.planning import (
    Ignore,
    Leave,
    Mark,
    Reject,
    about_another,
    by_rules,
    decide,
    is_another,
    stays_ignored,
)
from portal.sync.ports import OrderRecord, State
from portal.sync.problems import Code, Ignored, Problem, about_order
from portal.sync.rules import Catalogue, Item, Rules
from portal.sync.sale_orders import InvoiceSummary, SaleOrder
from portal.sync.shapes import Standing, shape_stopped, shapes_of


class Verdict(StrEnum):
    """What would become of an order; a closed set, each order has exactly one."""

    WOULD_POST = "would_post"
    PROBLEM = "problem"
    IGNORED = "ignored"
    POSTED = "posted"
    EXISTS = "exists"
    UNSETTLED = "unsettled"


SETTLED = {
    State.POSTED: Verdict.POSTED,
    State.EXISTS: Verdict.EXISTS,
    State.SENDING: Verdict.UNSETTLED,
    State.UNKNOWN: Verdict.UNSETTLED,
}
"""What the ledger says of an order that no run would send: it is there, or its answer is being looked up."""


Listed = Callable[[str, str], Iterable[InvoiceSummary]]
NOTHING_KNOWN = Standing()
CREATE, CREATE_WITH_COMPANY = 1, 3
"""Calls that create a contact: its company is looked up, and created, before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One previewed order as far as it is counted.

    `total` is the shop's `total_inc_tax` and `books_total` what Saasu will compute of the sale, in dollars and whole cents;
    `currency` is what the shopper pays in. `ignored` goes with IGNORED, `problems` with PROBLEM.
    """

    order_id: int
    verdict: Verdict
    created_at: datetime
    total: Decimal
    currency: str = "AUD"
    ignored: Ignored | None = None
    problems: tuple[Problem, ...] = ()
    books_total: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Sought:
    """A contact that is looked up, and how many calls it would take to create it if nobody is found."""

    search: Search
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """One order as it would be posted: its bridge and sale where it would, and the contacts that are looked up, the billed one first.

    An order with a problem has the bridge as far as it could be read.
    """

    tally: Tally
    status: str = ""
    notes: tuple[str, ...] = ()
    bridge: Bridge | None = None
    sale: SaleOrder | None = None
    sought: tuple[Sought, ...] = ()


def judge(order: ShopOrder, rules: Rules, record: OrderRecord | None) -> Previewed | None:
    """What can be said of an order without its lines; `None` where it would be taken, and must be read whole and mapped."""
    decision = decide(order, rules, record)
    if record is not None and isinstance(decision, Leave | Mark):
        if record.state in SETTLED:
            return judged(order, SETTLED[record.state])
        if stays_ignored(record):
            return judged(order, Verdict.IGNORED, ignored=record.ignored)
        if is_another(order, record) and not record.release:
            decision = about_another(order, replace(record, codes=frozenset()))
        else:
            decision = by_rules(order, rules, record)
    match decision:
        case Ignore(reason=reason):
            return judged(order, Verdict.IGNORED, ignored=reason)
        case Reject(problem=problem):
            return judged(order, Verdict.PROBLEM, problems=(problem,))
    return None


def as_started(record: OrderRecord) -> OrderRecord:
    """A record as *Start Processing* would find it: what came while the connection was off is decided about again (SYNC §3.1)."""
    if record.state is State.IGNORED and record.ignored is Ignored.WHILE_OFF:
        return replace(record, state=State.SEEN, ignored=None)
    return record


def judged(
    order: ShopOrder, verdict: Verdict, *, ignored: Ignored | None = None, problems: tuple[Problem, ...] = ()
) -> Previewed:
    """An order that would not be posted, with its reason."""
    tally = Tally(
        order_id=order.id,
        verdict=verdict,
        created_at=order.created_at,
        total=cents(order.total.inc_tax),
        currency=order.currency.strip().upper(),
        ignored=ignored,
        problems=problems,
    )
    return Previewed(tally=tally, status=order.status)


def preview(
    complete: CompleteOrder,
    rules: Rules,
    catalogue: Catalogue,
    record: OrderRecord | None = None,
    standing: Standing = NOTHING_KNOWN,
) -> Previewed:
    """One whole order as it would be posted under these rules, given what the ledger knows of it and of the file's shapes of lines."""
    return judge(complete.order, rules, record) or as_posted(complete, rules, catalogue, record, standing)


def unless_there(one: Previewed, listed: Listed) -> Previewed:
    """A previewed order, or that Saasu has it already although the ledger knows nothing of it (SYNC §7.7).

    `listed` gives the sales that Saasu lists with a marker or a number.
    """
    sale = one.sale
    found = found_there(sale.marker, sale.number, listed(sale.marker, sale.number)) if sale else None
    if found is None:
        return one
    verdict = Verdict.POSTED if found.ours else Verdict.EXISTS
    return Previewed(tally=replace(one.tally, verdict=verdict, books_total=None), status=one.status)


def as_posted(
    complete: CompleteOrder,
    rules: Rules,
    catalogue: Catalogue,
    record: OrderRecord | None = None,
    standing: Standing = NOTHING_KNOWN,
) -> Previewed:
    """One whole order mapped as if it were taken, whatever its status says; a number it was sent under before stays (SYNC §5).

    A sale with a shape of line that came to another total in this file before is a problem (SYNC §7.8).
    """
    order = complete.order
    mapped = map_order(complete, rules, catalogue)
    if not isinstance(mapped, Mapped):
        return replace(judged(order, Verdict.PROBLEM, problems=mapped.problems), bridge=mapped.bridge)
    stopped = shapes_of(mapped.sale) & standing.failed
    if stopped:
        refused = judged(order, Verdict.PROBLEM, problems=(shape_stopped(order.id, stopped),))
        return replace(refused, bridge=mapped.bridge)
    sale = mapped.sale
    if record is not None and record.number:
        sale = replace(sale, number=record.number)
    found = judged(order, Verdict.WOULD_POST)
    return replace(
        found,
        tally=replace(found.tally, books_total=mapped.bridge.books.total),
        notes=mapped.notes,
        bridge=mapped.bridge,
        sale=sale,
        sought=sought_for(complete, rules),
    )


def sought_for(complete: CompleteOrder, rules: Rules) -> tuple[Sought, ...]:
    """The contacts that are looked up for an order: who is billed, and who receives where that is somebody else (SYNC §6)."""
    receiver = delivery_address(complete)
    wanted = [(billing_search(complete.order, rules.nobodys_emails), complete.order.billing.company)]
    if receiver is not None:
        wanted.append((shipping_search(complete), receiver.company))
    return tuple(
        Sought(search, CREATE_WITH_COMPANY if company.strip() else CREATE)
        for search, company in wanted
        if search is not None
    )


def with_parts(
    complete: CompleteOrder, rules: Rules, catalogue: Catalogue, parts: Callable[[Item], Item]
) -> Catalogue:
    """The catalogue with the parts of the combo items that a pick list of this order depends on; `parts` reads those of one."""
    for combo in unread_combos(complete, rules, catalogue.items):
        catalogue = catalogue.with_item(parts(combo))
    return catalogue


def not_whole(order: ShopOrder, words: str) -> Previewed:
    """An order whose lines the shop would not give."""
    return judged(order, Verdict.PROBLEM, problems=(about_order(Code.INCOMPLETE_READ, order.id, words),))


def faulty(order: ShopOrder) -> Previewed:
    """An order in which a fault of ours turned up; the preview goes on."""
    problem = about_order(Code.ORDER_UNREADABLE, order.id, "something in it could not be worked with")
    return judged(order, Verdict.PROBLEM, problems=(problem,))


def unreadable(broken: UnreadableOrder, record: OrderRecord | None, now: datetime) -> Previewed:
    """An order whose own fields make no sense; one that is in Saasu stays there. Without a date it counts as of `now`."""
    verdict = SETTLED.get(record.state, Verdict.PROBLEM) if record is not None else Verdict.PROBLEM
    words = f"the shop's data could not be read: {broken.reason}"
    problems = (about_order(Code.ORDER_UNREADABLE, broken.id, words),) if verdict is Verdict.PROBLEM else ()
    known_since = record.created_at if record is not None else None
    tally = Tally(
        order_id=broken.id,
        verdict=verdict,
        created_at=known_since or broken.modified_at or now,
        total=ZERO,
        problems=problems,
    )
    return Previewed(tally=tally)
