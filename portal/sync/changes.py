"""What changed in the shop after an order was posted, sentence by sentence (SYNC §2; source document, FAQ on updated orders).

The kept order is compared with the order as it is now. How an order was read does not count: coupons come with one way of reading
and not with another. What it means for the books is said by `consequences`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.money import ZERO, cents, dollars
from portal.sync.bridge import Figures
from portal.sync.contacts import (
    address_text,
    delivery_address,
    folded,
    postal_address,
    same_address,
    same_text,
)
from portal.sync.orders import Address, CompleteOrder, OrderLine, ShopOrder
from portal.sync.personal import Personal

MOST_LINES = 20
"""Sentences about lines that are kept of one order; the rest is counted."""
LONGEST_NAME = 60
OTHER_EMAIL = "The e-mail is another one"
OTHER_BILLING = "Billed to another name or address"
OTHER_DELIVERY = "Delivered to another name or address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What is not as it was, by what it concerns; each a sentence without its full stop."""

    status: tuple[str, ...] = ()
    archive: tuple[str, ...] = ()
    money: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    people: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of them, the weightiest first."""
        return (*self.status, *self.archive, *self.money, *self.lines, *self.people)


def differences(kept: CompleteOrder, now: CompleteOrder) -> Differences:
    """What differs between an order as it was posted and as it is; lines only where both were read whole."""
    before, after = kept.order, now.order
    whole = kept.complete and now.complete
    return Differences(
        status=tuple(changed_status(before, after)),
        archive=tuple(changed_archive(before, after)),
        money=(*changed_money(before, after), *(changed_fees(kept, now) if whole else ())),
        lines=shortened(list(changed_lines(kept.lines, now.lines))) if whole else (),
        people=tuple(changed_people(kept, now)),
    )


def changed_status(before: ShopOrder, after: ShopOrder) -> Iterator[str]:
    """The status, by its id: a shop may rename one."""
    if before.status_id != after.status_id:
        yield f"Status changed from {before.status} to {after.status}"


def changed_archive(before: ShopOrder, after: ShopOrder) -> Iterator[str]:
    """Whether the order was archived, which the shop calls deleted, or taken out again."""
    if before.is_deleted != after.is_deleted:
        yield "Archived in the shop" if after.is_deleted else "Taken out of the shop’s archive"


def figures_of(order: ShopOrder) -> Figures:
    """An order's total and GST in whole cents."""
    return Figures(cents(order.total.inc_tax), cents(order.total.tax))


def changed_money(before: ShopOrder, after: ShopOrder) -> Iterator[str]:
    """Currency, total, GST, discount and shipping, each to the cent."""
    if before.currency != after.currency:
        yield f"Currency was {before.currency} and is now {after.currency}"
    for name, was, becomes in (
        ("Total", before.total.inc_tax, after.total.inc_tax),
        ("GST", before.total.tax, after.total.tax),
        ("Discount", discount_of(before), discount_of(after)),
        ("Shipping", shipping_of(before), shipping_of(after)),
    ):
        if cents(was) != cents(becomes):
            yield f"{name} was {dollars(was)} and is now {dollars(becomes)}"


def changed_fees(kept: CompleteOrder, now: CompleteOrder) -> Iterator[str]:
    """Fees, which are read only where an order does not add up without them; so they count only where the total moved."""
    was, becomes = fees_of(kept), fees_of(now)
    if cents(was) != cents(becomes) and figures_of(kept.order).total != figures_of(now.order).total:
        yield f"Fees were {dollars(was)} and are now {dollars(becomes)}"


def discount_of(order: ShopOrder) -> Decimal:
    """Manual discount and coupons, in the shop's basis."""
    return order.discount_amount + order.coupon_discount


def shipping_of(order: ShopOrder) -> Decimal:
    """Shipping, handling and wrapping, GST included: one figure in Saasu."""
    return order.shipping.inc_tax + order.handling.inc_tax + order.wrapping.inc_tax


def fees_of(complete: CompleteOrder) -> Decimal:
    """All fees, GST included."""
    return sum((fee.cost.inc_tax for fee in complete.fees), ZERO)


def changed_lines(before: Sequence[OrderLine], after: Sequence[OrderLine]) -> Iterator[str]:
    """Lines by their id, and then by SKU: a line that was taken out and put in anew is the same to the books."""
    pairs, gone, fresh = paired(before, after)
    for was, becomes in pairs:
        yield from changed_line(was, becomes)
    for line in gone:
        yield f"{pieces(line)} {'was' if line.quantity == 1 else 'were'} removed"
    for line in fresh:
        yield f"{pieces(line)} {'was' if line.quantity == 1 else 'were'} added"


def paired(
    before: Sequence[OrderLine], after: Sequence[OrderLine]
) -> tuple[list[tuple[OrderLine, OrderLine]], list[OrderLine], list[OrderLine]]:
    """Lines that belong together, lines that are gone, and new ones."""
    by_id = {line.id: line for line in after}
    pairs = [(line, by_id.pop(line.id)) for line in before if line.id in by_id]
    known = {was.id for was, _ in pairs}
    fresh = list(by_id.values())
    gone = []
    for line in before:
        if line.id in known:
            continue
        again = next((one for one in fresh if line.sku.strip() and same_text(one.sku, line.sku)), None)
        if again is None:
            gone.append(line)
        else:
            fresh.remove(again)
            pairs.append((line, again))
    return pairs, gone, fresh


def changed_line(was: OrderLine, becomes: OrderLine) -> Iterator[str]:
    """Quantity, price and SKU of one line; its name may change freely."""
    name = name_of(becomes)
    if was.quantity != becomes.quantity:
        yield f"{pieces(was)} became {pieces(becomes)}"
    if cents(was.price.inc_tax) != cents(becomes.price.inc_tax):
        yield f"{name} was {dollars(was.price.inc_tax)} each and is now {dollars(becomes.price.inc_tax)}"
    if not same_text(was.sku, becomes.sku):
        yield f"{name} had the SKU {was.sku.strip() or 'none'} and now has {becomes.sku.strip() or 'none'}"


def name_of(line: OrderLine) -> str:
    """What a line is called, at a length that fits a sentence."""
    return (line.name.strip() or line.sku.strip() or "A line without a name")[:LONGEST_NAME]


def pieces(line: OrderLine) -> str:
    """`2 × Hoodie`."""
    return f"{line.quantity.normalize():f} × {name_of(line)}"


def shortened(sentences: Sequence[str]) -> tuple[str, ...]:
    """The first sentences, and how many more there are."""
    more = len(sentences) - MOST_LINES
    rest = f"{more} more {'change' if more == 1 else 'changes'} of lines"
    return (*sentences[:MOST_LINES], rest) if more > 0 else tuple(sentences)


def changed_people(kept: CompleteOrder, now: CompleteOrder) -> Iterator[str]:
    """Whom the order is for, who is billed and where it goes."""
    before, after = kept.order, now.order
    if before.customer_id != after.customer_id:
        yield "The shop now shows another customer"
    if folded(before.billing.email) != folded(after.billing.email):
        former, email = (side.billing.email.strip() or "none" for side in (before, after))
        yield Personal(f"The e-mail was {former} and is now {email}", OTHER_EMAIL)
    if not same_whereabouts(before.billing, after.billing):
        yield Personal(moved("Billed to", before.billing, after.billing), OTHER_BILLING)
    was, becomes = delivery_address(kept), delivery_address(now)
    if was is not None and becomes is not None and not same_whereabouts(was, becomes):
        yield Personal(moved("Delivered to", was, becomes), OTHER_DELIVERY)


def moved(verb: str, was: Address, becomes: Address) -> str:
    """`Delivered to Kim Example, 2 Low Street, before to Robin Example, 1 High Street`."""
    return f"{verb} {address_text(becomes) or 'nobody'}, before to {address_text(was) or 'nobody'}"


def same_whereabouts(one: Address, other: Address) -> bool:
    """Whether two addresses name the same person at the same place."""
    named = same_text(one.first_name, other.first_name) and same_text(one.last_name, other.last_name)
    return named and same_address(postal_address(one), postal_address(other))
