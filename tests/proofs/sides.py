"""Both sides of an order for the tests of the proofs: the shop's from the sandbox's documents, Saasu's from a few words."""

from typing import Any

from proofs._cents_sides import Row, ShopSide


def side_of(documents: dict[str, Any]) -> ShopSide:
    return ShopSide(documents["order"], documents["products"], documents["fees"])


def line(sku: str, total: str, *, quantity: int = 1, tax: str = "0", taxed: bool = True, **more: Any) -> Row:
    """One order line of whole cents; without GST in it where `taxed` is false."""
    ex = str(round(float(total) / 1.1, 4)) if taxed else total
    each = str(float(total) / quantity)
    values = {
        "sku": sku,
        "name": sku,
        "quantity": quantity,
        "price_inc_tax": each,
        "price_ex_tax": ex,
        "price_tax": "0.5",
    }
    return {
        **values,
        "total_inc_tax": total,
        "total_ex_tax": ex,
        "total_tax": tax,
        "applied_discounts": [],
        **more,
    }


def shop_side(*lines: Row, total: str, tax: str = "0", shipping: str = "0", discount: str = "0") -> ShopSide:
    """An order with GST in its prices."""
    order = {
        "id": 100, "total_inc_tax": total, "total_ex_tax": str(float(total) - float(tax)), "total_tax": tax,
        "shipping_cost_inc_tax": shipping, "shipping_cost_ex_tax": shipping, "shipping_cost_tax": "0",
        "discount_amount": discount, "coupon_discount": "0",
    }  # fmt: skip
    return ShopSide(order, list(lines))


def sold(item: str, total: str, quantity: int = 1, code: str = "G1") -> Row:
    """One Saasu line."""
    values = {"ItemCode": item, "TotalAmount": total, "Quantity": quantity, "TaxCode": code}
    return {**values, "UnitPrice": total, "PercentageDiscount": 0}


def sale(*lines: Row, total: str, tax: str = "0", number: str = "S100") -> Row:
    """One sale of Saasu's."""
    return {"InvoiceNumber": number, "TotalAmount": total, "TotalTaxAmount": tax, "LineItems": list(lines)}
