"""The shop's client: which calls it makes and what it takes from a page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses

from portal.clients.bigcommerce_payloads import read_order
from portal.clients.exact_json import dump
from portal.sync.failures import (
    Unreachable,
)
from portal.sync.orders import OrderPage, ShopOrder
from portal.sync.shop_port import Shop
from tests.clients.wire import (
    SINCE,
    STORE,
    TOKEN,
    UNTIL,
    Noted,
    address_row,
    asked,
    line_row,
    order_row,
    shop,
    whole_row,
)

ORDERS = f"{STORE}/orders"


def changed(noted: Noted | None = None, after_id: int = 0) -> OrderPage:
    return shop(noted).changed(since=SINCE, until=UNTIL, after_id=after_id)


def simple_order(**changes: Any) -> ShopOrder:
    order = read_order(order_row(**changes))
    assert isinstance(order, ShopOrder)
    return order


@responses.activate
def test_a_page_is_asked_for_by_keyset_with_times_in_utc() -> None:
    responses.get(
        ORDERS, body=dump([whole_row(100), whole_row(101)]), headers={"Date": "Sun, 02 Aug 2026 00:05:00 GMT"}
    )
    since = datetime(2026, 8, 1, 9, 30, 15, 999, tzinfo=UTC).astimezone()
    page = shop().changed(since=since - timedelta(hours=9, minutes=30, seconds=15), until=UNTIL, after_id=99)
    assert asked(0) == {
        "sort": ["id:asc"],
        "min_id": ["99"],
        "min_date_modified": ["2026-08-01T00:00:00Z"],
        "max_date_modified": ["2026-08-02T00:00:00Z"],
        "limit": ["250"],
        "include": ["consignments.line_items,fees"],
        "consignment_structure": ["object"],
    }
    assert responses.calls[0].request.headers["X-Auth-Token"] == TOKEN
    assert [order.id for order in page.orders] == [100, 101]
    assert sorted(page.complete) == [100, 101]
    assert (page.last, page.outside_window, len(responses.calls)) == (True, 0, 1)
    assert page.shop_time == datetime(2026, 8, 2, 0, 5, tzinfo=UTC)


@responses.activate
def test_a_backfill_asks_by_the_date_of_creation() -> None:
    responses.get(
        ORDERS, body=dump([whole_row(100), whole_row(101, date_created="Fri, 31 Jul 2026 23:59:59 +0000")])
    )
    page = shop().created(since=SINCE, until=UNTIL, after_id=0)
    assert asked(0)["min_date_created"] == ["2026-08-01T00:00:00Z"]
    assert "min_id" not in asked(0)
    assert ([order.id for order in page.orders], page.outside_window) == ([100], 1)


@responses.activate
def test_no_content_is_an_empty_last_page() -> None:
    responses.get(ORDERS, status=204)
    page = changed()
    assert (page.orders, page.last) == ((), True)


@responses.activate
def test_the_repeated_row_and_doubled_rows_are_dropped() -> None:
    responses.get(ORDERS, body=dump([whole_row(100), whole_row(101), whole_row(101), whole_row(102)]))
    assert [order.id for order in changed(after_id=100).orders] == [101, 102]


@responses.activate
def test_a_page_that_may_have_been_cut_at_the_shops_own_size_is_not_the_last() -> None:
    responses.get(ORDERS, body=dump([order_row(number) for number in range(1, 51)]))
    assert changed().last is False


@responses.activate
def test_a_shop_that_ignores_the_filter_is_read_on_and_counted() -> None:
    old = {"date_modified": "Wed, 01 Jan 2025 00:00:00 +0000"}
    responses.get(ORDERS, body=dump([order_row(number, **old) for number in range(1, 251)]))
    responses.get(ORDERS, body=dump([order_row(251), order_row(252, **old)]))
    page = changed()
    assert ([order.id for order in page.orders], page.outside_window, page.last) == ([251], 251, True)
    assert asked(1)["min_id"] == ["250"]


@responses.activate
def test_a_row_without_an_id_shows_with_the_next_rows_that_have_one() -> None:
    old = {"date_modified": "Wed, 01 Jan 2025 00:00:00 +0000"}
    responses.get(ORDERS, body=dump([{"id": None}, *(order_row(number, **old) for number in range(1, 251))]))
    responses.get(ORDERS, body=dump([order_row(251)]))
    page = changed()
    assert ([broken.id for broken in page.unreadable], [order.id for order in page.orders]) == ([0], [251])


@responses.activate
def test_a_list_that_does_not_move_on_is_refused() -> None:
    responses.get(ORDERS, body=dump([order_row(number) for number in range(1, 251)]))
    with pytest.raises(Unreachable):
        changed(after_id=250)


@responses.activate
def test_a_full_page_out_of_order_is_read_once_more_and_then_refused() -> None:
    rows = [order_row(number) for number in range(1, 251)]
    responses.get(ORDERS, body=dump(rows[::-1]))
    responses.get(ORDERS, body=dump(rows))
    assert len(changed().orders) == 250
    responses.replace(responses.GET, ORDERS, body=dump(rows[::-1]))
    with pytest.raises(Unreachable):
        changed()


@responses.activate
def test_one_unreadable_order_leaves_the_others_on_the_page() -> None:
    spoilt = whole_row(102)
    spoilt["consignments"]["shipping"][0]["line_items"][0]["quantity"] = "lots"
    responses.get(ORDERS, body=dump([whole_row(100), order_row(101, status_id="x"), spoilt, {"id": None}]))
    page = changed()
    assert [order.id for order in page.orders] == [100]
    assert [broken.id for broken in page.unreadable] == [0, 101, 102]
    assert "quantity" in page.unreadable[2].reason


@responses.activate
def test_a_shop_that_refuses_included_lines_is_asked_without_them_from_then_on() -> None:
    responses.get(ORDERS, status=400, body="[]")
    responses.get(ORDERS, body=dump([order_row()]))
    client = shop()
    page = client.changed(since=SINCE, until=UNTIL, after_id=0)
    client.changed(since=SINCE, until=UNTIL, after_id=0)
    assert page.complete == {}
    assert ["include" in asked(number) for number in range(3)] == [True, False, False]


@responses.activate
def test_a_complete_order_reads_lines_to_the_end_and_only_what_matters() -> None:
    products = f"{ORDERS}/100/products"
    responses.get(products, body=dump([line_row(number) for number in range(1, 251)]))
    responses.get(products, body=dump([line_row(number) for number in range(250, 261)]))
    responses.get(f"{ORDERS}/100/shipping_addresses", body=dump([address_row()]))
    order = simple_order(
        items_total=260,
        subtotal_ex_tax="2600",
        subtotal_inc_tax="2860",
        total_ex_tax="2600",
        total_inc_tax="2860",
    )
    found = shop().complete(order)
    assert (len(found.lines), found.complete, len(found.shipping_addresses)) == (260, True, 1)
    assert (asked(0), asked(1)["page"]) == ({"limit": ["250"]}, ["2"])
    assert len(responses.calls) == 3


@responses.activate
def test_coupons_and_fees_are_read_where_they_matter() -> None:
    responses.get(f"{ORDERS}/100/products", body=dump([line_row()]))
    responses.get(f"{ORDERS}/100/shipping_addresses", status=204)
    responses.get(f"{ORDERS}/100/coupons", body='[{"id": 1, "code": "POST", "type": 4, "discount": 5}]')
    fee = '{"fees": [{"id": 1, "display_name_merchant": "Tree", "cost_inc_tax": 2.20, "cost_ex_tax": "2"}]}'
    responses.get(f"{ORDERS}/100/fees", body=fee)
    found = shop().complete(simple_order(coupon_discount="5.0000"))
    assert [(coupon.code, coupon.kind) for coupon in found.coupons] == [("POST", 4)]
    assert [str(one.cost.inc_tax) for one in found.fees] == ["2.20"]
    assert shop().reopen(found.document) == found


@responses.activate
@pytest.mark.parametrize("answer", ["[]", '[{"id": 1, "quantity": "lots"}]', ""])
def test_an_order_whose_lines_are_missing_or_senseless_is_not_complete(answer: str) -> None:
    responses.get(f"{ORDERS}/100/products", body=answer)
    responses.get(f"{ORDERS}/100/shipping_addresses", status=404, body="[]")
    responses.get(f"{ORDERS}/100/fees", status=404, body="[]")
    assert shop().complete(simple_order()).complete is False


@responses.activate
def test_one_order_comes_whole_in_one_call() -> None:
    responses.get(f"{ORDERS}/100", body=dump(whole_row()))
    found = shop().one(100)
    assert found is not None
    assert found.complete
    assert len(responses.calls) == 1


@responses.activate
def test_one_order_that_is_gone_is_none_and_one_that_cannot_be_read_is_not_complete() -> None:
    responses.get(f"{ORDERS}/100", status=404, body='[{"status": 404, "message": "Not there."}]')
    assert shop().one(100) is None
    responses.replace(responses.GET, f"{ORDERS}/100", body=dump(order_row(date_created="?")))
    hollow = shop().one(100)
    assert hollow is not None
    assert (hollow.order.id, hollow.complete) == (100, False)
    spoilt = whole_row()
    spoilt["consignments"]["shipping"][0]["line_items"][0]["price_inc_tax"] = "free"
    responses.replace(responses.GET, f"{ORDERS}/100", body=dump(spoilt))
    found = shop().one(100)
    assert found is not None
    assert (found.order.customer_id, found.complete) == (0, False)


def test_a_spoilt_document_becomes_an_order_to_be_read_afresh() -> None:
    assert shop().reopen("{}").complete is False


def test_the_client_is_a_shop() -> None:
    port: Shop = shop()
    assert port.reopen("") is not None


@responses.activate
def test_a_list_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.clients.bigcommerce.LONGEST_LIST", 4)
    rows = iter(range(1, 10_000_000))

    def endless(_request: object) -> tuple[int, dict[str, str], str]:
        return 200, {}, dump([{"id": next(rows)} for _ in range(250)])

    responses.add_callback(responses.GET, f"{ORDERS}/100/products", callback=endless)
    with pytest.raises(Unreachable):
        shop().complete(simple_order())
    old = dump(
        [order_row(number, date_modified="Wed, 01 Jan 2025 00:00:00 +0000") for number in range(1, 61)]
    )
    for shift in range(4):
        responses.get(ORDERS, body=old.replace('"id": ', f'"id": {shift + 1}0'))
    with pytest.raises(Unreachable):
        changed()
