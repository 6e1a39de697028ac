"""`GET /orders` and its sub-resources: filters, sorting, pages and what `include` brings (BC §3)."""

from typing import Any

import pytest

from tests.sandbox.bigcommerce.conftest import Caller

FEBRUARY = ("2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z", "2026-02-03T00:00:00Z")


@pytest.fixture
def three(shop: Caller) -> Caller:
    """Orders 100, 101, 102 of three days in February; 101 was changed on the 20th."""
    for day, (moment, price) in enumerate(zip(FEBRUARY, ("10.00", "20.00", "30.00"), strict=True)):
        spec: dict[str, Any] = {"created": moment, "lines": [{"sku": "A", "name": "A", "price": price}]}
        spec |= {
            "billing": {"email": f"buyer{day}@example.com"},
            "customer_id": day,
            "status_id": (11, 2, 11)[day],
        }
        spec |= {"payment_method": "Manual"} if day == 2 else {}
        spec |= {"timeline": [["2026-02-20T08:00:00Z", {"status_id": 10}]]} if day == 1 else {}
        shop.place(**spec)
    return shop


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [100, 101, 102]),
        ({"min_id": 101}, [101, 102]),
        ({"max_id": 101}, [100, 101]),
        ({"min_total": "20"}, [101, 102]),
        ({"max_total": "20.00"}, [100, 101]),
        ({"customer_id": 0}, [100]),
        ({"email": "BUYER1@example.com"}, [101]),
        ({"status_id": 10}, [101]),
        ({"status_id": 2}, []),
        ({"payment_method": "Manual"}, [102]),
        ({"cart_id": "nobody"}, []),
        ({"channel_id": 1}, [100, 101, 102]),
        ({"channel_id": 2}, []),
        ({"external_order_id": "x"}, []),
        ({"min_date_created": "2026-02-02T00:00:00Z"}, [101, 102]),
        ({"min_date_created": "2026-02-02T11:00:00.000+11:00"}, [101, 102]),
        ({"min_date_created": "Sun, 01 Feb 2026 19:00:00 -0500"}, [101, 102]),
        ({"min_date_created": "2026-02-02"}, [101, 102]),
        ({"max_date_created": "2026-02-02"}, [100, 101]),
        ({"min_date_modified": "2026-02-10T00:00:00Z"}, [101]),
        ({"max_date_modified": "2026-02-10T00:00:00Z"}, [100, 102]),
        ({"min_date_modified": "last Tuesday"}, [100, 101, 102]),
        ({"sort": "id:desc"}, [102, 101, 100]),
        ({"sort": "date_modified:asc"}, [100, 102, 101]),
        ({"sort": "date_created:desc"}, [102, 101, 100]),
        ({"sort": "customer_id:desc"}, [102, 101, 100]),
        ({"sort": "status_id:asc"}, [101, 100, 102]),
        ({"sort": "channel_id:desc"}, [102, 101, 100]),
        ({"sort": "external_id"}, [100, 101, 102]),
        ({"limit": 2}, [100, 101]),
        ({"limit": 2, "page": 2}, [102]),
        ({"limit": 2, "page": 3}, []),
        ({"limit": 250}, [100, 101, 102]),
    ],
)
def test_a_list_holds_what_was_asked_for(three: Caller, params: dict[str, Any], expected: list[int]) -> None:
    assert three.ids(**params) == expected


def test_a_plus_sign_that_was_not_encoded_spoils_the_date_in_silence(three: Caller) -> None:
    encoded = three.get("/orders?min_date_created=2026-02-02T00:00:00%2B00:00")
    assert [order["id"] for order in encoded.json()] == [101, 102]
    bare = three.get("/orders?min_date_created=2026-02-02T00:00:00+00:00")
    assert [order["id"] for order in bare.json()] == [100, 101, 102]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"limit": 251}, 413),
        ({"limit": "many"}, 400),
        ({"page": 0}, 400),
        ({"sort": "colour:asc"}, 400),
        ({"min_id": "x"}, 400),
    ],
)
def test_a_list_that_cannot_be_given_is_refused_with_an_array(
    three: Caller, params: dict[str, Any], status: int
) -> None:
    answer = three.get("/orders", **params)
    assert answer.status_code == status
    assert answer.json()[0]["status"] == status


def test_nothing_found_is_204_without_a_body(three: Caller) -> None:
    answer = three.get("/orders", min_id=1000)
    assert (answer.status_code, answer.content) == (204, b"")
    assert three.get("/orders/100/shipping_addresses").status_code == 204
    assert three.get("/orders/100/coupons").status_code == 204
    assert three.get("/orders/100/fees").status_code == 204


def test_lists_have_fifty_rows_unless_more_are_asked_for(shop: Caller) -> None:
    shop.place(lines=[{"sku": f"S{n}", "name": f"S{n}", "price": "1.00"} for n in range(260)])
    assert len(shop.get("/orders/100/products").json()) == 50
    assert len(shop.get("/orders/100/products", limit=250).json()) == 250
    assert len(shop.get("/orders/100/products", limit=250, page=2).json()) == 10
    assert shop.get("/orders/100/products", limit=250, page=3).status_code == 204


def test_included_lines_stop_at_fifty_with_a_warning(shop: Caller) -> None:
    address = {"address": {"city": "Orange"}, "cost": "9.95"}
    shop.place(
        lines=[{"sku": f"S{n}", "name": f"S{n}", "price": "1.00"} for n in range(51)], destinations=[address]
    )
    params = {"include": "consignments.line_items", "consignment_structure": "object"}
    shipping = shop.get("/orders/100", **params).json()["consignments"]["shipping"][0]
    assert len(shipping["line_items"]) == 50
    assert "only 50 are included" in shipping["__warning__"]["message"]
    assert (shipping["cost_inc_tax"], shipping["city"]) == (9.95, "Orange")


def test_consignments_group_what_is_sent_downloaded_collected_and_mailed(shop: Caller) -> None:
    kinds = ("physical", "digital", "giftcertificate")
    lines = [{"sku": kind, "name": kind, "price": "5.00", "type": kind} for kind in kinds]
    shop.place(lines=lines, destinations=[{"address": {}, "cost": "5"}])
    shop.place(pickup=True)
    params = {"include": "consignments.line_items", "consignment_structure": "object"}
    sent, collected = (order["consignments"] for order in shop.get("/orders", **params).json())
    assert [row["sku"] for row in sent["shipping"][0]["line_items"]] == ["physical"]
    assert [row["sku"] for row in sent["downloads"][0]["line_items"]] == ["digital"]
    assert [row["sku"] for row in sent["email"]["gift_certificates"][0]["line_items"]] == ["giftcertificate"]
    assert (sent["pickups"], collected["shipping"]) == ([], [])
    assert [row["sku"] for row in collected["pickups"][0]["line_items"]] == ["MUG"]


def test_without_the_parameter_consignments_and_fees_are_links(three: Caller) -> None:
    order = three.get("/orders", include="consignments").json()[0]
    assert order["consignments"]["resource"] == "/orders/100/consignments"
    assert three.get("/orders", include="fees").json()[0]["fees"] == []


def test_archived_orders_are_listed_by_default_and_can_be_left_out(three: Caller) -> None:
    import requests

    requests.patch(f"{three.control}/orders/102", json={"is_deleted": True}, timeout=10)
    assert three.ids() == [100, 101, 102]
    assert three.ids(is_deleted="true") == [102]
    assert three.ids(is_deleted="false") == [100, 101]
    three.switch(lists_deleted=False)
    assert three.ids() == [100, 101]


def test_filters_can_be_made_exclusive_or_be_ignored(three: Caller) -> None:
    three.switch(inclusive_filters=False)
    assert three.ids(min_id=101) == [102]
    assert three.ids(min_date_created="2026-02-02T00:00:00Z") == [102]
    three.switch(inclusive_filters=True, ignore_filters=["min_id"])
    assert three.ids(min_id=101) == [100, 101, 102]


def test_counts_are_by_status(three: Caller) -> None:
    answer = three.get("/orders/count").json()
    assert answer["count"] == 3
    assert {row["id"]: row["count"] for row in answer["statuses"] if row["count"]} == {10: 1, 11: 2}


def test_an_order_shows_what_it_was_at_the_clocks_time(three: Caller) -> None:
    three.servers.clock.set({"now": "2026-02-19T00:00:00Z"})
    assert three.get("/orders/101").json()["status"] == "Shipped"
    three.servers.clock.set({"now": "2026-02-20T08:00:00Z"})
    later = three.get("/orders/101").json()
    assert (later["status"], later["custom_status"]) == ("Completed", "Completed")
    assert later["date_modified"] == "Fri, 20 Feb 2026 08:00:00 +0000"
    three.servers.clock.set({"now": "2026-02-01T12:00:00Z"})
    assert three.ids() == [100]
    assert three.get("/orders/101").status_code == 404
