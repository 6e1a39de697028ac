"""Values with defaults for tests: an order of one taxed line of 11.00, and everything around it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from portal.money import ELEVEN_TENTHS, ZERO, cents
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
)
from portal.sync.rules import Catalogue, Item, Rules, TaxCode
from portal.sync.sale_orders import Contact, PostalAddress

CREATED = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
SHIPPING_ID = 901
DISCOUNT_ID = 902
FEE_ID = 903
Amount = str | int | Decimal


def money(amount: Amount) -> Decimal:
    return Decimal(amount)


def including(amount: Amount, *, taxed: bool = True) -> Taxed:
    """A GST-inclusive amount as the shop shows it: part prices to 4 decimals."""
    inc = money(amount)
    ex = (inc / ELEVEN_TENTHS).quantize(Decimal("0.0001")) if taxed else inc
    return Taxed(ex_tax=ex, inc_tax=inc, tax=inc - ex)


def excluding(amount: Amount, *, taxed: bool = True) -> Taxed:
    """An amount entered without GST."""
    ex = money(amount)
    inc = (ex * ELEVEN_TENTHS).quantize(Decimal("0.0001")) if taxed else ex
    return Taxed(ex_tax=ex, inc_tax=inc, tax=inc - ex)


def line(
    sku: str = "tea-250",
    price: Amount = "11.00",
    quantity: int = 1,
    *,
    taxed: bool = True,
    inclusive: bool = True,
    applied: Sequence[Amount] = (),
    **more: Any,
) -> OrderLine:
    """A line; `price` is per unit in the order's basis."""
    entered = including if inclusive else excluding
    values: dict[str, Any] = {
        "id": more.pop("id", 1),
        "sku": sku,
        "name": f"Product {sku}",
        "quantity": Decimal(quantity),
        "price": entered(price, taxed=taxed),
        "total": entered(money(price) * quantity, taxed=taxed),
        "applied_discounts": tuple(
            AppliedDiscount(amount=money(amount), kind="coupon") for amount in applied
        ),
    }
    return OrderLine(**(values | more))


def address(**more: str) -> Address:
    values = {
        "first_name": "Robin",
        "last_name": "Example",
        "street_1": "1 High Street",
        "city": "Fremantle",
        "state": "Western Australia",
        "postcode": "6160",
        "country": "Australia",
        "country_code": "AU",
        "phone": "0491570156",
        "email": "robin@example.com",
    }
    return Address(**(values | more))


def destination(**more: str) -> ShippingAddress:
    return ShippingAddress(id=1, address=address(**more))


def totals(
    parts: Sequence[Taxed], less: Decimal, *, inclusive: bool, tax: Amount | None, total: Amount | None
) -> Taxed:
    """The order's total from its parts less its discount, in the order's basis (BC §7 C)."""
    if inclusive:
        worked = sum((part.inc_tax for part in parts), ZERO) - less
        inc = money(total) if total is not None else worked
        gst = money(tax) if tax is not None else cents(worked / 11)
        return Taxed(ex_tax=inc - gst, inc_tax=inc, tax=gst)
    ex = sum((part.ex_tax for part in parts), ZERO) - less
    gst = money(tax) if tax is not None else cents(ex / 10)
    inc = money(total) if total is not None else ex + gst
    return Taxed(ex_tax=ex, inc_tax=inc, tax=gst)


def order(
    *lines: OrderLine,
    inclusive: bool = True,
    shipping: Amount | Taxed = 0,
    handling: Amount | Taxed = 0,
    wrapping: Amount | Taxed = 0,
    discount: Amount = 0,
    coupon: Amount = 0,
    tax: Amount | None = None,
    total: Amount | None = None,
    addresses: Sequence[ShippingAddress] | None = None,
    coupons: Sequence[Coupon] = (),
    fees: Sequence[Fee] = (),
    complete: bool = True,
    **more: Any,
) -> CompleteOrder:
    """An order whose totals follow from its parts as BC §7 says (A to D); `tax` is worked out when all is taxed alike."""
    lines = lines or (line(),)
    entered = including if inclusive else excluding
    charges = [
        amount if isinstance(amount, Taxed) else entered(amount) for amount in (shipping, handling, wrapping)
    ]
    subtotal = Taxed(
        ex_tax=sum((one.total.ex_tax for one in lines), ZERO),
        inc_tax=sum((one.total.inc_tax for one in lines), ZERO),
    )
    parts = [subtotal, *charges, *(fee.cost for fee in fees)]
    whole = totals(parts, money(discount) + money(coupon), inclusive=inclusive, tax=tax, total=total)
    addresses = (destination(),) if addresses is None else addresses
    values: dict[str, Any] = {
        "id": 120,
        "created_at": CREATED,
        "modified_at": CREATED,
        "status_id": 11,
        "status": "Awaiting Fulfilment",
        "currency": "AUD",
        "subtotal": subtotal,
        "shipping": charges[0],
        "handling": charges[1],
        "wrapping": charges[2],
        "total": whole,
        "billing": address(),
        "is_tax_inclusive": inclusive,
        "discount_amount": money(discount),
        "coupon_discount": money(coupon),
        "items_total": sum((one.quantity for one in lines), ZERO),
        "shipping_address_count": len(addresses),
    }
    return CompleteOrder(
        order=ShopOrder(**(values | more)),
        lines=tuple(replace(one, id=place) for place, one in enumerate(lines, 1)),
        shipping_addresses=tuple(addresses),
        coupons=tuple(coupons),
        fees=tuple(fees),
        complete=complete,
    )


def rules(**more: Any) -> Rules:
    values: dict[str, Any] = {
        "store_hash": "abc123",
        "zone": ZoneInfo("Australia/Sydney"),
        "start": datetime(2026, 1, 1, tzinfo=UTC),
        "prefix": "SHO",
        "shipping_item": SHIPPING_ID,
        "fee_item": FEE_ID,
    }
    return Rules(**(values | more))


def item(code: str, item_id: int = 1, **more: Any) -> Item:
    values: dict[str, Any] = {"id": item_id, "code": code, "tax_code": "G1"}
    return Item(**(values | more))


def tax_codes() -> tuple[TaxCode, ...]:
    return (
        TaxCode(code="G1", rate=Decimal("0.1")),
        TaxCode(code="G1,G3", rate=ZERO),
        TaxCode(code="G1,G2", rate=ZERO),
    )


def catalogue(*items: Item, codes: tuple[TaxCode, ...] | None = None) -> Catalogue:
    """The items given, or one for `tea-250`, and items for shipping, discount and fees."""
    services = (item("SHIP", SHIPPING_ID), item("DISC", DISCOUNT_ID), item("FEE", FEE_ID))
    return Catalogue((items or (item("tea-250"),)) + services, tax_codes() if codes is None else codes)


def contact(**more: Any) -> Contact:
    """The contact that `address()` makes, already in Saasu."""
    values: dict[str, Any] = {
        "id": 7,
        "last_updated_id": "AAA=",
        "given_name": "Robin",
        "family_name": "Example",
        "email": "robin@example.com",
        "phone": "0491570156",
        "postal": PostalAddress(
            street="1 High Street", city="Fremantle", state="WA", postcode="6160", country="Australia"
        ),
        "is_customer": True,
    }
    return Contact(**(values | more))
