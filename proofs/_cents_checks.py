"""What the proof holds against each posted order, worked out here from LINES and SYNC §5 and from nothing of the product.

All amounts are whole cents; a *fault* is a pair of the check's name and what was found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from proofs._cents_shops import Shop
from proofs._cents_sides import Row, ShopSide, cents, decimal

CHARGE_ITEMS = {"SHIPPING", "FEE", "DISCOUNT"}
TAXED_CODES = {"G1", "G7"}
Fault = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Laid:
    """An order line with the Saasu lines that stand for it. `gross` is before, `net` after the discount."""

    line: Row
    sold: list[Row]

    @property
    def gross(self) -> int:
        """What the shop asks for the line."""
        return cents(decimal(self.line["total_inc_tax"]))

    @property
    def net(self) -> int:
        """What Saasu makes of it."""
        return sum(cents(decimal(row["TotalAmount"])) for row in self.sold)

    @property
    def taxed(self) -> bool:
        """Whether the shop charged GST on it."""
        return is_taxed(self.line)

    @property
    def applied(self) -> Decimal:
        """What the shop says its discounts took off this line."""
        return sum((decimal(one["amount"]) for one in self.line.get("applied_discounts") or []), Decimal(0))


def is_taxed(line: Row) -> bool:
    """Whether an order line was charged GST."""
    return decimal(line["total_inc_tax"]) != decimal(line["total_ex_tax"])


def faults(side: ShopSide, sale: Row, shop: Shop) -> Iterator[Fault]:
    """Everything that is wrong with one posted order."""
    booked = cents(decimal(sale["TotalAmount"]))
    if booked != side.total:
        yield "total", f"Saasu has {booked}, the shop {side.total}"
    yield from gst_faults(
        side, sale["TotalTaxAmount"], allowance(side, sale["LineItems"]), registered=shop.registered
    )
    number = f"{shop.prefix}{side.id}" if shop.prefix else str(sale["InvoiceNumber"])
    if sale["InvoiceNumber"] != number:
        yield "number", f"Saasu has {sale['InvoiceNumber']}, not {number}"
    laid = lay(side, sale["LineItems"])
    if laid is None:
        yield "lines", "the Saasu lines are not the order's lines, item by item and piece by piece"
    else:
        yield from share_faults(side, sale["LineItems"], laid, shop)


def gst_faults(side: ShopSide, booked: object, allowed: Decimal, *, registered: bool) -> Iterator[Fault]:
    """Whether GST differs by more than rounding; in a file that is not registered there is none."""
    tax = cents(decimal(booked))
    wanted = side.tax if registered else 0
    if abs(tax - wanted) > (allowed if registered else 0):
        yield "gst", f"Saasu has {tax} of GST, the shop {wanted}, and {allowed} cents are allowed"


def allowance(side: ShopSide, sold: Sequence[Row]) -> Decimal:
    """How many cents GST may differ by rounding (SYNC §5).

    Half a cent × (taxed Saasu lines + taxed shop lines and charges), rounded down, plus half a cent × quantity on lines where
    the shop's line tax is quantity × `price_tax`.
    """
    lines = [line for line in side.lines if decimal(line["total_inc_tax"]) and is_taxed(line)]
    count = len(lines) + sum(1 for charge in side.charges() if charge["tax"])
    count += sum(1 for fee in side.fees if decimal(fee["cost_tax"]))
    count += sum(1 for row in sold if row["TaxCode"] in TAXED_CODES and decimal(row["UnitPrice"]))
    units = [
        decimal(line["quantity"])
        for line in lines
        if decimal(line["quantity"]) > 1
        and decimal(line["total_tax"]) == decimal(line["quantity"]) * decimal(line["price_tax"])
    ]
    return Decimal(count // 2) + sum(units, Decimal(0)) / 2


def lay(side: ShopSide, sold: Sequence[Row]) -> list[Laid] | None:
    """Each order line with the one or two Saasu lines that stand for it; `None` where they do not match."""
    left = [row for row in sold if row["ItemCode"] not in CHARGE_ITEMS]
    laid = []
    for line in side.lines:
        if not line["sku"] or not decimal(line["quantity"]):
            continue
        wanted = decimal(line["quantity"])
        mine: list[Row] = []
        while left and wanted > 0 and len(mine) < 2 and left[0]["ItemCode"] == line["sku"]:
            mine.append(left.pop(0))
            wanted -= decimal(mine[-1]["Quantity"])
        if wanted:
            return None
        laid.append(Laid(line, mine))
    return None if left else laid


def share_faults(side: ShopSide, sold: Sequence[Row], laid: list[Laid], shop: Shop) -> Iterator[Fault]:
    """Whether the discount's shares sum to it, and whether each line has its own."""
    booked = {code: [row for row in sold if row["ItemCode"] == code] for code in CHARGE_ITEMS}
    sums = {code: sum(cents(decimal(row["TotalAmount"])) for row in rows) for code, rows in booked.items()}
    shipping = cents(sum((charge["inc"] for charge in side.charges()), Decimal(0)))
    fees = sum(cents(decimal(fee["cost_inc_tax"])) for fee in side.fees)
    discount = discount_of(side, laid, shipping + fees, shop)
    off_shipping = min(cents(on_shipping(side, shop)), max(discount, 0))
    shares, beyond = expected_shares(laid, discount - off_shipping, shop)
    shipped = shipping if shop.discount_item else shipping - off_shipping - beyond
    exact = is_exact(side, shop)
    room = 0 if exact else 2
    taken = (
        -sums["DISCOUNT"]
        if shop.discount_item
        else sum(one.gross - one.net for one in laid) + shipping - sums["SHIPPING"]
    )
    if abs(taken - discount) > (0 if exact else len(laid) + 4):
        yield "shares", f"the shares come to {taken}, the discount is {discount}"
    if sums["FEE"] != fees:
        yield "fees", f"Saasu has fees of {sums['FEE']}, the shop {fees}"
    if abs(sums["SHIPPING"] - shipped) > room:
        yield "shipping", f"Saasu has shipping of {sums['SHIPPING']}, it should be {shipped} of {shipping}"
    for one, share in zip(laid, shares, strict=True):
        wanted = one.gross if shop.discount_item else one.gross - share
        if abs(one.net - wanted) > room:
            yield (
                "share",
                f"{one.line['name']} × {one.line['quantity']}: Saasu has {one.net}, it should be {wanted}",
            )


def discount_of(side: ShopSide, laid: list[Laid], charges: int, shop: Shop) -> int:
    """The discount with GST: what the shop states, but for rounding; where it states that ex GST, what all parts leave of the total."""
    order = side.order
    stated = cents(decimal(order["discount_amount"]) + decimal(order["coupon_discount"]))
    left = sum(one.gross for one in laid) + charges - side.total
    by_rounding = shop.inclusive and abs(left - stated) <= len(laid) + 4
    return stated if not stated or by_rounding else left


def on_shipping(side: ShopSide, shop: Shop) -> Decimal:
    """What of the discount is a coupon on shipping, in dollars with GST: what no line has, where the order adds up with it.

    A shop that leaves the tax on its shipping as it was took the coupon off the goods.
    """
    order, basis = side.order, "inc" if shop.inclusive else "ex"
    stated = decimal(order["discount_amount"]) + decimal(order["coupon_discount"])
    applied = sum((Laid(line, []).applied for line in side.lines), Decimal(0))
    goods = sum((decimal(line[f"total_{basis}_tax"]) for line in side.lines), Decimal(0))
    charges = sum((charge[basis] for charge in side.charges()), Decimal(0))
    charges += sum((decimal(fee[f"cost_{basis}_tax"]) for fee in side.fees), Decimal(0))
    shipping, left = side.charges()[0], stated - applied
    adds_up = abs(goods + charges - stated - decimal(order[f"total_{basis}_tax"])) < Decimal("0.01")
    lessened = shipping["inc"] - shipping["ex"] - shipping["tax"]
    if not adds_up or not Decimal("0.01") <= left <= shipping[basis]:
        return Decimal(0)
    if shipping["inc"] != shipping["ex"] and lessened < Decimal("0.01"):
        return Decimal(0)
    return left if shop.inclusive else left + lessened


def is_exact(side: ShopSide, shop: Shop) -> bool:
    """Whether every inclusive amount of the order is a whole cent, so that nothing was left to rounding."""
    amounts = [decimal(line["total_inc_tax"]) for line in side.lines] + [
        charge["inc"] for charge in side.charges()
    ]
    amounts += [decimal(fee["cost_inc_tax"]) for fee in side.fees] + [decimal(side.order["total_inc_tax"])]
    return shop.inclusive and all(amount * 100 == int(amount * 100) for amount in amounts)


def expected_shares(laid: list[Laid], discount: int, shop: Shop) -> tuple[list[int], int]:
    """What of a discount falls on each line, and on shipping: by the lines' totals, or as the shop says (SYNC §5)."""
    gross = [one.gross for one in laid]
    if discount <= 0:
        return [0 for _ in laid], 0
    own = own_shares(laid, discount, shop)
    if own is not None:
        return own, 0
    on_goods = min(discount, sum(gross))
    return split(on_goods, gross), discount - on_goods


def own_shares(laid: list[Laid], discount: int, shop: Shop) -> list[int] | None:
    """The shop's own amounts, in an order that mixes tax rates or where the setting asks for them, if they come to the discount."""
    mixed = len({one.taxed for one in laid if one.gross}) > 1 and shop.registered
    factor = [Decimal("1.1") if one.taxed and not shop.inclusive else Decimal(1) for one in laid]
    own = [int(one.applied * 10_000 * by) for one, by in zip(laid, factor, strict=True)]
    # In an order ex GST the discount with GST is a difference of rounded amounts: a cent for each line, charge and the total.
    room = 50 * (1 + sum(1 for amount in own if amount)) + (0 if shop.inclusive else 100 * (len(laid) + 5))
    if not (mixed or shop.own_discounts) or not any(own) or abs(sum(own) - discount * 100) > room:
        return None
    return held_back(split(discount, own), [one.gross for one in laid], room // 100)


def held_back(shares: Sequence[int], most: Sequence[int], room: int) -> list[int] | None:
    """Shares of which none is more than its line: so many cents at most go to other lines, `None` where they do not fit."""
    held = [min(share, limit) for share, limit in zip(shares, most, strict=True)]
    over = sum(shares) - sum(held)
    if over > room:
        return None
    for place in sorted(range(len(most)), key=lambda place: (not shares[place], place)):
        more = min(over, most[place] - held[place])
        held[place] += more
        over -= more
    return held if not over else None


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Whole cents over weights, the largest remainders first, ties by their order."""
    whole = sum(weights)
    if not whole:
        return [total if place == 0 else 0 for place in range(len(weights))]
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-(total * weights[place] % whole), place))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts
