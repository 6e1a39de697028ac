"""The sale that has an order's number in Saasu and that we did not write, as far as Saasu told of it, beside what the shop says."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from portal.models.orders import Order
from portal.money import cents
from portal.sync.bridge import Figures
from portal.sync.ports import State
from portal.sync.problems import Code

NOT_READ = "Press Retry: Saasu is asked for that sale, and it is shown beside this order."
"""What to do where the sale was never read."""
COMPARED = "If this sale is of this order, press It is this order. Otherwise give that sale another number in Saasu, then Retry."
"""What to do where it stands beside the order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One component, in dollars: the shop's figure, and the sale's where it is known."""

    name: str
    shop: Decimal
    there: Decimal | None = None

    @property
    def difference(self) -> Decimal | None:
        """The sale's figure less the shop's; `None` where there is nothing to compare."""
        return None if self.there is None else self.there - self.shop


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleThere:
    """That sale: its number, what it comes to (`None` where Saasu did not tell it), and every component of the order beside it.

    `sale_id` is its transaction in Saasu, `None` where it is not known.
    """

    number: str
    sale_id: int | None
    figures: Figures | None
    rows: tuple[Beside, ...]

    @property
    def is_the_same(self) -> bool:
        """Whether whatever is known of both sides is the same."""
        return self.figures is not None and not any(row.difference for row in self.rows)

    @property
    def to_do(self) -> str:
        """What a person does about it, while she is asked."""
        return NOT_READ if self.figures is None else COMPARED


def sale_there(order: Order) -> SaleThere | None:
    """The sale that has the order's number; `None` for an order that is in any other state than `exists`."""
    if order.state != State.EXISTS:
        return None
    named = [one["subject"] for one in order.problems if one["code"] == Code.INVOICE_EXISTS]
    total = order.books_total
    figures = Figures(total, order.books_tax) if total is not None else None
    return SaleThere(
        number=next(iter(named), order.number),
        sale_id=sale_id_of(order),
        figures=figures,
        rows=tuple(rows_of(order)),
    )


def sale_id_of(order: Order) -> int | None:
    """The transaction of that sale, from the line of history by which it was found last."""
    lines = [one for one in order.attempts if one.state == State.EXISTS and "problems" in one.details]
    found = [one.details.get("sale_there") for one in lines if one.details["problems"]]
    return found[-1] if found else None


def rows_of(order: Order) -> Iterator[Beside]:
    """The components of the order that are known; only total and GST are ever told of the other sale."""
    told = {"Total": order.books_total, "GST": order.books_tax}
    if not order.bridge:
        yield Beside(name="Total", shop=cents(order.total), there=order.books_total)
    for span in order.bridge:
        yield Beside(name=span["name"], shop=Decimal(span["shop"]), there=told.get(span["name"]))
