"""BigCommerce's JSON read into plain orders, and the rules of a complete read; pure, no calls (BC §3, §4, §5, §7).

Unknown fields are passed over; null, "", `{}` and a missing field are blank; numbers may be text and text numbers.
A row that makes no sense becomes an `UnreadableOrder`, and the rest of the page goes on.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from portal.clients.rows import Nonsense, Row, moment_of, rows_of
from portal.money import ZERO, cents
from portal.sync.orders import (
    Address,
    AppliedDiscount,
    CompleteOrder,
    Coupon,
    Fee,
    OrderLine,
    ShippingAddress,
    ShopOrder,
    Taxed,
    UnreadableOrder,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST_ID = 2**53
LONGEST_FIELD = 200
"""Of an address or an option; what is longer is no name and no street, and is cut."""
LONGEST_NAME = 500
LONGEST_MESSAGE = 5_000
LONGEST_EMAIL = 254
LARGEST_QUANTITY = Decimal(10_000_000)
LARGEST_AMOUNT = Decimal(100_000_000_000)


def read_order(value: object) -> ShopOrder | UnreadableOrder:
    """One row of the order list. A row without a usable id becomes an `UnreadableOrder` with the id 0."""
    row = Row.of(value)
    try:
        order_id = row.whole("id", largest=LARGEST_ID)
    except Nonsense:
        order_id = 0
    if order_id == 0:
        return UnreadableOrder(id=0, reason="a row of the list has no usable id")
    try:
        return order_of(row, order_id)
    except Nonsense as fault:
        return UnreadableOrder(
            id=order_id, reason=str(fault), modified_at=moment_of(row.text("date_modified"))
        )


def order_of(row: Row, order_id: int) -> ShopOrder:
    """The order of a row. Raises `Nonsense` naming the field that cannot be read."""
    created = row.moment("date_created")
    return ShopOrder(
        id=order_id,
        created_at=created,
        modified_at=row.moment("date_modified") if row.text("date_modified") else created,
        status_id=row.whole("status_id", largest=1_000_000),
        status=field_of(row, "custom_status") or field_of(row, "status"),
        # Not `currency_code`, which is only what the shopper was shown (BC §4).
        currency=row.text("default_currency_code").upper(),
        subtotal=taxed(row, "subtotal_{}"),
        shipping=taxed(row, "shipping_cost_{}"),
        handling=taxed(row, "handling_cost_{}"),
        wrapping=taxed(row, "wrapping_cost_{}"),
        total=total_of(row),
        billing=address_of(Row.of(row.get("billing_address"))),
        is_deleted=row.flag("is_deleted") or False,
        is_tax_inclusive=row.flag("is_tax_inclusive_pricing"),
        discount_amount=amount(row, "discount_amount"),
        coupon_discount=amount(row, "coupon_discount"),
        gift_certificate_amount=amount(row, "gift_certificate_amount"),
        store_credit_amount=amount(row, "store_credit_amount"),
        items_total=quantity(row, "items_total") if row.text("items_total") else None,
        shipping_address_count=row.whole("shipping_address_count", default=0, largest=1_000_000),
        is_digital=row.flag("order_is_digital") or False,
        customer_id=row.whole("customer_id", default=0, largest=LARGEST_ID),
        customer_message=row.text("customer_message")[:LONGEST_MESSAGE],
    )


def total_of(row: Row) -> Taxed:
    """The total, which no order may lack; where tax is not given it is the difference (BC §7 A). Raises `Nonsense`."""
    if not row.text("total_inc_tax"):
        raise Nonsense("total_inc_tax is missing")
    ex, inc = amount(row, "total_ex_tax"), amount(row, "total_inc_tax")
    given = row.text("total_tax")
    return Taxed(ex_tax=ex, inc_tax=inc, tax=amount(row, "total_tax") if given else inc - ex)


def taxed(row: Row, names: str) -> Taxed:
    """An amount in its three forms; `names` is the field's name with `{}` for the form. Raises `Nonsense`."""
    ex = amount(row, names.format("ex_tax")) if row.text(names.format("ex_tax")) else None
    if ex is None:
        # One of the documentation's own fee samples spells the field so (BC §5).
        ex = amount(row, names.format("exc_tax"))
    return Taxed(
        ex_tax=ex, inc_tax=amount(row, names.format("inc_tax")), tax=amount(row, names.format("tax"))
    )


def amount(row: Row, name: str) -> Decimal:
    """An amount in dollars, blank is 0. Raises `Nonsense` for a hundred billion and more, which is far above a hundred lines of 10,000 at 99,999.99."""
    read = row.amount(name)
    if abs(read) >= LARGEST_AMOUNT:
        raise Nonsense(f"{name} is absurdly large")
    return read


def quantity(row: Row, name: str) -> Decimal:
    """A number of pieces, not negative. Raises `Nonsense`."""
    read = row.amount(name)
    if not 0 <= read <= LARGEST_QUANTITY:
        raise Nonsense(f"{name} is no sensible quantity")
    return read


def address_of(row: Row) -> Address:
    """A billing or shipping address; form fields are left behind, they are not needed."""
    email = row.text("email")
    return Address(
        first_name=field_of(row, "first_name"),
        last_name=field_of(row, "last_name"),
        company=field_of(row, "company"),
        street_1=field_of(row, "street_1"),
        street_2=field_of(row, "street_2"),
        city=field_of(row, "city"),
        state=field_of(row, "state"),
        postcode=field_of(row, "zip"),
        country=field_of(row, "country"),
        country_code=field_of(row, "country_iso2"),
        phone=field_of(row, "phone"),
        email=email if len(email) <= LONGEST_EMAIL else "",
    )


def field_of(row: Row, name: str) -> str:
    """A field of an address on one line, at most 200 characters."""
    return " ".join(row.text(name).split())[:LONGEST_FIELD].rstrip()


def read_line(value: object) -> OrderLine:
    """One row of `/products` or of a consignment's lines. Raises `Nonsense`."""
    row = Row.of(value)
    discounted = row.text("discounted_total_inc_tax")
    return OrderLine(
        id=row.whole("id", largest=LARGEST_ID),
        sku=row.text("sku"),
        name=(row.text("name") or row.text("name_customer"))[:LONGEST_NAME],
        quantity=quantity(row, "quantity"),
        price=taxed(row, "price_{}"),
        total=taxed(row, "total_{}"),
        type=row.text("type") or "physical",
        product_id=row.whole("product_id", default=0, largest=LARGEST_ID),
        variant_id=row.whole("variant_id", default=0, largest=LARGEST_ID),
        options=tuple(option for option in map(option_text, rows_of(row.get("product_options"))) if option),
        discounted_total_inc_tax=amount(row, "discounted_total_inc_tax") if discounted else None,
        applied_discounts=tuple(map(read_discount, rows_of(row.get("applied_discounts")))),
        parent_id=row.whole("parent_order_product_id", default=0, largest=LARGEST_ID) or None,
        address_id=row.whole("order_address_id", default=0, largest=LARGEST_ID) or None,
    )


def option_text(row: Row) -> str:
    """One chosen option as `Colour: Red`, blank where nothing was chosen."""
    name = row.text("display_name") or row.text("display_name_customer") or row.text("name")
    chosen = row.text("display_value") or row.text("display_value_customer") or row.text("value")
    return (f"{name}: {chosen}" if name and chosen else chosen)[:LONGEST_FIELD]


def read_discount(row: Row) -> AppliedDiscount:
    """A discount the shop attributes to a line. Raises `Nonsense`."""
    return AppliedDiscount(
        amount=amount(row, "amount"),
        kind=row.text("id"),
        name=row.text("name"),
        code=row.text("code"),
        target=row.text("target"),
    )


def read_shipping_address(value: object) -> ShippingAddress:
    """One row of `/shipping_addresses` or of `consignments.shipping`, whose costs are numbers (BC §3). Raises `Nonsense`."""
    row = Row.of(value)
    return ShippingAddress(
        id=row.whole("id", largest=LARGEST_ID),
        address=address_of(row),
        method=row.text("shipping_method"),
        cost=taxed(row, "cost_{}"),
    )


def read_coupon(value: object) -> Coupon:
    """One row of `/coupons`. Raises `Nonsense`."""
    row = Row.of(value)
    return Coupon(
        code=row.text("code"),
        kind=row.whole("type", default=0, largest=1_000),
        discount=amount(row, "discount"),
    )


def read_fee(value: object) -> Fee:
    """One fee. Raises `Nonsense`."""
    row = Row.of(value)
    name = row.text("display_name_merchant") or row.text("display_name_customer") or row.text("type")
    return Fee(name=name, cost=taxed(row, "cost_{}"))


def fee_rows(value: object) -> list[object] | None:
    """The fees inside an answer of `/fees` or an order's `fees`; `None` where only a link or nothing stands there (BC §5)."""
    if isinstance(value, dict):
        value = value.get("fees")
    return value if isinstance(value, list) else None


def included(value: object, order: ShopOrder) -> CompleteOrder | None:
    """The complete order inside a row read with `include`, or `None` where anything is cut, absent or in doubt (BC §3).

    Coupons cannot be included; without them an order is whole as long as its totals add up without knowing their kind, and its
    lines account for what they took off.
    Raises `Nonsense` where what is there cannot be read.
    """
    row = Row.of(value)
    found = consigned(row.get("consignments"))
    if found is None:
        return None
    line_values, address_values = found
    lines = unique_lines(line_values)
    addresses = tuple(map(read_shipping_address, address_values))
    fees = fee_rows(row.get("fees"))
    if lines_short(order, lines) or len(addresses) < order.shipping_address_count:
        return None
    if fees_matter(order, lines) and (fees is None or order.coupon_discount > 0):
        return None
    if coupons_matter(order, lines):
        return None
    return sealed(order, lines, addresses, fees=tuple(map(read_fee, fees or ())))


def consigned(value: object) -> tuple[list[object], list[object]] | None:
    """The lines and shipping addresses inside `consignments`, or `None` unless all of them are there in full."""
    if not isinstance(value, dict) or not value.keys() & {"pickups", "shipping", "downloads", "email"}:
        return None
    email = value.get("email")
    groups = [value.get("shipping"), value.get("pickups"), value.get("downloads")]
    groups.append(email.get("gift_certificates") if isinstance(email, dict) else email)
    lines: list[object] = []
    for group in groups:
        if group is not None and not isinstance(group, list):
            return None
        for consignment in group or ():
            if not isinstance(consignment, dict) or not whole_consignment(consignment):
                return None
            lines += consignment["line_items"]
    return None if "__warning__" in value else (lines, list(groups[0] or ()))


def whole_consignment(consignment: dict[str, object]) -> bool:
    """Whether a consignment holds all its lines: no warning of a cut, and rows instead of links."""
    lines = consignment.get("line_items")
    if "__warning__" in consignment or not isinstance(lines, list):
        return False
    return all(isinstance(line, dict) and "id" in line and "quantity" in line for line in lines)


def unique_lines(values: Sequence[object]) -> tuple[OrderLine, ...]:
    """The lines in ascending id, a repeated row dropped. Raises `Nonsense`.

    The groups of an order's consignments come in another order than its own list of lines; a share's ties go by line order,
    so both ways of reading must give the same.
    """
    lines: dict[int, OrderLine] = {}
    for value in values:
        line = read_line(value)
        lines.setdefault(line.id, line)
    return tuple(lines[line_id] for line_id in sorted(lines))


def adds_up(order: ShopOrder) -> bool:
    """Whether the totals agree without fees and without looking into coupons, in either basis (BC §7 C1, C2)."""
    parts = (order.subtotal, order.shipping, order.handling, order.wrapping)
    less = order.discount_amount + order.coupon_discount
    inclusive = sum((part.inc_tax for part in parts), ZERO) - less
    exclusive = sum((part.ex_tax for part in parts), ZERO) - less
    return cents(inclusive) == cents(order.total.inc_tax) or cents(exclusive) == cents(order.total.ex_tax)


def goods_match(order: ShopOrder, lines: Sequence[OrderLine]) -> bool:
    """Whether the lines sum to the order's subtotal in one basis, but for rounding of 1 cent a line (BC §7 D)."""
    room = cents(Decimal("0.01") * (len(lines) + 1))
    inclusive = sum((line.total.inc_tax for line in lines), ZERO) - order.subtotal.inc_tax
    exclusive = sum((line.total.ex_tax for line in lines), ZERO) - order.subtotal.ex_tax
    return abs(inclusive) <= room or abs(exclusive) <= room


def fees_matter(order: ShopOrder, lines: Sequence[OrderLine]) -> bool:
    """Whether something is left to explain by fees or by the kind of a coupon: the totals or the goods do not add up."""
    return not (adds_up(order) and goods_match(order, lines))


def coupons_matter(order: ShopOrder, lines: Sequence[OrderLine]) -> bool:
    """Whether a coupon took off what no line accounts for, so that it may be one on shipping (BC §9.5)."""
    on_lines = sum((one.amount for line in lines for one in line.applied_discounts), ZERO)
    unaccounted = order.discount_amount + order.coupon_discount - on_lines
    return order.coupon_discount > ZERO and unaccounted >= Decimal("0.01")


def lines_short(order: ShopOrder, lines: Sequence[OrderLine]) -> bool:
    """Whether there is any sign that lines are missing: fewer pieces than the order counts (BC §4).

    The shop counts pick-list children too, as order 247 of the contract shows; where it gives no count the money decides.
    """
    if order.items_total is None:
        return not goods_match(order, lines)
    return sum((line.quantity for line in lines), ZERO) < order.items_total


def evidently_short(order: ShopOrder, lines: Sequence[OrderLine]) -> bool:
    """Whether lines are missing from a list that was read to its end: pieces and money are both short (SYNC §4)."""
    return lines_short(order, lines) and not goods_match(order, lines)


def sealed(
    order: ShopOrder,
    lines: tuple[OrderLine, ...],
    addresses: tuple[ShippingAddress, ...] = (),
    *,
    coupons: tuple[Coupon, ...] = (),
    fees: tuple[Fee, ...] = (),
    complete: bool = True,
    nonsense: str = "",
) -> CompleteOrder:
    """The complete order with the document from which it can be made again.

    The document holds what was read and nothing else: addresses of computers, places, staff notes and form fields stay behind.
    """
    whole = CompleteOrder(
        order=order,
        lines=lines,
        shipping_addresses=tuple(sorted(addresses, key=lambda one: one.id)),
        coupons=coupons,
        fees=fees,
        complete=complete,
        nonsense=nonsense,
    )
    return replace(whole, document=msgspec.json.encode(whole).decode())


def reopened(document: str) -> CompleteOrder:
    """The order a document was made of, equal to it in every field. Raises `Nonsense` for any other text."""
    try:
        whole = msgspec.json.decode(document, type=CompleteOrder)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Nonsense("the kept document cannot be read") from error
    return replace(whole, document=document)


def hollow(order_id: int, nonsense: str = "") -> CompleteOrder:
    """An order of which nothing could be read; never complete, so it is read afresh and never mapped."""
    order = ShopOrder(
        id=order_id,
        created_at=EPOCH,
        modified_at=EPOCH,
        status_id=0,
        status="",
        currency="",
        subtotal=Taxed(),
        shipping=Taxed(),
        handling=Taxed(),
        wrapping=Taxed(),
        total=Taxed(),
        billing=Address(),
    )
    return CompleteOrder(order=order, lines=(), complete=False, nonsense=nonsense)
