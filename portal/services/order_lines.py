"""What the shop sold in an order, line by line, from the text that is kept of it: shown also where nothing could be posted."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clients.bigcommerce_payloads import reopened
from portal.clients.rows import Nonsense
from portal.models.orders import Order
from portal.money import CENT, ELEVEN_TENTHS, ZERO, cents
from portal.services.remotes import Outside, firm_vault, seal_for
from portal.sync.changes import discount_of, fees_of, shipping_of
from portal.sync.items import bare
from portal.sync.orders import CompleteOrder, OrderLine
from portal.sync.problems import Code
from portal.sync.totals import DoNotAddUp, read_totals
from portal.vault import VaultError

CHARGES = 3
"""Shipping, handling and wrapping."""
BESIDE = frozenset({"Discount", "Shipping", "Fees", "Total", "GST"})
"""What the bridge of an order that adds up has beside its goods."""
Parts = tuple[Decimal, Decimal, Decimal]
READ_FOR_NAMES = 50
"""Kept orders that are opened to learn what the missing SKUs of a file are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopLine:
    """One line as the shop has it; `price` each and `amount` in dollars with GST, before discounts. `missing`: no item has its SKU."""

    name: str
    sku: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    in_bundle: bool
    missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopLines:
    """The lines of an order, in dollars with GST and whole cents: with the charges and `rest`, and less `discount`, they make `total`.

    `rest` is what the shop's own rounding left over; where that explains too little of it, `adds_up` is false.
    """

    lines: tuple[ShopLine, ...]
    discount: Decimal
    rest: Decimal
    adds_up: bool
    shipping: Decimal
    fees: Decimal
    total: Decimal

    def name_of(self, sku: str) -> str:
        """What the shop calls the product with a SKU, or blank."""
        return next((line.name for line in self.lines if bare(line.sku) == bare(sku)), "")


def shop_lines(
    session: Session, outside: Outside, order: Order, found: Container[str] = ()
) -> ShopLines | None:
    """The lines of an order; `None` where they were never read whole, or are forgotten. `found`: missing SKUs whose item is there by now."""
    complete = next(opened(session, outside, order.firm_id, [(order.id, order.document)]), None)
    if complete is None or not complete.complete:
        return None
    missing = [sku for sku in missing_skus(order) if sku not in found]
    return lines_of(complete, missing, order.bridge)


def lines_of(
    complete: CompleteOrder, missing: Iterable[str], spans: Sequence[dict[str, str]] = ()
) -> ShopLines:
    """A whole order as a page shows it; `spans` is its bridge as it is kept."""
    gone = {bare(sku) for sku in missing}
    lines = tuple(
        ShopLine(
            name=described(line),
            sku=line.sku.strip(),
            quantity=line.quantity,
            price=line.price.inc_tax,
            amount=cents(line.total.inc_tax),
            in_bundle=line.parent_id is not None,
            missing=bare(line.sku) in gone,
        )
        for line in complete.lines
    )
    goods = sum((line.amount for line in lines), ZERO)
    total = cents(complete.order.total.inc_tax)
    discount, shipping, fees = kept_parts(spans, total) or parts_of(complete, goods)
    rest = total - (goods - discount + shipping + fees)
    return ShopLines(
        lines=lines,
        discount=discount,
        rest=rest,
        adds_up=abs(rest) <= room_of(complete),
        shipping=shipping,
        fees=fees,
        total=total,
    )


def kept_parts(spans: Sequence[dict[str, str]], total: Decimal) -> Parts | None:
    """Discount, shipping and fees as the order's bridge has them; `None` where it has none of this total, or does not add up."""
    kept = {span["name"]: Decimal(span["shop"]) for span in spans}
    if not kept.keys() >= BESIDE or kept["Total"] != total:
        return None
    return -kept["Discount"], kept["Shipping"], kept["Fees"]


def parts_of(complete: CompleteOrder, goods: Decimal) -> Parts:
    """Discount, shipping and fees of an order without a bridge, by the rules of the mapping (SYNC §5 Discounts).

    In an order ex GST the discount with GST is what goods and charges leave of the total, as far as that can be the discount.
    """
    order = complete.order
    shipping, fees = cents(shipping_of(order)), cents(fees_of(complete))
    try:
        totals = read_totals(complete)
    except DoNotAddUp:
        return max(cents(discount_of(order)), ZERO), shipping, fees
    fees = fees if totals.with_fees else ZERO
    if totals.inclusive or totals.discount <= ZERO:
        return max(cents(totals.discount), ZERO), shipping, fees
    left = goods + shipping + fees - cents(order.total.inc_tax)
    nearest = cents(min(max(left, totals.discount), totals.discount * ELEVEN_TENTHS))
    return (left if abs(left - nearest) <= room_of(complete) else nearest), shipping, fees


def room_of(complete: CompleteOrder) -> Decimal:
    """How much rounding explains: a cent a line, charge and fee, and one for the total."""
    return CENT * (len(complete.lines) + len(complete.fees) + CHARGES + 1)


def product_names(
    session: Session, outside: Outside, firm_id: str, orders: Sequence[Order], skus: Iterable[str]
) -> dict[str, str]:
    """What the shop calls the products with some SKUs, by SKU, as the newest of these orders say; blank where none says."""
    wanted = {bare(sku): sku for sku in skus}
    ids = [order.id for order in orders][-READ_FOR_NAMES:]
    kept = session.execute(
        select(Order.id, Order.document).where(Order.id.in_(ids)).order_by(Order.order_id.desc())
    )
    names = dict.fromkeys(wanted.values(), "")
    for complete in opened(session, outside, firm_id, [(row.id, row.document) for row in kept]):
        for line in complete.lines:
            sku = wanted.get(bare(line.sku))
            if sku is not None:
                names[sku] = names[sku] or described(line)
    return names


def missing_skus(order: Order) -> list[str]:
    """The SKUs of an order that no item has."""
    return [one["subject"] for one in order.problems if one["code"] == Code.ITEM_NOT_FOUND and one["subject"]]


def described(line: OrderLine) -> str:
    """A product's name with the options that were chosen."""
    return ", ".join(filter(None, (line.name.strip() or line.sku.strip(), *line.options)))


def opened(
    session: Session, outside: Outside, firm_id: str, kept: Iterable[tuple[str, bytes | None]]
) -> Iterator[CompleteOrder]:
    """Kept orders, opened; what cannot be opened or read any more is passed over."""
    seal = seal_for(firm_vault(session, outside.vault, firm_id))
    for order_pk, document in kept:
        if document is None:
            continue
        try:
            yield reopened(seal.open(order_pk, "document", document))
        except (Nonsense, VaultError):
            continue
