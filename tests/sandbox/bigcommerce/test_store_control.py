"""The control address of the shops, and their page for people."""

from typing import Any

import pytest
import requests

from tests.sandbox.bigcommerce.conftest import Caller


def _send(method: str, address: str, body: Any = None) -> requests.Response:
    return requests.request(method, address, json=body, timeout=20)


def test_a_placed_order_is_there_with_its_sums(shop: Caller) -> None:
    placed = shop.place(
        lines=[
            {"sku": "A", "name": "A", "price": "11.00", "quantity": 3},
            {"sku": "B", "name": "B", "price": 5, "rate": 0},
        ],
        destinations=[{"address": {"city": "Orange"}, "cost": "9.90"}],
        coupons=[{"code": "TEN", "kind": 1, "amount": "10"}],
        manual_discount="2.00",
    )
    order = shop.get(f"/orders/{placed['id']}").json()
    assert (placed["id"], order["date_created"]) == (100, "Sun, 01 Mar 2026 12:00:00 +0000")
    assert (order["subtotal_inc_tax"], order["coupon_discount"], order["discount_amount"]) == (
        "38.0000",
        "3.8000",
        "2.0000",
    )
    assert order["total_inc_tax"] == "42.1000"
    assert order["billing_address"]["email"] == "mai@example.com"
    assert shop.get("/orders/100/shipping_addresses").json()[0]["first_name"] == "Mai"


def test_a_chosen_option_has_its_words_to_display_and_a_number_for_its_value(shop: Caller) -> None:
    lines = [
        {"sku": "TEE", "name": "Tee", "price": "22.00", "options": [["Colour", colour]]}
        for colour in ("Rust", "Olive", "Rust")
    ]

    placed = shop.place(lines=lines)

    options = [row["product_options"][0] for row in placed["products"]]
    assert [one["display_value"] for one in options] == ["Rust", "Olive", "Rust"]
    first, second, third = (int(one["value"]) for one in options)
    assert first == third != second


def test_several_orders_are_placed_at_once_and_ids_go_on(shop: Caller) -> None:
    line = {"sku": "A", "name": "A", "price": "1"}
    answer = _send("POST", f"{shop.control}/orders", {"orders": [{"lines": [line]}, {"lines": [line]}]})
    assert answer.json() == {"ids": [100, 101]}
    assert shop.place()["id"] == 102


def test_full_documents_are_placed_as_they_are(shop: Caller) -> None:
    order = {"id": 519, "date_created": "Fri, 20 Feb 2026 08:00:00 +0000", "total_inc_tax": "1", "odd": None}
    answer = _send("POST", f"{shop.control}/orders", {"documents": {"order": order, "products": [{"id": 1}]}})
    assert answer.status_code == 201
    shown = shop.get("/orders/519").json()
    assert (shown["total_inc_tax"], shown["odd"], shown["date_modified"]) == (
        "1",
        None,
        order["date_created"],
    )
    assert shop.get("/orders/519/products").json() == [{"id": 1}]
    assert shop.place()["id"] == 520


def test_a_changed_order_moves_its_date_and_forgets_what_was_to_come(shop: Caller) -> None:
    shop.place(timeline=[["2026-03-02T00:00:00Z", {"status_id": 2}]])
    shop.servers.clock.set({"now": "2026-03-01T13:00:00Z"})
    changed = _send("PATCH", f"{shop.control}/orders/100", {"status_id": 5}).json()["order"]
    assert (changed["status"], changed["date_modified"]) == ("Cancelled", "Sun, 01 Mar 2026 13:00:00 +0000")
    shop.servers.clock.set({"now": "2026-03-03T00:00:00Z"})
    assert shop.get("/orders/100").json()["status_id"] == 5


def test_rows_can_be_replaced_and_orders_taken_away(shop: Caller) -> None:
    shop.place()
    _send("PATCH", f"{shop.control}/orders/100", {"products": [{"id": 7, "type": "physical", "quantity": 1}]})
    assert [row["id"] for row in shop.get("/orders/100/products").json()] == [7]
    assert _send("DELETE", f"{shop.control}/orders/100").status_code == 204
    assert shop.get("/orders/100").status_code == 404


def test_generated_orders_are_the_same_for_the_same_seed(shop: Caller) -> None:
    wanted = {"seed": 4, "count": 30, "from": "2026-02-01T00:00:00Z", "to": "2026-02-28T00:00:00Z"}
    first = _send("POST", f"{shop.control}/generate", wanted).json()["ids"]
    second = _send("POST", f"{shop.control}/generate", wanted).json()["ids"]
    shown = {order["id"]: order for order in shop.get("/orders", limit=250).json()}
    assert (len(first), len(second), len(shown)) == (30, 30, 60)
    totals = [[shown[one]["total_inc_tax"] for one in ids] for ids in (first, second)]
    assert totals[0] == totals[1]
    created = [shown[one]["date_created"] for one in first]
    assert all(" Feb 2026 " in moment for moment in created)


def test_a_shop_with_customers_goes_on_as_the_clock_does(shop: Caller) -> None:
    body = {"hash": "busy", "orders_per_week": 70, "catalogue": "coffee"}
    assert _send("POST", f"{shop.servers.bigcommerce_url}/_control/stores", body).status_code == 201
    busy = Caller(shop.servers, "busy")
    assert busy.ids() == []
    shop.servers.clock.set({"now": "2026-03-04T12:00:00Z"})
    after_three_days = busy.ids(limit=250)
    assert 10 < len(after_three_days) < 60
    assert busy.ids(limit=250) == after_three_days
    busy.switch(generating=False)
    shop.servers.clock.set({"now": "2026-03-08T12:00:00Z"})
    assert busy.ids(limit=250) == after_three_days


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", "/orders", {"lines": []}, "at least one line"),
        ("POST", "/orders", {"lines": [{"sku": "A"}]}, "missing"),
        ("POST", "/orders", {"lines": [{"sku": "A", "name": "A", "price": "x"}]}, "price must be an amount"),
        (
            "POST",
            "/orders",
            {"lines": [{"sku": "A", "name": "A", "price": "1"}], "colour": 1},
            "colour is no field",
        ),
        ("POST", "/orders", {"documents": {}}, "whole id"),
        ("POST", "/generate", {"count": 0}, "count is 1"),
        ("POST", "/generate", {"catalogue": "cars"}, "no catalogue"),
        ("PATCH", "", {"colour": 1}, "no switch"),
        ("PATCH", "", {"quota": "many"}, "does not take"),
        ("PATCH", "", {"scopes": ["everything"]}, "scopes are any of"),
    ],
)
def test_an_order_that_cannot_be_obeyed_is_refused_with_a_sentence(
    shop: Caller, method: str, path: str, body: dict[str, Any], words: str
) -> None:
    answer = _send(method, f"{shop.control}{path}", body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_a_shop_or_order_that_is_not_there_is_404(shop: Caller) -> None:
    assert _send("GET", f"{shop.servers.bigcommerce_url}/_control/stores/none").status_code == 404
    assert _send("PATCH", f"{shop.control}/orders/1", {"status_id": 2}).status_code == 404
    assert (
        _send("POST", f"{shop.servers.bigcommerce_url}/_control/stores", {"hash": "mine"}).status_code == 409
    )


def test_the_page_places_a_paid_order_at_the_press_of_a_button(shop: Caller) -> None:
    page = requests.get(shop.servers.bigcommerce_url, timeout=10)
    assert "Sandbox: pretend BigCommerce" in page.text
    assert 'action="/pages/stores/mine/orders"' in page.text
    assert "<style" not in page.text
    after = requests.post(f"{shop.servers.bigcommerce_url}/pages/stores/mine/orders", timeout=10)
    assert (
        "Order 100 was placed. The portal leaves orders of the last two minutes to its next run" in after.text
    )
    assert shop.get("/orders/100").json()["status_id"] == 11
    assert requests.get(f"{shop.servers.bigcommerce_url}/static/sandbox.css", timeout=10).status_code == 200
