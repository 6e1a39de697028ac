"""The bridge: both totals of one order side by side, component by component, to the cent (SYNC §5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.money import ELEVEN_TENTHS, ZERO, cents, dollars
from portal.sync.sale_orders import SaleLine

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One component on both sides, in dollars GST-inclusive; `words` explains both figures."""

    name: str
    shop: Decimal
    books: Decimal
    words: str = ""

    @property
    def difference(self) -> Decimal:
        """Saasu's figure less the shop's."""
        return self.books - self.shop


@dataclass(frozen=True, slots=True)
class Figures:
    """A total and the GST in it, in dollars; `tax` is `None` where nobody told it."""

    total: Decimal
    tax: Decimal | None = None

    @property
    def words(self) -> str:
        """`$120.00 with GST $10.91`, or the total alone."""
        return dollars(self.total) + ("" if self.tax is None else f" with GST {dollars(self.tax)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """Goods, Discount, Shipping, Fees, Total and GST, in that order; `notes` say what was done specially."""

    spans: tuple[Span, ...]
    notes: tuple[str, ...] = ()

    def span(self, name: str) -> Span:
        """The component of that name; an absent one is nil on both sides."""
        return next(
            (span for span in self.spans if span.name == name), Span(name=name, shop=ZERO, books=ZERO)
        )

    @property
    def books(self) -> Figures:
        """What Saasu has to come to."""
        return Figures(self.span("Total").books, self.span("GST").books)

    @property
    def shop(self) -> Figures:
        """What the shop said when the order was mapped."""
        return Figures(self.span("Total").shop, self.span("GST").shop)


def predict(lines: Sequence[SaleLine], rates: Mapping[str, Decimal]) -> tuple[Decimal, Decimal]:
    """The total and the GST that Saasu will compute, in dollars (SA §5.6); `rates` is the rate of each tax code, 0.1 for GST."""
    total, tax = ZERO, ZERO
    for line in lines:
        amount = line_total(line)
        total += amount
        if line.tax_code is not None and rates.get(line.tax_code, ZERO):
            tax += amount - cents(amount / ELEVEN_TENTHS)
    return total, tax


def line_total(line: SaleLine) -> Decimal:
    """What Saasu makes of one line, in dollars and whole cents."""
    return cents(line.quantity * line.unit_price * (HUNDRED - line.percentage_discount) / HUNDRED)
