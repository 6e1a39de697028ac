"""The lines of an order as `/products` lists them, and the tax on each as `/taxes` does (BC §5)."""

from decimal import Decimal
from zlib import crc32

from sandbox.bigcommerce.pricing import Amount, Priced, PricedLine
from sandbox.bigcommerce.specs import ZERO, LineSpec, OrderSpec
from sandbox.bigcommerce.wire import Document, Numbers, money, triple


def product_rows(
    spec: OrderSpec, priced: Priced, order_id: int, addresses: list[Document], numbers: Numbers
) -> tuple[list[Document], list[Document]]:
    """The rows of `/products` with the pick-list children after their parents, and the rows of `/taxes` they cause."""
    rows: list[Document] = []
    taxes: list[Document] = []
    for line in priced.lines:
        shipped = line.spec.type == "physical" and addresses
        address_id = addresses[line.spec.destination]["id"] if shipped else 0
        place = {
            "order_id": order_id,
            "order_pickup_method_id": 1 if spec.pickup else 0,
            "order_address_id": address_id,
        }
        row = _product(line, numbers.next("line"), place, numbers)
        rows.append(row)
        for sku, name, quantity in line.spec.children:
            child = LineSpec(sku=sku, name=name, price=ZERO, quantity=quantity * line.spec.quantity)
            priced_child = PricedLine(child, ZERO, Amount())
            below = _product(priced_child, numbers.next("line"), place, numbers)
            rows.append(below | {"parent_order_product_id": row["id"], "is_bundled_product": True})
        taxes.append(
            tax_row(order_id, address_id, "item", line.total.tax, line.spec.rate, row["id"], numbers)
        )
        if line.spec.wrapping:
            rate = line.spec.rate
            taxes.append(
                tax_row(order_id, address_id, "gift-wrapping", line.wrapping.tax, rate, row["id"], numbers)
            )
    return rows, taxes


def _product(line: PricedLine, line_id: int, place: Document, numbers: Numbers) -> Document:
    spec = line.spec
    written: Document = {
        "id": line_id,
        "order_id": place["order_id"],
        "product_id": spec.product_id,
        "variant_id": spec.variant_id,
        "order_pickup_method_id": place["order_pickup_method_id"],
        "order_address_id": place["order_address_id"],
        "name": spec.name,
        "name_customer": spec.name,
        "name_merchant": spec.name,
        "sku": spec.sku,
        "upc": "",
        "type": spec.type,
        "base_price": money(spec.price),
    }
    written |= triple("price", line.unit)
    written |= {"base_total": money(line.gross)} | triple("total", line.total)
    written |= {
        "weight": money(spec.weight),
        "width": "1.0000",
        "height": "1.0000",
        "depth": "1.0000",
        "quantity": spec.quantity,
        "base_cost_price": "0.0000",
        "cost_price_inc_tax": "0.0000",
        "cost_price_ex_tax": "0.0000",
        "cost_price_tax": "0.0000",
        "is_refunded": False,
        "quantity_refunded": 0,
        "refund_amount": "0.0000",
        "return_id": 0,
    }
    return written | _product_wrapping(line) | _product_rest(line, line_id, numbers)


def _product_wrapping(line: PricedLine) -> Document:
    """Wrapping of one unit; the order has it times the quantity (open: BC §9.8)."""
    each = line.spec.quantity
    unit = Amount(line.wrapping.ex / each, line.wrapping.inc / each, line.wrapping.tax / each)
    return {
        "wrapping_id": 1 if line.spec.wrapping else 0,
        "wrapping_name": line.spec.wrapping_name,
        **triple("wrapping_cost", unit, base=line.spec.wrapping),
        "wrapping_message": "",
    }


def _product_rest(line: PricedLine, line_id: int, numbers: Numbers) -> Document:
    spec = line.spec
    return {
        "quantity_shipped": 0,
        "event_name": None,
        "event_date": None,
        "fixed_shipping_cost": "0.0000",
        "ebay_item_id": "",
        "ebay_transaction_id": "",
        "option_set_id": 1 if spec.options else None,
        "parent_order_product_id": None,
        "is_bundled_product": False,
        "bin_picking_number": "",
        "external_id": "",
        "fulfillment_source": "",
        "brand": spec.brand,
        "gift_certificate_id": None,
        "applied_discounts": [
            {
                "id": one.id,
                "amount": money(one.amount),
                "name": one.name,
                "code": one.code,
                "target": one.target,
            }
            for one in line.applied
        ],
        "product_options": [_option(name, value, line_id, numbers) for name, value in spec.options],
        "configurable_fields": [],
        "discounted_total_inc_tax": money(line.discounted_inc),
    }


def _option(name: str, value: str, line_id: int, numbers: Numbers) -> Document:
    return {
        "id": numbers.next("option"),
        "option_id": 1,
        "order_product_id": line_id,
        "product_option_id": 1,
        "display_name": name,
        "display_name_customer": name,
        "display_name_merchant": name,
        "display_value": value,
        "display_value_customer": value,
        "display_value_merchant": value,
        # The number of the choice, as a text; the words are in the values to display (BC §5).
        "value": str(100 + crc32(f"{name} {value}".encode()) % 900),
        "type": "Multiple choice",
        "name": name,
        "display_style": "Rectangle",
    }


def tax_row(
    order_id: int,
    address_id: int,
    kind: str,
    tax: Decimal,
    rate: Decimal,
    product_id: int | None,
    numbers: Numbers,
) -> Document:
    """One row of `/taxes?details=true`; `kind` is its line_item_type."""
    return {
        "id": numbers.next("tax"),
        "order_id": order_id,
        "order_address_id": address_id,
        "tax_rate_id": 1,
        "sales_tax_id": "",
        "tax_class_id": 0,
        "name": "GST" if rate else "GST Free",
        "class": "Default Tax Class",
        "rate": money(rate),
        "priority": 0,
        "priority_amount": money(tax),
        "line_amount": money(tax),
        "order_pickup_method_id": 0,
        "order_product_id": "" if product_id is None else str(product_id),
        "line_item_type": kind,
    }
