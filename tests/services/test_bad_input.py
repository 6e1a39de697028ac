"""What no shop should send: each order gets a named problem, and the run goes on (issue 3), against the sandbox's two servers."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select

from portal.models.connections import Connection
from portal.models.orders import Attempt
from portal.models.runs import RunKind
from tests.sandbox_desk import Desk
from tests.selection_desk import STORE, Counter, unexplained

Documents = dict[str, Any]
FIRST = 5_000


def as_it_should_be(shop: Counter) -> Documents:
    """The documents of a good order, as the shop sends them."""
    number = shop.place(status_id=5)
    found = shop.documents(number)
    shop.desk.servers.bigcommerce.shops[STORE].remove(
        shop.desk.servers.bigcommerce.shops[STORE].orders[number]
    )
    order = {**found["order"], "status_id": 11}
    names = ("products", "shipping_addresses", "coupons", "taxes", "fees")
    return {"order": order, **{name: found[name] for name in names}}


def order(**fields: Any) -> Callable[[Documents], None]:
    return lambda documents: documents["order"].update(fields)


def without(*names: str) -> Callable[[Documents], None]:
    def take_out(documents: Documents) -> None:
        for name in names:
            documents["order"].pop(name)

    return take_out


def line(**fields: Any) -> Callable[[Documents], None]:
    return lambda documents: documents["products"][0].update(fields)


def billing(**fields: Any) -> Callable[[Documents], None]:
    return lambda documents: documents["order"]["billing_address"].update(fields)


def no_lines(documents: Documents) -> None:
    documents["products"] = []


def nothing_but_an_id(documents: Documents) -> None:
    kept = ("id", "date_created", "date_modified")
    documents["order"] = {name: documents["order"].get(name) for name in kept}


UNREADABLE = ("failed", "ORDER_UNREADABLE")
POSTED = ("posted", None)
SPOILT: list[tuple[str, Callable[[Documents], None], tuple[str, str | None]]] = [
    ("no total", without("total_inc_tax"), UNREADABLE),
    ("no status", without("status_id"), UNREADABLE),
    ("no currency", without("default_currency_code"), UNREADABLE),
    ("nothing but an id", nothing_but_an_id, UNREADABLE),
    ("nulls for amounts", order(total_inc_tax=None), UNREADABLE),
    ("a date in 1970", order(date_created="Thu, 01 Jan 1970 00:00:00 +0000"), UNREADABLE),
    ("a date in 2100", order(date_created="Fri, 01 Jan 2100 00:00:00 +0000"), UNREADABLE),
    ("a date that is none", order(date_created="the day before yesterday"), UNREADABLE),
    ("a status in words", order(status_id="eleven"), UNREADABLE),
    ("a total of a quadrillion", order(total_inc_tax="1e15"), UNREADABLE),
    ("a total with fifty decimals", order(total_inc_tax="0." + "0" * 49 + "1"), UNREADABLE),
    ("a total with sixty digits", order(total_inc_tax="9" * 60), UNREADABLE),
    ("a total in words", order(total_inc_tax="eleven dollars"), UNREADABLE),
    ("a total below nothing", order(total_inc_tax="-11.0000"), ("failed", "TOTALS_DIFFER")),
    ("no lines at all", no_lines, ("failed", "INCOMPLETE_READ")),
    ("a line without a SKU", line(sku=""), ("failed", "LINE_WITHOUT_SKU")),
    ("a line without an id", line(id=None), UNREADABLE),
    ("a quantity in words", line(quantity="several"), UNREADABLE),
    ("a quantity below nothing", line(quantity=-3), UNREADABLE),
    ("a quantity beyond all stores", line(quantity=10**12), UNREADABLE),
    ("a SKU of 10,000 characters", line(sku="S" * 10_000), ("failed", "ITEM_NOT_FOUND")),
    ("a SKU of control characters", line(sku="\x00\x07\x1b"), ("failed", "LINE_WITHOUT_SKU")),
    ("control characters in names", billing(first_name="Ro\x00bin\x1b", last_name="\x07Reed\x9f"), POSTED),
    ("names from right to left", billing(first_name="מרים", last_name="\u202eالخطيب\u202c"), POSTED),
    ("half a character", billing(first_name="Robin \ud83d"), POSTED),
    ("names of 10,000 characters", billing(first_name="R" * 10_000, last_name="B" * 10_000), POSTED),
    ("a message of a million characters", order(customer_message="m\x00 " * 333_333), POSTED),
    ("a product's name of 10,000 characters", line(name="n" * 10_000), POSTED),
    ("mark-up in names", billing(first_name="<script>alert(1)</script>", last_name="'; DROP TABLE--"), POSTED),
    ("an address that is a text", order(billing_address="1 High Street"), POSTED),
    ("a status with a name of 10,000 characters", order(custom_status="s" * 10_000), POSTED),
]  # fmt: skip


def placed(shop: Counter) -> dict[str, int]:
    """Every spoilt order, and a good one after them; their ids by name."""
    good = as_it_should_be(shop)
    made = {}
    for place, (name, spoil, _) in enumerate([*SPOILT, ("good", lambda _documents: None, POSTED)]):
        documents = json.loads(json.dumps(good))
        documents["order"]["id"] = FIRST + place
        documents["order"]["date_modified"] = good["order"]["date_created"]
        spoil(documents)
        documents["order"]["id"] = made[name] = FIRST + place
        shop.place_as_it_is(**documents)
        # Whatever its date says, the shop shows it now.
        record = shop.desk.servers.bigcommerce.shops[STORE].orders[FIRST + place]
        record.created = shop.clock.now() - timedelta(minutes=1)
        record.timeline = []
    return made


def test_each_spoilt_order_is_named_and_the_good_one_is_posted(shop: Counter) -> None:
    numbers = placed(shop)
    shop.settings(ignore_filters=["min_date_modified", "max_date_modified"])

    run = shop.run()

    assert (run.state, run.problem_code) == ("finished", None)
    found = {name: shop.state(number) for name, number in numbers.items()}
    assert found == {name: expected for name, _, expected in SPOILT} | {"good": POSTED}
    assert unexplained(shop) == ()


def test_what_was_cleaned_arrives_clean_and_everything_kept_has_a_lines_length(shop: Counter) -> None:
    numbers = placed(shop)
    shop.settings(ignore_filters=["min_date_modified", "max_date_modified"])
    shop.run()

    text = json.dumps([sale_and_contacts(shop.desk)], ensure_ascii=False)
    assert not any(mark in text for mark in ("\\u0000", "\\u001b", "\u202e", "\\ud83d"))
    assert "الخطيب" in text
    assert "Ro bin" in text
    lines = shop.desk.session.scalars(select(Attempt.note))
    assert max(map(len, lines)) <= 1_000
    long = shop.order(numbers["a SKU of 10,000 characters"])
    assert long.problems[0]["sentence"].startswith(
        f"Order #{long.order_id}: Unable to find product with BigCommerce sku/code=SSS"
    )
    assert (len(long.problems[0]["sentence"]), len(long.problems[0]["subject"])) == (1_000, 500)


def sale_and_contacts(desk: Desk) -> dict[str, Any]:
    url = f"{desk.servers.saasu_url}/_control/files/{desk.file.file_id}"
    return {name: requests.get(f"{url}/{name}", timeout=10).json()[name] for name in ("invoices", "contacts")}


def test_a_spoilt_order_is_told_once_and_taken_when_it_is_mended(shop: Counter) -> None:
    numbers = placed(shop)
    shop.settings(ignore_filters=["min_date_modified", "max_date_modified"])
    shop.run()
    first = shop.order(numbers["no total"])
    before = len(first.attempts)
    shop.run(RunKind.SWEEP)
    assert len(shop.order(numbers["no total"]).attempts) == before

    shop.change(numbers["no total"], total_inc_tax="11.0000")
    shop.run()

    assert shop.state(numbers["no total"]) == POSTED


def test_one_order_that_is_no_json_is_named_and_the_others_are_posted(shop: Counter) -> None:
    numbers = [shop.place() for _ in range(3)]
    text = as_listed(shop)
    broken = f'"id": {numbers[1]}'
    assert broken in text
    spoilt = text.replace(f"{broken},", f'{broken}, "customer_id": 0, "staff_notes": "he said "no"",', 1)
    faults = shop.desk.servers.controls["bigcommerce"].faults
    for path, body in (("/v2/orders", spoilt), ("/v2/orders/{id}", '{"id": ')):
        faults.order(
            {"match": {"path": path}, "fault": "error_after", "status": 200, "body": body, "times": 99}
        )

    run = shop.run()

    assert (run.state, run.problem_code) == ("finished", None)
    assert [shop.state(number) for number in numbers] == [POSTED, UNREADABLE, POSTED]


def as_listed(shop: Counter) -> str:
    """The list of orders as the shop sends it with everything that belongs to them."""
    answer = requests.get(
        f"{shop.desk.servers.bigcommerce_url}/stores/{STORE}/v2/orders",
        params={"include": "consignments.line_items,fees", "consignment_structure": "object"},
        headers={"X-Auth-Token": f"sandbox-token-{STORE}", "Accept": "application/json"},
        timeout=10,
    )
    return json.dumps(answer.json())


def test_a_shop_whose_answers_are_all_spoilt_stops_the_run_and_blames_no_order(shop: Counter) -> None:
    shop.place()
    shop.desk.servers.controls["bigcommerce"].faults.order({"fault": "malformed", "times": 99})

    run = shop.run()

    assert (run.state, run.problem_code) == ("incomplete", "STORE_UNREACHABLE")
    assert shop.desk.session.get_one(Connection, shop.connection.id).problem_code == "STORE_UNREACHABLE"


@pytest.mark.parametrize("part", ["products", "shipping_addresses"])
def test_parts_that_are_no_json_leave_their_order_incomplete_and_the_next_run_reads_it(
    shop: Counter, part: str
) -> None:
    shop.settings(consignments=False)
    numbers = [shop.place(destinations=[{"address": {"city": "Bendigo"}, "cost": "0"}]) for _ in range(5)]
    faults = shop.desk.servers.controls["bigcommerce"].faults
    faults.order({"match": {"path": f"/v2/orders/{{id}}/{part}"}, "fault": "malformed", "times": 99})

    run = shop.run()
    assert (run.state, {shop.state(number) for number in numbers}) == (
        "finished",
        {("failed", "INCOMPLETE_READ")},
    )
    faults.clear()
    shop.forward(hours=2)
    shop.run()

    assert {shop.state(number) for number in numbers} == {POSTED}
