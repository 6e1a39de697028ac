"""What comes in: one BigCommerce order with everything that belongs to it, as plain values (BC §4, §5).

Amounts are dollars of the transactional currency as `Decimal`, at whatever precision the shop sent; times are aware UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from portal.money import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A billing or shipping address; any text may be blank."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    street_1: str = ""
    street_2: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    country_code: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Taxed:
    """One amount in the three forms in which the shop gives it."""

    ex_tax: Decimal = ZERO
    inc_tax: Decimal = ZERO
    tax: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedDiscount:
    """A discount as the shop attributes it to one line (`applied_discounts`, BC §5)."""

    amount: Decimal
    kind: str = ""
    name: str = ""
    code: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One row of `/products`. Prices are per unit and, like the totals, before discounts (BC §5)."""

    id: int
    sku: str
    name: str
    quantity: Decimal
    price: Taxed
    total: Taxed
    type: str = "physical"
    product_id: int = 0
    variant_id: int = 0
    options: tuple[str, ...] = ()
    discounted_total_inc_tax: Decimal | None = None
    applied_discounts: tuple[AppliedDiscount, ...] = ()
    parent_id: int | None = None
    address_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingAddress:
    """One destination of an order."""

    id: int
    address: Address
    method: str = ""
    cost: Taxed = Taxed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A coupon used; `kind` 0 per item, 1 percentage, 2 per total, 3 shipping, 4 free shipping, 5 promotion."""

    code: str
    kind: int
    discount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """A fee on the order."""

    name: str
    cost: Taxed


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopOrder:
    """The order itself, as one row of the list. `currency` is what the shopper pays in (`default_currency_code`, BC §4)."""

    id: int
    created_at: datetime
    modified_at: datetime
    status_id: int
    status: str
    currency: str
    subtotal: Taxed
    shipping: Taxed
    handling: Taxed
    wrapping: Taxed
    total: Taxed
    billing: Address
    is_deleted: bool = False
    is_tax_inclusive: bool | None = None
    discount_amount: Decimal = ZERO
    coupon_discount: Decimal = ZERO
    gift_certificate_amount: Decimal = ZERO
    store_credit_amount: Decimal = ZERO
    items_total: Decimal | None = None
    shipping_address_count: int = 0
    is_digital: bool = False
    customer_id: int = 0
    customer_message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteOrder:
    """An order with all its lines, destinations, coupons and fees.

    `complete` is false where the shop would not give them all; such an order is never mapped (SYNC §4). `nonsense` says which part
    makes no sense, where that is why. `document` is the JSON text as it was read, from which the order can be made again.
    """

    order: ShopOrder
    lines: tuple[OrderLine, ...]
    shipping_addresses: tuple[ShippingAddress, ...] = ()
    coupons: tuple[Coupon, ...] = ()
    fees: tuple[Fee, ...] = ()
    complete: bool = True
    nonsense: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableOrder:
    """An order of a page whose fields make no sense; it gets `ORDER_UNREADABLE` and the page goes on."""

    id: int
    reason: str
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """One page of the list, in ascending id. `last` is true when nothing follows within the window.

    `shop_time` is the shop's clock when it answered; `complete` holds those orders, by id, that came with everything.
    """

    orders: tuple[ShopOrder, ...]
    unreadable: tuple[UnreadableOrder, ...] = ()
    last: bool = True
    outside_window: int = 0
    shop_time: datetime | None = None
    complete: dict[int, CompleteOrder] = field(default_factory=dict)
