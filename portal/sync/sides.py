"""What both sides of an order's bridge are computed from (SYNC §5 To the cent)."""

from dataclasses import dataclass
from decimal import Decimal

from portal.money import ZERO
from portal.sync.charges import Charge
from portal.sync.orders import CompleteOrder
from portal.sync.pricing import Priced
from portal.sync.rules import Item
from portal.sync.totals import Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """An order as priced and as laid, in GST-inclusive dollars and whole cents.

    `books_total` and `books_tax` are what Saasu will compute, `taxed_base` is what of its total carries GST, on `taxed_lines`
    lines; `split` is how many of the shop's lines became two. `registered` is whether the file is for GST, `exported` whether goods
    left Australia.
    """

    complete: CompleteOrder
    totals: Totals
    priced: Priced
    books_total: Decimal
    books_tax: Decimal
    taxed_base: Decimal
    taxed_lines: int
    split: int = 0
    discount_item: Item | None = None
    registered: bool = True
    exported: bool = False

    @property
    def goods(self) -> Decimal:
        """The goods before the discount."""
        return sum((good.gross for good in self.priced.goods), ZERO)

    @property
    def discount(self) -> Decimal:
        """The whole discount, above zero where there is one."""
        return self.priced.discount

    @property
    def shipping(self) -> Decimal:
        """Shipping with handling and wrapping."""
        return charged(self.shipping_charges)

    @property
    def fees(self) -> Decimal:
        """All fees."""
        return charged(self.fee_charges)

    @property
    def shipping_charges(self) -> tuple[Charge, ...]:
        """Shipping, one a tax code."""
        return tuple(charge for charge in self.priced.charges if charge.is_shipping)

    @property
    def fee_charges(self) -> tuple[Charge, ...]:
        """The fees, one each and tax code."""
        return tuple(charge for charge in self.priced.charges if not charge.is_shipping)


def charged(charges: tuple[Charge, ...]) -> Decimal:
    """What charges come to."""
    return sum((charge.amount for charge in charges), ZERO)
