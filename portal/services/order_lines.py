"""What the shop sold in an order, line by line, from the text that is kept of it: shown also where nothing could be posted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clients.bigcommerce_payloads import reopened
from portal.clients.rows import Nonsense
from portal.models.orders import Order
from portal.money import ZERO, cents
from portal.services.remotes import Outside, firm_vault, seal_for
from portal.sync.changes import fees_of, shipping_of
from portal.sync.items import bare
from portal.sync.orders import CompleteOrder, OrderLine
from portal.sync.problems import Code
from portal.vault import VaultError

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
    """The lines of an order, in dollars with GST: together with the charges and less `discount` they make `total`."""

    lines: tuple[ShopLine, ...]
    discount: Decimal
    shipping: Decimal
    fees: Decimal
    total: Decimal

    def name_of(self, sku: str) -> str:
        """What the shop calls the product with a SKU, or blank."""
        return next((line.name for line in self.lines if bare(line.sku) == bare(sku)), "")


def shop_lines(session: Session, outside: Outside, order: Order) -> ShopLines | None:
    """The lines of an order; `None` where they were never read whole, or are forgotten."""
    complete = next(opened(session, outside, order.firm_id, [(order.id, order.document)]), None)
    return None if complete is None or not complete.complete else lines_of(complete, missing_skus(order))


def lines_of(complete: CompleteOrder, missing: Iterable[str]) -> ShopLines:
    """A whole order as a page shows it."""
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
    goods = sum((line.total.inc_tax for line in complete.lines), ZERO)
    shipping, fees = shipping_of(complete.order), fees_of(complete)
    total = complete.order.total.inc_tax
    return ShopLines(
        lines=lines,
        discount=cents(goods + shipping + fees - total),
        shipping=cents(shipping),
        fees=cents(fees),
        total=cents(total),
    )


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
