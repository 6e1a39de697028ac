"""Each figure of a bridge in words, for both sides: what the shop's is made of, and how it stands in Saasu (SYNC §5 To the cent)."""

from collections.abc import Sequence
from decimal import Decimal

from portal.money import ZERO, cents, gst_within
from portal.sync.charges import Charge
from portal.sync.orders import CompleteOrder, OrderLine
from portal.sync.sides import Sides
from portal.sync.totals import SHIPPING_COUPONS

SHOWN = 3
"""How many lines, or shares, are told one by one."""
LONGEST_NAME = 40

Named = tuple[str, Decimal]


def dollars(amount: Decimal) -> str:
    """`1,212.40`."""
    return f"{cents(amount):,.2f}"


def added_up(name: str, total: Decimal, parts: Sequence[Named]) -> str:
    """`shipping 9.00`, or of several `Shipping 12.00 = shipping 9.00 + handling 2.00`; parts of nil are left out."""
    told = [f"{part} {dollars(amount)}" for part, amount in parts if amount]
    words = " + ".join(told)
    return words if len(told) < 2 else f"{name} {dollars(total)} = {words}"


def counted(number: int, one: str) -> str:
    """`1 line`, `2 lines`."""
    return f"{number} {one}{'' if number == 1 else 's'}"


def goods_in_words(sides: Sides) -> str:
    """The first lines one by one and the others together; without GST too where the shop prices so."""
    goods = [good for good in sides.priced.goods if good.gross]
    words = [lines_in_words([(good.line, good.gross) for good in goods])]
    if not sides.totals.inclusive and goods:
        words.append(f"without GST {dollars(sum((good.line.total.ex_tax for good in goods), ZERO))}")
    if sides.split:
        words.append(f"in Saasu {counted(sides.split, 'line')} in two parts, to come to the cent")
    return "; ".join(filter(None, words))


def lines_in_words(lines: Sequence[tuple[OrderLine, Decimal]]) -> str:
    """`1 × Tea 11.00`, or of several `Goods 44.00 = 1 × Tea 11.00 + 4 × Mug 8.25`; each with its total before discount."""
    told = [line_in_words(line, gross) for line, gross in lines[:SHOWN]]
    if len(lines) > SHOWN:
        rest = sum((gross for _, gross in lines[SHOWN:]), ZERO)
        told.append(f"{counted(len(lines) - SHOWN, 'more line')} {dollars(rest)}")
    words = " + ".join(told)
    return f"Goods {dollars(sum((gross for _, gross in lines), ZERO))} = {words}" if len(told) > 1 else words


def line_in_words(line: OrderLine, gross: Decimal) -> str:
    """`2 × Hoodie 60.00`; the line's total too where quantity times price is not it."""
    words = f"{plain(line.quantity)} × {(line.name or line.sku)[:LONGEST_NAME]}"
    price = line.price.inc_tax
    if line.quantity * price == gross and price == cents(price):
        return f"{words} {dollars(price)}"
    return f"{words} {plain(price)} ({dollars(gross)})"


def plain(number: Decimal) -> str:
    """A number as it is, without zeros behind it."""
    return format(number.normalize(), ",f")


def discount_in_words(sides: Sides) -> str:
    """Where the discount comes from, by its codes and names, and how it is shared."""
    if sides.discount == ZERO:
        return ""
    basis = "" if sides.totals.inclusive else " without GST"
    words = added_up("Discount", sides.totals.discount, discount_parts(sides))
    return f"{words}{basis}{shared_in_words(sides)}"


def discount_parts(sides: Sides) -> list[Named]:
    """The order's discount, and each coupon where their worth is told one by one; all in the order's own basis."""
    order, complete = sides.complete.order, sides.complete
    counted_coupons = [
        coupon
        for coupon in complete.coupons
        if sides.totals.discount == order.discount_amount + order.coupon_discount
        or coupon.kind not in SHIPPING_COUPONS
    ]
    worth = sides.totals.discount - order.discount_amount
    named = [(f"coupon {coupon.code}".strip(), coupon.discount) for coupon in counted_coupons]
    if cents(sum((amount for _, amount in named), ZERO)) != cents(worth):
        codes = ", ".join(filter(None, (coupon.code for coupon in counted_coupons)))
        named = [(f"coupon {codes}".strip(), worth)]
    return [(discount_name(complete), order.discount_amount), *named]


def discount_name(complete: CompleteOrder) -> str:
    """`discount`, with the names the shop gives to what is no coupon."""
    applied = [one for line in complete.lines for one in line.applied_discounts]
    names = dict.fromkeys(one.name.strip() for one in applied if one.name.strip() and not one.code)
    return f"discount ({', '.join(names)})" if names else "discount"


def shared_in_words(sides: Sides) -> str:
    """How the discount stands in Saasu."""
    shares = sides.priced.shares
    parts = [part for part in shares.lines if part]
    if sides.discount_item is not None:
        return f"; in Saasu on {sides.discount_item.code}"
    told = f": {' + '.join(map(dollars, parts))}" if 1 < len(parts) <= SHOWN else ""
    if shares.own_amounts:
        words = f", on {counted(len(parts), 'line')} as the shop gave it{told}"
    else:
        words = f", shared over {counted(len(parts), 'line')}{told}" if parts else ""
    where = "shipping" if shares.charges <= sides.shipping else "shipping and fees"
    return words + (f", {dollars(shares.charges)} of it on {where}" if shares.charges else "")


def shipping_in_words(sides: Sides) -> str:
    """Shipping, handling and wrapping, and the item they stand on."""
    order = sides.complete.order
    parts = [
        ("shipping", order.shipping.inc_tax),
        ("handling", order.handling.inc_tax),
        ("wrapping", order.wrapping.inc_tax),
    ]
    return "; ".join(
        filter(None, (added_up("Shipping", sides.shipping, parts), placed(sides.shipping_charges)))
    )


def fees_in_words(sides: Sides) -> str:
    """The fees by name, and the item they stand on."""
    if not sides.fee_charges:
        return ""
    parts = [(fee.name or "fee", fee.cost.inc_tax) for fee in sides.complete.fees]
    return "; ".join(filter(None, (added_up("Fees", sides.fees, parts), placed(sides.fee_charges))))


def placed(charges: Sequence[Charge]) -> str:
    """`in Saasu on SHIP`, with the amounts where there are several tax codes."""
    if not charges:
        return ""
    codes = dict.fromkeys(charge.coded.code for charge in charges)
    if len(codes) < 2:
        return f"in Saasu on {charges[0].item.code}"
    told = [f"{dollars(charge.amount)} under {charge.coded.code}" for charge in charges]
    return f"in Saasu on {charges[0].item.code}, {' and '.join(told)}"


def total_in_words(sides: Sides) -> str:
    """How the total follows from what stands above it; and what was paid with, which is no part of it (BC §7)."""
    parts = [("goods", sides.goods), ("shipping", sides.shipping), ("fees", sides.fees)]
    told = [f"{name} {dollars(amount)}" for name, amount in parts if amount]
    if sides.discount:
        told.insert(1 if sides.goods else 0, f"− discount {dollars(sides.discount)}")
    words = " + ".join(told).replace("+ −", "−")
    order = sides.complete.order
    tenders = [
        f"{name} {dollars(amount)}"
        for name, amount in (
            ("gift certificate", order.gift_certificate_amount),
            ("store credit", order.store_credit_amount),
        )
        if amount
    ]
    verb = "is a payment and stays" if len(tenders) == 1 else "are payments and stay"
    paid = f"{' and '.join(tenders)} {verb} out of it" if tenders else ""
    return "; ".join(
        filter(None, (f"Total {dollars(sides.totals.total)} = {words}" if len(told) > 1 else "", paid))
    )


def gst_in_words(sides: Sides, allowance: Decimal) -> str:
    """What Saasu's GST is a part of, and why the shop's may be a few cents from it."""
    if not sides.registered:
        return "the Saasu file is not registered for GST"
    apart = sides.totals.tax - sides.books_tax
    words = [taxed_in_words(sides)]
    if apart:
        side = "more" if apart > ZERO else "less"
        words.append(f"the shop charged {dollars(sides.totals.tax)}, {dollars(abs(apart))} {side}")
        if abs(apart) <= allowance:
            words.append(f"its own rounding explains up to {dollars(allowance)}")
    return "; ".join(words)


def taxed_in_words(sides: Sides) -> str:
    """`10.91 = 1/11 of 120.00`, what is free of GST, and what left Australia."""
    abroad = " because goods left Australia" if sides.exported else ""
    if not sides.taxed_lines:
        return f"nothing is taxed{abroad}"
    if sides.books_tax == gst_within(sides.taxed_base):
        words = f"{dollars(sides.books_tax)} = 1/11 of {dollars(sides.taxed_base)}"
    else:
        lines = f"{sides.taxed_lines} taxed lines, {dollars(sides.taxed_base)} together"
        words = f"{dollars(sides.books_tax)} = 1/11 of {lines}, each rounded by itself"
    free = sides.books_total - sides.taxed_base
    return f"{words}, {dollars(free)} is free of GST{abroad}" if free else words
