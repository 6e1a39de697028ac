"""An order in a few words: what was bought, at what price, with which discounts, sent where.

Amounts are dollars in the shop's basis: GST included in a tax-inclusive shop, left out in the other kind.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sandbox import clock

COUPON_KINDS: Final = (0, 1, 2, 3, 4, 5)
SHIPPING_COUPONS: Final = ("reduced", "counted", "both")
TAX_ROUNDINGS: Final = ("line", "unit", "order")
GST: Final = Decimal(10)
ZERO: Final = Decimal(0)
ADDRESS_FIELDS: Final = (
    "first_name",
    "last_name",
    "company",
    "street_1",
    "street_2",
    "city",
    "state",
    "zip",
    "country",
    "country_iso2",
    "phone",
    "email",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSpec:
    """One line. `rate` percent of tax; `wrapping` a unit; `discount` an automatic one on this product alone.

    `product_id` 0 makes it a custom line. `children`: (sku, name, quantity for each) of a pick list.
    """

    sku: str
    name: str
    price: Decimal
    quantity: int = 1
    rate: Decimal = GST
    type: str = "physical"
    options: tuple[tuple[str, str], ...] = ()
    product_id: int = 1
    variant_id: int = 0
    brand: str = ""
    weight: Decimal = Decimal("0.5")
    wrapping: Decimal = ZERO
    wrapping_name: str = ""
    discount: Decimal = ZERO
    discount_name: str = "Product promotion"
    destination: int = 0
    children: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One shipping address with its charges. `base_cost`: what `base_shipping_cost` says, to mislead."""

    address: dict[str, str]
    cost: Decimal = ZERO
    handling: Decimal = ZERO
    rate: Decimal = GST
    method: str = "Standard Post"
    zone: str = "Australia"
    base_cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponSpec:
    """A coupon: `kind` as BC §5 `/coupons`, `amount` its face value, `skus` the lines it is about (none: all)."""

    code: str
    kind: int = 1
    amount: Decimal = Decimal(10)
    skus: tuple[str, ...] = ()
    name: str = "Coupon"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeSpec:
    """A fee on the order."""

    name: str
    cost: Decimal
    rate: Decimal = GST


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSpec:
    """A whole order. `timeline`: (moment, changed fields) after it was created. `overrides` are written as given.

    `tax_rounding`: tax rounded to the cent on each line, on each unit of a line without discounts, or once for the order.
    """

    created: datetime
    lines: tuple[LineSpec, ...]
    billing: dict[str, str]
    destinations: tuple[Destination, ...] = ()
    coupons: tuple[CouponSpec, ...] = ()
    fees: tuple[FeeSpec, ...] = ()
    manual_discount: Decimal = ZERO
    automatic_discount: Decimal = ZERO
    automatic_name: str = "Promotion"
    shipping_coupons: str = "reduced"
    tax_rounding: str = "line"
    gift_certificate: Decimal = ZERO
    store_credit: Decimal = ZERO
    status_id: int = 11
    timeline: tuple[tuple[datetime, dict[str, Any]], ...] = ()
    tax_inclusive: bool | None = None
    currency: str | None = None
    exchange_rate: Decimal = Decimal(1)
    customer_id: int = 0
    payment_method: str = "Credit Card"
    payment_status: str = "captured"
    order_source: str = "www"
    pickup: bool = False
    is_deleted: bool = False
    customer_message: str | None = None
    staff_notes: str | None = None
    channel_id: int = 1
    external_source: str | None = None
    external_order_id: str = ""
    omitted: tuple[str, ...] = ()
    overrides: dict[str, Any] = field(default_factory=dict)


def read_order(given: dict[str, Any], now: datetime) -> OrderSpec:
    """An order from JSON: the fields above, amounts as text or whole numbers. Raises `ValueError` with a sentence."""
    values = dict(given)
    billing = _address(values.pop("billing", {}))
    values["created"] = (
        clock.moment(values["created"]) if values.get("created") else now.replace(microsecond=0)
    )
    values["lines"] = tuple(_read(LineSpec, line) for line in _rows(values, "lines"))
    if not values["lines"]:
        raise ValueError("An order needs at least one line.")
    values["destinations"] = tuple(
        _read(Destination, {**row, "address": {**billing, **_address(row.get("address", {}), partial=True)}})
        for row in _rows(values, "destinations")
    )
    values["coupons"] = tuple(_read(CouponSpec, row) for row in _rows(values, "coupons"))
    values["fees"] = tuple(_read(FeeSpec, row) for row in _rows(values, "fees"))
    values["timeline"] = tuple(
        (clock.moment(at), dict(changes)) for at, changes in _pairs(values, "timeline")
    )
    values["omitted"] = tuple(values.get("omitted", ()))
    spec: OrderSpec = _read(OrderSpec, {**values, "billing": billing})
    _check(spec)
    return spec


def _check(spec: OrderSpec) -> None:
    if spec.shipping_coupons not in SHIPPING_COUPONS:
        raise ValueError(f"shipping_coupons is one of {', '.join(SHIPPING_COUPONS)}.")
    if spec.tax_rounding not in TAX_ROUNDINGS:
        raise ValueError(f"tax_rounding is one of {', '.join(TAX_ROUNDINGS)}.")
    if any(coupon.kind not in COUPON_KINDS for coupon in spec.coupons):
        raise ValueError("The kind of a coupon is 0 to 5.")
    if any(line.quantity < 1 or line.price < 0 for line in spec.lines):
        raise ValueError("A line has a quantity of 1 or more and no negative price.")
    last = max(len(spec.destinations), 1)
    if any(not 0 <= line.destination < last for line in spec.lines):
        raise ValueError("The destination of a line is the place of one of the destinations, from 0.")


def _rows(values: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = values.get(name) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{name} is a list of objects.")
    return rows


def _pairs(values: dict[str, Any], name: str) -> list[tuple[Any, dict[str, Any]]]:
    pairs = values.get(name) or []
    if not all(isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], dict) for pair in pairs):
        raise ValueError(f"{name} is a list of [moment, {{fields}}].")
    return [(pair[0], pair[1]) for pair in pairs]


def _address(given: Any, partial: bool = False) -> dict[str, str]:
    if not isinstance(given, dict) or given.keys() - set(ADDRESS_FIELDS):
        raise ValueError(f"An address has only {', '.join(ADDRESS_FIELDS)}.")
    blank = {} if partial else dict.fromkeys(ADDRESS_FIELDS, "")
    return blank | {name: str(value) for name, value in given.items()}


def _read(kind: Callable[..., Any], given: dict[str, Any]) -> Any:
    known = {one.name: str(one.type) for one in fields(kind)}  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            raise ValueError(f"{name} is no field here; there are {', '.join(sorted(known))}.")
    values = {name: _exact(name, value, known[name]) for name, value in given.items()}
    try:
        return kind(**values)
    except TypeError as fault:
        raise ValueError(f"Something is missing: {fault}.") from fault


def _exact(name: str, value: Any, kind: str) -> Any:
    if "Decimal" in kind and value is not None and not isinstance(value, Decimal):
        try:
            return Decimal(str(value))
        except InvalidOperation:
            raise ValueError(f"{name} must be an amount.") from None
    if kind.startswith("<class 'int'") and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValueError(f"{name} must be a whole number.")
    if isinstance(value, list):
        return tuple(tuple(inner) if isinstance(inner, list) else inner for inner in value)
    return value


def blank_address(**given: str) -> dict[str, str]:
    """An address of which only some fields are filled."""
    return dict.fromkeys(ADDRESS_FIELDS, "") | given


def rfc(moment: datetime) -> str:
    """A moment as the API writes it: RFC 2822 in UTC, `+0000` (BC §4)."""
    return moment.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
