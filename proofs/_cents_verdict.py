"""The verdict on one order: posted to the cent, or kept out for a reason that is named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from proofs._cents_checks import Fault, faults, gst_faults
from proofs._cents_orders import Drawn
from proofs._cents_shops import Shop
from proofs._cents_sides import Row, ShopSide, cents, decimal
from proofs._product import Kept


@dataclass(frozen=True, slots=True)
class Expected:
    """What one sale must come to, however Saasu rounds. `allowed`: cents that its GST may differ by."""

    side: ShopSide
    shop: Shop
    allowed: Decimal
    order: Drawn | None = None

    def faults(self, total: object, tax: object) -> list[Fault]:
        """What is wrong with a total and its GST."""
        found: list[Fault] = []
        if cents(decimal(total)) != self.side.total:
            found.append(("total", f"Saasu has {total}, the shop {self.side.order['total_inc_tax']}"))
        return found + list(gst_faults(self.side, tax, self.allowed, registered=self.shop.registered))


def verdict(
    side: ShopSide, shop: Shop, sales: Sequence[Row], kept: Kept | None, *, sound: bool, flaw: str = ""
) -> Iterator[Fault]:
    """Everything that is wrong with one order. `sound` is false where it had to be kept out."""
    state = kept.state if kept else "not in the ledger"
    if len(sales) > 1:
        yield "twice", f"Saasu has it {len(sales)} times"
    if bool(sales) != (state == "posted"):
        yield "ledger", f"the ledger says {state}, Saasu has {len(sales)} sales of it"
    if not sales:
        yield from _not_posted(kept, state, sound=sound)
        return
    if not sound:
        yield "posted contradicting", f"it contradicts itself ({flaw}) and was posted"
    if kept and kept.codes:
        yield "complained", f"it is posted, and the ledger says {kept.words}"
    yield from faults(side, sales[0], shop)


def _not_posted(kept: Kept | None, state: str, *, sound: bool) -> Iterator[Fault]:
    if kept is None or not (kept.codes or kept.reason):
        yield "no reason", f"it is {state}, and no problem is named"
    if sound:
        yield "refused sound", kept.words if kept else state
