"""An order as it would be posted: a verdict, and the sale with its bridge. Nothing is asked or written here (issue 3: preview).

The same functions decide and map as in a run (`planning`, `mapping`), so that a preview says what a run would do.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from portal.money import ZERO, cents
from portal.sync.bridge import Bridge
from portal.sync.contacts import ByName, Search, billing_search, shipping_search
from portal.sync.mapping import Mapped, map_order
from portal.sync.orders import CompleteOrder, ShopOrder, UnreadableOrder
from portal.sync.planning import Ignore, Leave, Mark, Reject, decide, reason_to_ignore, stays_ignored
from portal.sync.ports import OrderRecord, State
from portal.sync.problems import Code, Ignored, Problem, about_order
from portal.sync.rules import Catalogue, Rules
from portal.sync.sale_orders import SaleOrder


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """One order as it would be posted: its bridge and sale where it would, and `customer` and `receiver`, who is looked up.

    An order with a problem has the bridge as far as it could be read.
    """

    tally: Tally
    status: str = ""
    notes: tuple[str, ...] = ()
    bridge: Bridge | None = None
    sale: SaleOrder | None = None
    customer: Search | None = None
    receiver: ByName | None = None


def judge(order: ShopOrder, rules: Rules, record: OrderRecord | None) -> Previewed | None:
    """What can be said of an order without its lines; `None` where it would be taken, and must be read whole and mapped."""
    match decide(order, rules, record):
        case Ignore(reason):
            return judged(order, Verdict.IGNORED, ignored=reason)
        case Reject(problem):
            return judged(order, Verdict.PROBLEM, problems=(problem,))
        case Leave() | Mark() if record is not None and record.state in SETTLED:
            return judged(order, SETTLED[record.state])
        case Leave() if record is not None and stays_ignored(record):
            return judged(order, Verdict.IGNORED, ignored=record.ignored)
    unwanted = reason_to_ignore(order, rules, released=record is not None and record.release)
    return None if unwanted is None else judged(order, Verdict.IGNORED, ignored=unwanted)


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
    complete: CompleteOrder, rules: Rules, catalogue: Catalogue, record: OrderRecord | None = None
) -> Previewed:
    """One whole order as it would be posted under these rules, given what the ledger knows of it."""
    return judge(complete.order, rules, record) or as_posted(complete, rules, catalogue, record)


def as_posted(
    complete: CompleteOrder, rules: Rules, catalogue: Catalogue, record: OrderRecord | None = None
) -> Previewed:
    """One whole order mapped as if it were taken, whatever its status says; a number it was sent under before stays (SYNC §5)."""
    order = complete.order
    mapped = map_order(complete, rules, catalogue)
    if not isinstance(mapped, Mapped):
        refused = judged(order, Verdict.PROBLEM, problems=mapped.problems)
        return replace(refused, bridge=mapped.bridge)
    sale = mapped.sale
    if record is not None and record.number:
        sale = replace(sale, number=record.number)
    found = judged(order, Verdict.WOULD_POST)
    return replace(
        found,
        tally=replace(found.tally, books_total=mapped.bridge.span("Total").books),
        notes=mapped.notes,
        bridge=mapped.bridge,
        sale=sale,
        customer=billing_search(order, rules.nobodys_emails),
        receiver=shipping_search(complete),
    )


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
