"""Both sides of an order as the proof reads them for itself, over the public calls: what the shop shows, what Saasu holds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from proofs._servers import Line

PAGE = 250
Row = dict[str, Any]


def decimal(value: object) -> Decimal:
    """An amount as the API writes it: text or number, nothing is 0."""
    return Decimal(str(value)) if value not in {None, ""} else Decimal(0)


def cents(amount: Decimal) -> int:
    """Dollars in whole cents, half away from zero."""
    return int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class ShopSide:
    """An order as the shop shows it: the order, its lines and its fees."""

    order: Row
    lines: list[Row]
    fees: list[Row] = field(default_factory=list)

    @property
    def id(self) -> int:
        """The shop's order number."""
        return int(self.order["id"])

    @property
    def total(self) -> int:
        """`total_inc_tax` in cents."""
        return cents(decimal(self.order["total_inc_tax"]))

    @property
    def tax(self) -> int:
        """`total_tax` in cents."""
        return cents(decimal(self.order["total_tax"]))

    def charges(self) -> list[Row]:
        """Shipping, handling and wrapping, each as `inc`, `ex` and `tax`."""
        names = ("shipping_cost", "handling_cost", "wrapping_cost")
        return [{end: decimal(self.order.get(f"{name}_{field}")) for end, field in ENDS} for name in names]


ENDS = (("inc", "inc_tax"), ("ex", "ex_tax"), ("tax", "tax"))


def shop_orders(line: Line, store_hash: str) -> Iterator[ShopSide]:
    """Every order a shop lists, in ascending id, with all its lines and fees."""
    root, last = f"/stores/{store_hash}/v2", 0
    while True:
        query: dict[str, object] = {
            "sort": "id:asc",
            "limit": PAGE,
            "include": "consignments.line_items,fees",
        }
        query |= {"consignment_structure": "object"} | ({"min_id": last + 1} if last else {})
        rows = [row for row in line.get(f"{root}/orders", **query) if int(row["id"]) > last]
        for row in rows:
            yield _complete(line, root, row)
        if not rows:
            return
        last = int(rows[-1]["id"])


def _complete(line: Line, root: str, order: Row) -> ShopSide:
    """Lines from the order itself where they are all there, else from their own list."""
    place = f"{root}/orders/{order['id']}"
    found = included_lines(order)
    if found is None or sum(int(decimal(row["quantity"])) for row in found) != int(
        order.get("items_total") or 0
    ):
        found = list(_pages(line, f"{place}/products"))
    fees = order.get("fees")
    if not isinstance(fees, list):
        answer = line.ask("GET", f"{place}/fees").value
        fees = answer.get("fees", []) if isinstance(answer, dict) else []
    return ShopSide(order, sorted(found, key=lambda row: int(row["id"])), fees)


def included_lines(order: Row) -> list[Row] | None:
    """The lines within an order's consignments; `None` where they are links, or some were left out."""
    grouped = order.get("consignments")
    if not isinstance(grouped, dict) or "url" in grouped or "__warning__" in str(grouped):
        return None
    groups = [*grouped.get("pickups", []), *grouped.get("shipping", []), *grouped.get("downloads", [])]
    rows = [row for group in groups for row in group.get("line_items", [])]
    rows += (grouped.get("email") or {}).get("gift_certificates", [])
    return rows if all(isinstance(row, dict) and "quantity" in row for row in rows) else None


def _pages(line: Line, path: str) -> Iterator[Row]:
    page = 1
    while True:
        rows = line.get(path, limit=PAGE, page=page)
        yield from rows
        if len(rows) < PAGE:
            return
        page += 1


def books_by_control(line: Line, file_id: int) -> list[Row]:
    """Every sale of a file with its lines, by our sandbox's control address."""
    found: list[Row] = line.get(f"/_control/files/{file_id}/invoices")["invoices"]
    return found
