"""An order that went wrong, told whole: its spec, both sides, what the ledger says, and which check failed."""

import json
from collections.abc import Sequence

from proofs._cents_checks import Fault
from proofs._cents_orders import Drawn
from proofs._cents_shops import Shop
from proofs._cents_sides import Row, ShopSide
from proofs._cents_tally import Wrong
from proofs._product import Kept

MOST = 60
SUMS = (
    "total_inc_tax",
    "total_ex_tax",
    "total_tax",
    "discount_amount",
    "coupon_discount",
    "shipping_cost_inc_tax",
    "shipping_cost_tax",
    "handling_cost_inc_tax",
    "wrapping_cost_inc_tax",
    "is_tax_inclusive_pricing",
)


def tell(
    side: ShopSide,
    shop: Shop,
    wrong: Sequence[Fault],
    sales: Sequence[Row] = (),
    kept: Kept | None = None,
    order: Drawn | None = None,
) -> Wrong:
    """Everything a person needs to look at one order again."""
    number = order.number if order else side.id
    lines = [f"order {number}, in the shop {side.id}; connection {shop}"]
    lines += [f"  ! {check}: {words}" for check, words in wrong]
    if order:
        lines.append(
            f"  flaw   {order.flaw or 'none'} {order.changes or ''}\n  spec   {json.dumps(order.spec)}"
        )
    lines.append("  shop   " + ", ".join(f"{name} {side.order.get(name)}" for name in SUMS))
    lines += [_shop_line(line) for line in side.lines[:MOST]]
    lines += [f"         fee {fee['cost_inc_tax']} inc, tax {fee['cost_tax']}" for fee in side.fees]
    for sale in sales:
        lines.append(
            f"  Saasu  {sale['InvoiceNumber']} total {sale['TotalAmount']} GST {sale['TotalTaxAmount']}"
        )
        lines += [_saasu_line(row) for row in sale["LineItems"][:MOST]]
    if kept:
        lines.append(f"  ledger {kept.state} {kept.number} {kept.words}")
    return Wrong(number, tuple(check for check, _ in wrong), "\n".join(lines))


def _shop_line(line: Row) -> str:
    applied = [one["amount"] for one in line.get("applied_discounts") or []]
    return (
        f"         {line['quantity']} × {line['sku']} at {line['price_inc_tax']} inc {line['price_ex_tax']} ex,"
        f" total {line['total_inc_tax']} inc {line['total_ex_tax']} ex, tax {line['total_tax']}, applied {applied}"
    )


def _saasu_line(row: Row) -> str:
    return (
        f"         {row['Quantity']} × {row['ItemCode']} at {row['UnitPrice']} less {row['PercentageDiscount']} %"
        f" {row['TaxCode']} = {row['TotalAmount']}"
    )
