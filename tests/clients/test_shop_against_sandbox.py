"""The shop's client against the sandbox: complete reads with few calls, and every fault in its place."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.clients.bigcommerce import BigCommerce
from portal.sync.failures import (
    CredentialsRefused,
    Denied,
    RemoteFailure,
    StoreClosed,
    Throttled,
    Unreachable,
)
from portal.sync.orders import CompleteOrder, OrderPage, ShopOrder
from sandbox.serve import running
from tests.clients.sandboxes import LONG_AGO, Both, quick, shop_of


def pages(shop: BigCommerce, until: datetime) -> Iterator[OrderPage]:
    """Every page of a window that holds all orders."""
    after_id = 0
    while True:
        page = shop.changed(since=LONG_AGO, until=until, after_id=after_id)
        yield page
        if page.last:
            return
        after_id = max(order.id for order in page.orders)


def read_all(shop: BigCommerce, until: datetime) -> tuple[list[ShopOrder], dict[int, CompleteOrder]]:
    orders: list[ShopOrder] = []
    complete: dict[int, CompleteOrder] = {}
    for page in pages(shop, until):
        assert page.unreadable == ()
        assert page.outside_window == 0
        orders += page.orders
        complete |= page.complete
    return orders, complete


def test_a_generated_shop_is_read_completely_with_a_call_a_page() -> None:
    with running("demo") as servers:
        servers.bigcommerce.shops["ho01sandbox"].settings = replace(
            servers.bigcommerce.shops["ho01sandbox"].settings, quota=None, generating=False
        )
        shop = shop_of(servers, "ho01sandbox")
        present = datetime.now(UTC).replace(microsecond=0)
        servers.clock.set({"now": present.strftime("%Y-%m-%dT%H:%M:%SZ")})
        until = present - timedelta(minutes=2)
        orders, complete = read_all(shop, until)
        listing = servers.controls["bigcommerce"].calls()["total"]
        there = servers.bigcommerce.shops["ho01sandbox"].orders
        assert {order.id for order in orders} == {
            number
            for number, record in there.items()
            if record.modified(present) <= until and record.created <= present
        }
        assert len(orders) > 150
        assert listing <= len(orders) // 250 + 2
        assert len(complete) >= len(orders) * 9 // 10
        for order in orders:
            separate = shop.complete(order)
            assert separate.complete
            if order.id in complete:
                assert separate.lines == complete[order.id].lines
                assert [one.address for one in separate.shipping_addresses] == [
                    one.address for one in complete[order.id].shipping_addresses
                ]
            assert shop.reopen(separate.document) == separate


def test_an_order_of_sixty_lines_is_read_whole_from_its_own_list(both: Both) -> None:
    lines = [
        {
            "id": 5_000 + number,
            "order_id": 900,
            "sku": f"S{number}",
            "name": f"Thing {number}",
            "type": "physical",
            "quantity": 1,
            "order_address_id": 77,
            "price_ex_tax": "10.0000",
            "price_inc_tax": "11.0000",
            "price_tax": "1.0000",
            "total_ex_tax": "10.0000",
            "total_inc_tax": "11.0000",
            "total_tax": "1.0000",
        }
        for number in range(60)
    ]
    there = both.servers.bigcommerce.shops[both.hash].orders.values()
    known = next(one.documents for one in there if one.documents["shipping_addresses"])
    order = known["order"] | {
        "id": 900,
        "items_total": 60,
        "subtotal_ex_tax": "600.0000",
        "subtotal_inc_tax": "660.0000",
        "total_ex_tax": "600.0000",
        "total_inc_tax": "660.0000",
        "shipping_address_count": 1,
    }
    address = {
        "id": 77,
        "order_id": 900,
        "first_name": "Mia",
        "last_name": "Kowalczyk",
        "cost_inc_tax": "0.0000",
    }
    with both.servers.bigcommerce.lock:
        both.servers.bigcommerce.shops[both.hash].add_documents(
            {
                "order": order,
                "products": lines,
                "shipping_addresses": [known["shipping_addresses"][0] | address],
            },
            datetime.now(UTC) - timedelta(hours=1),
        )
    found, complete = read_all(both.shop, both.until())
    sixty = next(one for one in found if one.id == 900)
    assert 900 not in complete
    whole = both.shop.complete(sixty)
    assert (len(whole.lines), whole.complete) == (60, True)


def test_a_shop_without_consignments_is_read_order_by_order(both: Both) -> None:
    shop = both.servers.bigcommerce.shops[both.hash]
    shop.settings = replace(shop.settings, consignments=False)
    orders, complete = read_all(both.shop, both.until())
    assert len(orders) == 12
    assert complete == {}
    assert all(both.shop.complete(order).complete for order in orders)


def test_a_filter_the_shop_ignores_shows(both: Both) -> None:
    shop = both.servers.bigcommerce.shops[both.hash]
    shop.settings = replace(shop.settings, ignore_filters=("min_date_modified", "max_date_modified"))
    page = both.shop.changed(since=LONG_AGO, until=LONG_AGO + timedelta(days=1), after_id=0)
    assert (page.orders, page.outside_window, page.last) == ((), 12, True)


def test_one_order_and_an_unknown_one(both: Both) -> None:
    orders, complete = read_all(both.shop, both.until())
    one = both.shop.one(orders[0].id)
    assert one is not None
    assert one.lines == complete[orders[0].id].lines
    assert both.shop.one(10**6) is None


def test_the_connection_test_tells_right_from_wrong(both: Both) -> None:
    found = both.shop.test_connection()
    assert (found.name, found.currency, found.notes) == ("Hoodie House", "AUD", ())
    url = both.servers.bigcommerce_url
    with pytest.raises(CredentialsRefused):
        BigCommerce(quick(), store_hash=both.hash, access_token="wrong-token", base_url=url).test_connection()
    shop = both.servers.bigcommerce.shops[both.hash]
    shop.settings = replace(shop.settings, scopes=("information",))
    with pytest.raises(Denied, match="Orders: read-only"):
        both.shop.test_connection()
    shop.settings = replace(shop.settings, scopes=("orders",))
    assert "Information & settings" in both.shop.test_connection().notes[0]
    shop.settings = replace(shop.settings, suspended=True)
    with pytest.raises(StoreClosed):
        both.shop.test_connection()


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        ("reset_before", {}),
        ("reset_after", {}),
        ("cut", {}),
        ("error_before", {"status": 502}),
        ("throttle", {}),
        ("reorder_rows", {}),
        ("duplicate_rows", {}),
        ("timeout", {"seconds": 2}),
    ],
)
def test_a_passing_fault_of_the_shop_costs_no_order(both: Both, fault: str, more: dict[str, Any]) -> None:
    both.fault("bigcommerce", fault, **more)
    orders, _ = read_all(both.shop, both.until())
    assert [order.id for order in orders] == sorted(both.servers.bigcommerce.shops[both.hash].orders)


@pytest.mark.parametrize(
    ("fault", "more", "kind"),
    [
        ("reset_before", {}, Unreachable),
        ("cut", {}, Unreachable),
        ("error_before", {"status": 502}, Unreachable),
        ("throttle", {}, Throttled),
        ("html", {}, Unreachable),
        ("malformed", {}, Unreachable),
    ],
)
def test_a_lasting_fault_of_the_shop_is_told_for_what_it_is(
    both: Both, fault: str, more: dict[str, Any], kind: type[RemoteFailure]
) -> None:
    both.fault("bigcommerce", fault, times=9, **more)
    with pytest.raises(kind) as caught:
        read_all(both.shop, both.until())
    assert type(caught.value) is kind
