"""What the sandbox answers is what the official files describe, apart from what recorded answers show."""

import re
from typing import Any

import pytest

from sandbox.serve import Running
from tests.sandbox.bigcommerce.conftest import Caller
from tests.sandbox.bigcommerce.contract import (
    DEPARTURES,
    EXAMPLES,
    RECORDED,
    faults,
    needs_contract,
    recorded,
    resource_of,
    unexcused,
)

pytestmark = needs_contract

LISTS = {"products": "product", "shipping_addresses": "shipping_address", "coupons": "coupon", "taxes": "tax"}


def test_every_order_of_every_shop_conforms(demo: Running) -> None:
    seen = 0
    for store_hash in demo.bigcommerce.shops:
        caller = Caller(demo, store_hash)
        if caller.get("/time").status_code == 401:
            continue
        page = 1
        while (answer := caller.get("/orders", limit=250, page=page)).status_code == 200:
            for order in answer.json():
                assert unexcused("order", order) == set(), order["id"]
                seen += 1
            page += 1
    assert seen > 700


@pytest.mark.parametrize("name", LISTS)
def test_every_row_below_an_order_conforms(homewares: Caller, name: str) -> None:
    seen = 0
    for order_id in homewares.ids(limit=60):
        answer = homewares.get(f"/orders/{order_id}/{name}", details="true")
        assert answer.status_code in {200, 204}
        for row in answer.json() if answer.status_code == 200 else []:
            assert unexcused(LISTS[name], row) == set()
            seen += 1
    assert seen > 0


def test_included_consignments_conform_with_their_lines(homewares: Caller) -> None:
    params = {"include": "consignments.line_items,fees", "consignment_structure": "object", "limit": 100}
    seen = 0
    for order in homewares.get("/orders", **params).json():
        assert unexcused("order", order) == set()
        assert unexcused("consignments", order["consignments"]) == set()
        groups = (
            order["consignments"]["shipping"]
            + order["consignments"]["pickups"]
            + order["consignments"]["downloads"]
        )
        for line in (line for group in groups for line in group["line_items"]):
            assert unexcused("product", line) == set()
            seen += 1
    assert seen > 100


def test_the_consignments_of_one_order_conform_with_links_for_lines(homewares: Caller) -> None:
    answer = homewares.get(f"/orders/{homewares.ids(limit=1)[0]}/consignments").json()
    assert unexcused("consignments", answer) == set()
    assert {"url", "resource"} == set(answer["shipping"][0]["line_items"][0])


@pytest.mark.parametrize(
    ("path", "resource"),
    [("/store", "store"), ("/time", "time"), ("/orders/count", "count"), ("/orders/100", "order")],
)
def test_single_answers_conform(homewares: Caller, path: str, resource: str) -> None:
    assert unexcused(resource, homewares.get(path).json()) == set()


def test_statuses_conform_and_are_the_fifteen_that_are_documented(homewares: Caller) -> None:
    answer = homewares.get("/order_statuses").json()
    assert [row["id"] for row in answer] == list(range(15))
    assert all(unexcused("order_status", row) == set() for row in answer)
    documented = {row["id"]: row["system_label"] for row in recorded("nango__order_statuses.json")}
    assert {row["id"]: row["name"] for row in answer} == documented


def test_fees_conform(shop: Caller) -> None:
    placed = shop.place(fees=[{"name": "Card surcharge", "cost": "1.10"}])
    answer = shop.get(f"/orders/{placed['id']}/fees").json()
    assert unexcused("fees", answer["fees"][0]) == set()
    assert answer["fees"][0]["cost_tax"] == "0.1000"


def _recorded_names() -> list[str]:
    return sorted(path.name for path in EXAMPLES.glob("*.json") if resource_of(path.name))


@pytest.mark.parametrize("name", _recorded_names())
def test_a_recorded_answer_passes_the_same_check(name: str) -> None:
    resource = resource_of(name)
    assert resource is not None
    for document in recorded(name):
        assert unexcused(resource, document) == set()


@pytest.mark.parametrize("departure", DEPARTURES, ids=lambda one: f"{one.resource}.{one.field}")
def test_a_departure_is_shown_by_the_recorded_answer_it_cites(departure: Any) -> None:
    cited = DEPARTURES[departure]
    assert re.match(r"(nango|idx|issue173|aligent)__", cited), (
        "samples of documentation are no recorded answers"
    )
    shown = set().union(*(faults(departure.resource, document) for document in recorded(cited)))
    assert departure in shown


def test_the_check_finds_what_is_wrong() -> None:
    order = next(recorded("nango__order_100.json"))
    assert {(one.field, one.rule) for one in unexcused("order", order | {"total_inc_tax": 1.5})} == {
        ("total_inc_tax", "type")
    }
    assert len(unexcused("product", {"quantity": "1", "colour": "red"})) == 2


def test_every_kind_of_answer_has_a_recorded_one() -> None:
    assert {resource_of(name) for name in _recorded_names()} == set(RECORDED.values())


def _same_shape(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    missing = theirs.keys() - ours.keys()
    assert missing == set()
    for name, value in theirs.items():
        if isinstance(value, str) and isinstance(ours[name], str) and re.fullmatch(r"\d+\.\d{4}", value):
            assert re.fullmatch(r"\d+\.\d{4}", ours[name]), name


def test_an_order_and_its_line_have_every_field_of_the_recorded_ones(homewares: Caller) -> None:
    order_id = homewares.ids(limit=1)[0]
    order = homewares.get(f"/orders/{order_id}").json()
    _same_shape(order, next(recorded("nango__order_100.json")))
    _same_shape(
        homewares.get(f"/orders/{order_id}/products").json()[0],
        next(recorded("nango__order_100__products.json")),
    )
    address = next(recorded("nango__order_100__shipping_addresses.json"))
    _same_shape(homewares.get(f"/orders/{order_id}/shipping_addresses").json()[0], address)
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", order["date_created"])
