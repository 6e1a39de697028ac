"""`include=consignments`: where the lines of an order go, grouped by pickup, shipping, download and e-mail (BC §3)."""

from typing import Any, Final

from sandbox.bigcommerce.wire import Document, link

MOST_LINES: Final = 50
_MONEY: Final = (
    "base_cost",
    "cost_ex_tax",
    "cost_inc_tax",
    "cost_tax",
    "base_handling_cost",
    "handling_cost_ex_tax",
    "handling_cost_inc_tax",
    "handling_cost_tax",
)


def consignments(
    store_hash: str, order: Document, products: list[Document], addresses: list[Document], whole_lines: bool
) -> Document:
    """The consignments of one order, their lines whole or as links. Lines after the fiftieth of one are left out."""

    def lines(rows: list[Document]) -> Document:
        first = rows[:MOST_LINES]
        shown: Any = (
            first if whole_lines else [_line_link(store_hash, order["id"], row["id"]) for row in first]
        )
        return {"line_items": shown} | (_warning(order["id"]) if len(rows) > MOST_LINES else {})

    digital = [row for row in products if row["type"] == "digital"]
    gifts = [row for row in products if row["type"] == "giftcertificate"]
    collected = [row for row in products if row.get("order_pickup_method_id")]
    billing = order.get("billing_address")
    email = billing.get("email", "") if isinstance(billing, dict) else ""
    shipping = []
    for address in addresses:
        rows = [
            row for row in products if row["order_address_id"] == address["id"] and row["type"] == "physical"
        ]
        shipping.append(_shipping(store_hash, order["id"], address) | lines(rows))
    return {
        "pickups": [_pickup() | lines(collected)] if collected else [],
        "shipping": shipping,
        "downloads": [{"recipient_email": email} | lines(digital)] if digital and not collected else [],
        "email": {"gift_certificates": [{"recipient_email": email} | lines(gifts)] if gifts else []},
    }


def _shipping(store_hash: str, order_id: int, address: Document) -> Document:
    # Here the costs are numbers, in `/shipping_addresses` they are texts (BC §3).
    kept = {name: value for name, value in address.items() if name not in {"order_id", "shipping_quotes"}}
    numbers = {name: _number(address[name]) for name in _MONEY if name in address}
    quotes = f"/orders/{order_id}/consignments/shipping/{address['id']}/shipping_quotes"
    return kept | numbers | {"shipping_quotes": link(store_hash, quotes)}


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


def _line_link(store_hash: str, order_id: int, line_id: int) -> Document:
    return link(store_hash, f"/orders/{order_id}/products/{line_id}")


def _warning(order_id: int) -> Document:
    sentence = (
        f"Not all line items of this consignment are returned with this response, only {MOST_LINES} are included. "
        f"Please use the `/v2/orders/{order_id}/products` endpoint to get all of them."
    )
    return {"__warning__": {"message": sentence}}


def _pickup() -> Document:
    location = {
        "id": 1,
        "name": "The shop",
        "code": "SHOP",
        "address_line_1": "1 Sample Street",
        "address_line_2": "",
        "city": "Newtown",
        "state": "New South Wales",
        "postal_code": "2042",
        "country_alpha2": "AU",
        "email": "shop@example.com",
        "phone": "",
    }
    return {
        "id": 1,
        "pickup_method_id": 1,
        "pickup_method_display_name": "Collect from the shop",
        "collection_instructions": "Bring the order number.",
        "collection_time_description": "9 am to 5 pm",
        "location": location,
    }
