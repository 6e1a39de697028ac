"""An order as the documents of the API: the order, its lines, addresses, coupons, taxes and fees (BC §4, §5)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Final

from sandbox.bigcommerce.lines import product_rows, tax_row
from sandbox.bigcommerce.pricing import Priced, PricedDestination, price
from sandbox.bigcommerce.specs import ZERO, OrderSpec, rfc
from sandbox.bigcommerce.statuses import STATUSES
from sandbox.bigcommerce.wire import Document, Numbers, link, money, triple

CURRENCY_IDS: Final = {"AUD": 1, "NZD": 2, "USD": 3, "GBP": 4, "EUR": 5}
LINKS: Final = ("products", "shipping_addresses", "coupons", "consignments", "fees")


def documents(
    spec: OrderSpec, store_hash: str, numbers: Numbers, *, inclusive: bool = True, currency: str = "AUD"
) -> Document:
    """All documents of a new order: `order`, `products`, `shipping_addresses`, `coupons`, `taxes`, `fees`."""
    inclusive = inclusive if spec.tax_inclusive is None else spec.tax_inclusive
    priced = price(spec, inclusive)
    order_id = numbers.next("order")
    addresses = [_address(one, order_id, numbers, store_hash) for one in priced.destinations]
    products, taxes = product_rows(spec, priced, order_id, addresses, numbers)
    for number, address in enumerate(addresses):
        mine = [line.spec for line in priced.lines if line.spec.destination == number]
        address["items_total"] = sum(one.quantity for one in mine if one.type == "physical")
    for one, address in zip(priced.destinations, addresses, strict=True):
        taxes += _charge_taxes(one, order_id, address["id"], numbers)
    order = _order(spec, priced, order_id, store_hash, currency)
    order["items_total"] = sum(row["quantity"] for row in products)
    order["shipping_address_count"] = len(addresses)
    for name in spec.omitted:
        order.pop(name, None)
    return {
        "order": order | spec.overrides,
        "products": products,
        "shipping_addresses": addresses,
        "coupons": _coupons(spec, priced, order_id, numbers),
        "taxes": taxes,
        "fees": _fees(spec, priced, numbers),
    }


def _order(spec: OrderSpec, priced: Priced, order_id: int, store_hash: str, currency: str) -> Document:
    label = STATUSES[spec.status_id].name if spec.status_id in STATUSES else ""
    written: Document = {
        "id": order_id,
        "customer_id": spec.customer_id,
        "date_created": rfc(spec.created),
        "is_tax_inclusive_pricing": priced.inclusive,
        "date_modified": rfc(spec.created),
        "date_shipped": "",
        "status_id": spec.status_id,
        "status": label,
    }
    written |= _order_sums(priced)
    written |= {"items_total": 0, "items_shipped": 0}
    written |= _order_payment(spec)
    written |= _order_currency(spec, currency)
    written |= {
        "staff_notes": spec.staff_notes,
        "customer_message": spec.customer_message,
        "discount_amount": money(priced.discount),
        "coupon_discount": money(priced.coupon_discount),
        "shipping_address_count": 0,
        "is_deleted": spec.is_deleted,
        "ebay_order_id": "0",
        "cart_id": _cart_id(store_hash, order_id) if spec.order_source == "www" else None,
        "billing_address": {**spec.billing, "form_fields": []},
        "is_email_opt_in": False,
        "credit_card_type": None,
        "order_source": spec.order_source,
        "channel_id": spec.channel_id,
        "external_source": spec.external_source,
        "external_id": None,
        "external_merchant_id": None,
        "tax_provider_id": "" if spec.order_source == "external" else "BasicTaxProvider",
        "customer_locale": "en",
        "external_order_id": spec.external_order_id,
        "custom_status": label,
    }
    for name in LINKS:
        written[name] = link(store_hash, f"/orders/{order_id}/{name}")
    return written


def _order_sums(priced: Priced) -> Document:
    written = triple("subtotal", priced.subtotal)
    written["subtotal_tax"] = money(priced.subtotal.tax)
    before_coupons = sum((one.base_cost for one in priced.destinations), ZERO)
    for name, amount, base in (
        ("shipping_cost", priced.shipping, before_coupons),
        ("handling_cost", priced.handling, priced.handling.inc if priced.inclusive else priced.handling.ex),
        ("wrapping_cost", priced.wrapping, priced.wrapping.inc if priced.inclusive else priced.wrapping.ex),
    ):
        written |= triple(name, amount, base=base) | {f"{name}_tax_class_id": 0}
    return written | triple("total", priced.total)


def _order_payment(spec: OrderSpec) -> Document:
    return {
        "payment_method": spec.payment_method,
        "payment_provider_id": None,
        "payment_status": spec.payment_status,
        "refunded_amount": money(ZERO),
        "order_is_digital": all(line.type != "physical" for line in spec.lines),
        "store_credit_amount": money(spec.store_credit),
        "gift_certificate_amount": money(spec.gift_certificate),
        "ip_address": "",
        "ip_address_v6": "",
        "geoip_country": "",
        "geoip_country_iso2": "",
    }


def _order_currency(spec: OrderSpec, store_currency: str) -> Document:
    paid_in = spec.currency or store_currency
    number = CURRENCY_IDS.get(paid_in, 9)
    return {
        "currency_id": number,
        "currency_code": paid_in,
        "currency_exchange_rate": f"{spec.exchange_rate:.10f}",
        "default_currency_id": number,
        "default_currency_code": paid_in,
        "store_default_currency_code": store_currency,
        "store_default_to_transactional_exchange_rate": f"{spec.exchange_rate:.10f}",
    }


def _address(one: PricedDestination, order_id: int, numbers: Numbers, store_hash: str) -> Document:
    address_id = numbers.next("address")
    handling = one.spec.handling
    return {
        "id": address_id,
        "order_id": order_id,
        **one.spec.address,
        "items_total": 0,
        "items_shipped": 0,
        "shipping_method": one.spec.method,
        **triple("cost", one.shipping, base=one.base_cost),
        "cost_tax_class_id": 0,
        **triple("handling_cost", one.handling, base=handling),
        "handling_cost_tax_class_id": 0,
        "shipping_zone_id": 1,
        "shipping_zone_name": one.spec.zone,
        "shipping_quotes": link(
            store_hash, f"/orders/{order_id}/shipping_addresses/{address_id}/shipping_quotes"
        ),
        "form_fields": [],
    }


def _charge_taxes(one: PricedDestination, order_id: int, address_id: int, numbers: Numbers) -> list[Document]:
    charges = (("shipping", one.shipping), ("handling", one.handling))
    return [
        tax_row(order_id, address_id, kind, amount.tax, one.spec.rate, None, numbers)
        for kind, amount in charges
        if amount.inc
    ]


def _coupons(spec: OrderSpec, priced: Priced, order_id: int, numbers: Numbers) -> list[Document]:
    # Numbers, not texts, as in today's documentation (BC §5).
    return [
        {
            "id": numbers.next("coupon"),
            "coupon_id": place,
            "order_id": order_id,
            "code": one.code,
            "amount": _number(one.amount),
            "type": one.kind,
            "discount": _number(worth),
        }
        for place, (one, worth) in enumerate(zip(spec.coupons, priced.coupons, strict=True), start=1)
    ]


def _fees(spec: OrderSpec, priced: Priced, numbers: Numbers) -> list[Document]:
    return [
        {
            "id": numbers.next("fee"),
            "type": "custom_fee",
            "display_name_customer": one.name,
            "display_name_merchant": one.name,
            "source": "AA",
            **triple("cost", amount, base=one.cost),
            "tax_class_id": None,
        }
        for one, amount in zip(spec.fees, priced.fees, strict=True)
    ]


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _cart_id(store_hash: str, order_id: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{store_hash}/{order_id}"))


def changed(document: Document, at: datetime, changes: Document) -> Document:
    """An order document with some fields changed at a moment: labels follow the status, `date_modified` moves."""
    labels: Document = {}
    if "status_id" in changes:
        label = STATUSES[changes["status_id"]].name
        labels = {"status": label, "custom_status": label}
    return document | {"date_modified": rfc(at)} | labels | changes
