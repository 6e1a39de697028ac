"""What is known of the sales that Saasu has, and how one of them is told to be an order's (SYNC §7.5, §7.7). Pure values.

The lookup after a lost answer, a preview and the look before posting all decide by `found_there`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.sync.rules import Rules
from portal.sync.sale_orders import AUTO_NUMBER, InvoiceSummary, marker

LONGEST_ID = 18
"""Digits of the largest order id there can be."""


@dataclass(frozen=True, slots=True)
class Found:
    """A sale that Saasu has of an order: `ours` by its marker, else somebody else's under the order's number."""

    row: InvoiceSummary
    ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How far a connection's orders were compared with what Saasu has already.

    Orders created `since` then were; `None` before the first look. What Saasu wrote from `doubt` on has still to be listed, because
    a look was broken off there, or because this ledger may not know what was posted meanwhile; `None` where nothing has.
    """

    since: datetime | None = None
    doubt: datetime | None = None


@dataclass(slots=True)
class Complete:
    """The last complete listing of one run: at `made` it showed every sale of the orders created from `begin` on; `None` before the first."""

    begin: datetime | None = None
    made: datetime | None = None

    def listed(self, begin: datetime, made: datetime) -> None:
        """Another listing was made whole; it takes the place of the one before."""
        self.begin, self.made = begin, made

    def moment(self, created_at: datetime) -> datetime | None:
        """When the sales of an order created then were listed; `None` where they were not."""
        return self.made if self.begin is not None and self.begin <= created_at else None


class KnownSales(Protocol):
    """The sales of a file as they were last listed, and how far one connection looked. Every write raises `LeaseLost` when the fence moved."""

    def looked(self) -> Looked:
        """How far the connection looked."""
        ...

    def keep(self, rows: Sequence[InvoiceSummary], looked: Looked, made: datetime) -> None:
        """Commit the sales of a complete listing begun at `made`, together with how far was looked."""
        ...

    def listed(self, mark: str, number: str) -> list[InvoiceSummary]:
        """The sales last listed with that marker or that number, as far as they are kept: without their amounts."""
        ...

    def forget(self, mark: str, number: str, before: datetime) -> None:
        """Commit that Saasu does not have the sales with that marker or that number any more that were last listed before a moment."""
        ...


def found_there(mark: str, number: str, rows: Iterable[InvoiceSummary]) -> Found | None:
    """The sale of these that is an order's: the one with its marker, else the first with its number; `None` where there is none."""
    holder: InvoiceSummary | None = None
    for row in rows:
        if row.purchase_order_number.strip() == mark:
            return Found(row, ours=True)
        if holder is None and is_ours_to_give(number) and same_number(row.number, number):
            holder = row
    return Found(holder, ours=False) if holder is not None else None


def is_ours_to_give(number: str) -> bool:
    """Whether a number is one that we give; blank and `<Auto Number>` are none."""
    return number not in {"", AUTO_NUMBER}


def folded_number(number: str) -> str:
    """An invoice number as it is compared."""
    return number.strip().casefold()


def same_number(one: str, other: str) -> bool:
    """Whether two invoice numbers are the same, without regard to case and outer blanks."""
    return folded_number(one) == folded_number(other)


def orders_named(row: InvoiceSummary, rules: Rules) -> frozenset[int]:
    """The ids of the connection's orders that a sale may be of: by its marker, and by its number where a prefix is set."""
    named = [id_after(marker(rules.store_hash, 0)[:-1], row.purchase_order_number.strip())]
    if rules.prefix:
        named.append(id_after(folded_number(rules.prefix), folded_number(row.number)))
    return frozenset(order_id for order_id in named if order_id is not None)


def id_after(begins: str, text: str) -> int | None:
    """The order id behind this beginning of a text; `None` where no number follows."""
    digits = text.removeprefix(begins)
    is_id = text.startswith(begins) and digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_ID
    return int(digits) if is_id else None
