"""What a change in the shop means for an order that is in Saasu already: for its total, its GST, and what a person may do (SYNC §2).

A Sale Order is never rewritten, so each sentence names the figures on both sides and the step to take by hand.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from portal.money import ZERO, dollars
from portal.sync.bridge import Figures
from portal.sync.changes import Differences, differences, figures_of
from portal.sync.orders import CompleteOrder, ShopOrder, Taxed
from portal.sync.ports import Changes, OrderRecord, State

REFUNDED, CANCELLED, DECLINED, DISPUTED, PARTLY_REFUNDED = 4, 5, 6, 13, 14
OVER = frozenset({REFUNDED, CANCELLED, DECLINED})
TROUBLE = {
    REFUNDED: "Refunded in the shop after it was posted: take {sale} back in Saasu by hand.",
    CANCELLED: "Cancelled in the shop after it was posted: cancel or delete {sale} in Saasu by hand.",
    DECLINED: "Declined in the shop after it was posted: cancel or delete {sale} in Saasu by hand.",
    DISPUTED: "Disputed in the shop after it was posted: leave {sale} until that is decided, and look again then.",
    PARTLY_REFUNDED: "Partly refunded in the shop after it was posted: reduce {sale} in Saasu by what was refunded; the order in the shop shows how much.",
}
SENT, SENT_WITH = -1, "the one it was posted with"
DELIVERED = frozenset({2, 10})
"""Shipped and Completed: an order archived in one of these is one that is done with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InSaasu:
    """The sale as it stands in Saasu: its number, and its figures where they are known. `ours` is false where we did not post it."""

    number: str
    figures: Figures | None
    ours: bool = True

    @property
    def name(self) -> str:
        """`Sale Order SHO120`."""
        return f"Sale Order {self.number}".strip()

    @property
    def worth(self) -> str:
        """`Sale Order SHO120 ($120.00 with GST $10.91)`."""
        return self.name + (f" ({self.figures.words})" if self.figures is not None else "")


def changes_of(
    record: OrderRecord, kept: CompleteOrder | None, now: CompleteOrder, synced: Collection[int]
) -> Changes:
    """What changed since a finished order was read, and what it means. `synced` are the statuses that are taken.

    Where the kept order is gone, what the record still knows stands in for it.
    """
    before = kept if kept is not None and kept.order.id == now.order.id else remembered(record, now, synced)
    found = differences(before, now)
    sale = InSaasu(number=record.number, figures=in_saasu(record), ours=record.state is State.POSTED)
    means = tuple(meanings(found, before.order, now.order, sale, synced))
    return Changes(what=found.sentences, means=means)


def remembered(record: OrderRecord, now: CompleteOrder, synced: Collection[int]) -> CompleteOrder:
    """The order as it is now, but with the figures it was posted with and the status that the record last saw.

    Where that is one in which no order is posted, the order changed while its outcome was not known.
    """
    status_id, status = (record.status_id, record.status) if record.status_id in synced else (SENT, SENT_WITH)
    order = replace(now.order, status_id=status_id, status=status, is_deleted=record.is_deleted)
    if record.bridge is not None:
        total, tax = record.bridge.shop.total, record.bridge.shop.tax or ZERO
        order = replace(order, total=Taxed(ex_tax=total - tax, inc_tax=total, tax=tax))
    return replace(now, order=order)


def in_saasu(record: OrderRecord) -> Figures | None:
    """What Saasu shows: as read back, else as it had to come to. GST is left out where the file is not registered for it."""
    bridge = record.bridge
    if bridge is None:
        return record.books
    found = record.books or bridge.books
    tax = bridge.books.tax if found.tax is None else found.tax
    unregistered = tax == ZERO and bridge.shop.tax != ZERO
    return replace(found, tax=None if unregistered else tax)


def meanings(
    found: Differences, before: ShopOrder, after: ShopOrder, sale: InSaasu, synced: Collection[int]
) -> Iterator[str]:
    """What somebody should know or do; nothing where the books stay right."""
    told = list(steps(found, before, after, sale, synced))
    if told and not sale.ours:
        yield f"Cartledger did not post {sale.name}: compare it with the order as it is now."
    else:
        yield from told


def steps(
    found: Differences, before: ShopOrder, after: ShopOrder, sale: InSaasu, synced: Collection[int]
) -> Iterator[str]:
    """The same for a sale of ours."""
    over = bool(found.status) and after.status_id in OVER
    if found.status:
        yield from of_status(before, after, sale, synced)
    if found.archive and after.is_deleted and after.status_id not in DELIVERED | TROUBLE.keys():
        yield f"Archived before it was completed: if the sale did not take place, cancel or delete {sale.name} in Saasu by hand."
    if found.money and not over:
        yield of_money(after, sale)
    elif found.lines and not over:
        yield f"Total and GST stay the same: change the lines of {sale.name} in Saasu, so that its stock is right."
    if found.people and not over:
        yield f"{sale.name} in Saasu names the former customer or address: correct it there if it still matters."


def of_status(before: ShopOrder, after: ShopOrder, sale: InSaasu, synced: Collection[int]) -> Iterator[str]:
    """What a new status means; nothing where the order goes its usual way."""
    if after.status_id in TROUBLE:
        yield TROUBLE[after.status_id].format(sale=sale.worth)
    elif after.status_id not in synced:
        yield f"{after.status} is not among the statuses that are synced: check whether {sale.worth} still stands."
    elif before.status_id in TROUBLE:
        yield f"No longer {before.status}: check that {sale.worth} stands in Saasu."


def of_money(after: ShopOrder, sale: InSaasu) -> str:
    """Both sides' figures, and by how much the sale must move."""
    now = figures_of(after)
    if sale.figures is None:
        return f"The shop now says {now.words}: compare {sale.name} in Saasu."
    return f"Saasu shows {sale.figures.words}; the shop now says {now.words}: {step(sale.figures, now, sale.name)}."


def step(books: Figures, shop: Figures, name: str) -> str:
    """By how much the sale and its GST must move to agree with the shop."""
    more = shop.total - books.total
    tax = ZERO if books.tax is None or shop.tax is None else shop.tax - books.tax
    if more == ZERO and tax == ZERO:
        return f"total and GST of {name} stay as they are, only its lines change"
    if more == ZERO:
        return f"{verb(tax)} the GST of {name} by {dollars(abs(tax))}"
    words = f"{verb(more)} {name} by {dollars(abs(more))}"
    if tax == ZERO:
        return words
    way = "" if verb(tax) == verb(more) else f"{verb(tax)} "
    return f"{words} and {way}its GST by {dollars(abs(tax))}"


def verb(more: Decimal) -> str:
    """What to do with a figure that must move by so much."""
    return "raise" if more > ZERO else "reduce"
