"""The ground both servers share: clock, counts, faults to order, and what survives a restart."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.bigcommerce.app import create
from sandbox.catalogue import CATALOGUES, sellables
from sandbox.clock import Clock
from sandbox.control import Control
from sandbox.documents import Documents
from sandbox.faults import NAMES, rearranged
from sandbox.serve import Running, running
from sandbox.world import named

SHOP = "mine"


@pytest.fixture
def servers() -> Iterator[Running]:
    with running("empty") as found:
        _control(found, "POST", "/stores", {"hash": SHOP})
        line = {"sku": "A", "name": "A", "price": "1.00"}
        _control(found, "POST", f"/stores/{SHOP}/orders", {"orders": [{"lines": [line]}] * 3})
        yield found


def _control(servers: Running, method: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(method, f"{servers.bigcommerce_url}/_control{path}", json=body, timeout=10)


def _orders(servers: Running, **params: Any) -> requests.Response:
    address = f"{servers.bigcommerce_url}/stores/{SHOP}/v2/orders"
    return requests.get(address, params=params, headers={"X-Auth-Token": f"sandbox-token-{SHOP}"}, timeout=5)


def _fault(servers: Running, name: str, **more: Any) -> None:
    body = {"match": {"method": "GET", "path": "/v2/orders"}, "fault": name} | more
    answer = _control(servers, "POST", "/faults", body)
    assert answer.status_code == 201, answer.text


def test_a_clock_set_on_one_server_is_set_on_both(servers: Running) -> None:
    _control(servers, "PUT", "/clock", {"now": "2026-03-01T12:00:00Z"})
    answer = requests.get(f"{servers.saasu_url}/_control/clock", timeout=10)
    assert answer.json() == {"now": "2026-03-01T12:00:00Z", "mode": "fixed"}
    assert answer.headers["Date"] == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert _control(servers, "PUT", "/clock", {"offset_seconds": 60}).json()["mode"] == "shifted"
    assert _control(servers, "PUT", "/clock", {"now": None}).json()["mode"] == "real"
    assert _control(servers, "PUT", "/clock", {"hour": 1}).status_code == 400
    assert _control(servers, "PUT", "/clock", {"now": "noon"}).status_code == 400


def test_a_running_clock_goes_on_from_where_it_was_set() -> None:
    clock = Clock()
    clock.set({"now": "2026-03-01T12:00:00Z", "running": True})
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert start <= clock.now() < start + timedelta(seconds=5)


def test_calls_are_counted_by_endpoint_and_shop_but_not_pages_and_control(servers: Running) -> None:
    _orders(servers)
    _orders(servers)
    token = {"X-Auth-Token": f"sandbox-token-{SHOP}"}
    requests.get(f"{servers.bigcommerce_url}/stores/{SHOP}/v2/orders/100/products", headers=token, timeout=5)
    requests.get(servers.bigcommerce_url, timeout=5)
    counts = _control(servers, "GET", "/calls?latest=1").json()
    assert counts["by_endpoint"] == {"GET /v2/orders": 2, "GET /v2/orders/{id}/products": 1}
    assert counts["by_scope"] == {SHOP: counts["by_endpoint"]}
    assert (counts["total"], counts["by_status"]) == (3, {"200": 3})
    assert [call["path"] for call in counts["latest"]] == [f"/stores/{SHOP}/v2/orders/100/products"]
    assert _control(servers, "DELETE", "/calls").status_code == 204
    assert _control(servers, "GET", "/calls").json()["total"] == 0


@pytest.mark.parametrize("name", ["reset_before", "reset_after"])
def test_a_reset_ends_the_connection_without_an_answer_once(servers: Running, name: str) -> None:
    _fault(servers, name)
    with pytest.raises(requests.ConnectionError, match=r"reset by peer|Connection aborted"):
        _orders(servers)
    assert _orders(servers).status_code == 200


def test_a_cut_answer_stops_in_the_middle(servers: Running) -> None:
    _fault(servers, "cut")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        _orders(servers)


@pytest.mark.parametrize(("name", "status"), [("error_before", 500), ("error_after", 500), ("throttle", 429)])
def test_an_ordered_error_has_its_status_and_body(servers: Running, name: str, status: int) -> None:
    _fault(servers, name)
    answer = _orders(servers)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    _fault(servers, name, status=502, body="<h1>Bad gateway</h1>", headers={"Content-Type": "text/html"})
    answer = _orders(servers)
    assert (answer.status_code, answer.text) == (502, "<h1>Bad gateway</h1>")


def test_a_storm_of_429s_can_come_with_or_without_its_headers(servers: Running) -> None:
    _fault(servers, "throttle", times=2)
    assert [_orders(servers).status_code for _ in range(3)] == [429, 429, 200]
    _fault(servers, "throttle", headers={"X-Rate-Limit-Time-Reset-Ms": ""})
    assert "X-Rate-Limit-Time-Reset-Ms" not in _orders(servers).headers


def test_rows_come_twice_or_the_other_way_round(servers: Running) -> None:
    _fault(servers, "duplicate_rows")
    assert [one["id"] for one in _orders(servers).json()] == [100, 100, 101, 101, 102, 102]
    _fault(servers, "reorder_rows")
    assert [one["id"] for one in _orders(servers).json()] == [102, 101, 100]


def test_rearranging_rows_leaves_their_numbers_as_written() -> None:
    assert rearranged(b'{"Rows": [{"a": 1.50}, {"b": "]"}], "x": 1}', lambda rows: rows[::-1]) == (
        b'{"Rows": [{"b": "]"},{"a": 1.50}], "x": 1}'
    )


def test_a_maintenance_page_is_html_with_200_and_broken_json_is_broken(servers: Running) -> None:
    _fault(servers, "html")
    answer = _orders(servers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    _fault(servers, "malformed")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        _orders(servers).json()


def test_a_time_out_never_answers_and_a_slow_call_does_late(servers: Running) -> None:
    _fault(servers, "timeout", seconds=0.3)
    with pytest.raises(requests.ConnectionError):
        _orders(servers)
    _fault(servers, "slow", seconds=0.3)
    before = time.monotonic()
    assert _orders(servers).status_code == 200
    assert time.monotonic() - before >= 0.3


def test_a_late_commit_does_the_work_after_the_connection_was_reset(servers: Running) -> None:
    quota = servers.bigcommerce.shops[SHOP].quota
    _orders(servers)
    used = quota._used
    _fault(servers, "late_commit", seconds=0.2)
    with pytest.raises(requests.ConnectionError):
        _orders(servers)
    assert quota._used == used
    deadline = time.monotonic() + 5
    while quota._used == used and time.monotonic() < deadline:
        time.sleep(0.02)
    assert quota._used == used + 1


def test_faults_wait_for_the_calls_they_are_about(servers: Running) -> None:
    _fault(
        servers, "error_before", skip=1, match={"path": "/stores/*", "query": {"page": "2"}, "scope": SHOP}
    )
    assert _orders(servers).status_code == 200
    assert _orders(servers, page=2).status_code == 204
    assert _orders(servers, page=2).status_code == 500
    listed = _control(servers, "GET", "/faults").json()
    assert [(fault["fault"], fault["hits"]) for fault in listed] == [("error_before", 1)]
    assert _control(servers, "DELETE", "/faults").status_code == 204
    assert _control(servers, "GET", "/faults").json() == []


@pytest.mark.parametrize(
    "body",
    [
        {"fault": "meteor"},
        {"fault": "slow", "times": -1},
        {"fault": "slow", "colour": 1},
        {"fault": "slow", "match": {"verb": "GET"}},
        {"fault": "slow", "match": []},
        {"fault": "html", "status": 99},
        {"fault": "html", "body": 1},
        {"fault": "html", "headers": {"a": 1}},
        {"fault": "html", "commit": 1},
        [],
    ],
)
def test_a_fault_that_is_none_is_refused_with_a_sentence(servers: Running, body: Any) -> None:
    answer = _control(servers, "POST", "/faults", body)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_every_fault_that_is_named_can_be_ordered(servers: Running) -> None:
    for name in NAMES:
        _fault(servers, name, times=0)
    assert len(_control(servers, "GET", "/faults").json()) == len(NAMES)


def test_a_connection_is_kept_open_between_calls(servers: Running) -> None:
    with requests.Session() as session:
        for _ in range(3):
            assert session.get(f"{servers.bigcommerce_url}/_control/clock", timeout=5).status_code == 200
        pools = session.get_adapter("http://").poolmanager.pools  # type: ignore[attr-defined]
        assert pools[next(iter(pools.keys()))].num_connections == 1


def test_the_control_address_answers_this_machine_only() -> None:
    control = Control("bigcommerce", Clock(), named("empty"))
    client = create(named("empty"), control, Documents()).test_client()
    for caller, status in (("127.0.0.1", 200), ("192.0.2.7", 403)):
        answer = client.get("/_control/clock", environ_base={"REMOTE_ADDR": caller})
        assert answer.status_code == status


def test_the_world_is_shown_with_its_credentials() -> None:
    with running("journey") as servers:
        world = requests.get(f"{servers.saasu_url}/_control/world", timeout=10).json()
    assert world["stores"][0]["token"] == "sandbox-token-journey-01"
    assert [login["two_factor_code"] for login in world["logins"]] == [None, "246810"]


def test_what_happened_is_there_after_a_restart(tmp_path: Path) -> None:
    with running("journey", data=tmp_path) as servers:
        store = servers.world.stores[0].hash
        began, before = servers.world.began, len(servers.bigcommerce.shops[store].orders)
        line = {"sku": "A", "name": "A", "price": "1.00"}
        placed = _control(servers, "POST", f"/stores/{store}/orders", {"lines": [line]}).json()["id"]
        _control(servers, "PATCH", f"/stores/{store}", {"quota": 7, "scopes": ["orders"]})
    with running("journey", data=tmp_path) as servers:
        shop = servers.bigcommerce.shops[store]
        assert (servers.world.began, len(shop.orders)) == (began, before + 1)
        assert shop.orders[placed].documents["products"][0]["sku"] == "A"
        assert (shop.settings.quota, shop.settings.scopes) == (7, ("orders",))
        again = _control(servers, "POST", f"/stores/{store}/orders", {"lines": [line]}).json()["id"]
        assert again == placed + 1


def test_documents_come_back_as_they_were(tmp_path: Path) -> None:
    kept = Documents(tmp_path / "kept.sqlite3")
    with kept.batch():
        kept.put("things", "b", {"price": Decimal("1.50"), "rows": [1, None]})
        kept.put("things", "a", [])
    kept.remove("things", "a")
    kept.close()
    found = Documents(tmp_path / "kept.sqlite3")
    assert list(found.items("things")) == [("b", {"price": Decimal("1.50"), "rows": [1, None]})]
    assert found.get("things", "a") is None
    found.close()


def test_the_command_says_ready_and_ends_at_a_signal() -> None:
    command = [sys.executable, "-m", "sandbox", "--world", "journey"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        word, _, addresses = process.stdout.readline().partition(" ")
        found = json.loads(addresses)
        answered = [
            requests.get(f"{found[name]}/_control/clock", timeout=10).ok
            for name in ("bigcommerce", "saasu", "mailbox")
        ]
        assert found["mail"].startswith("smtp://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert (word, answered) == ("ready", [True, True, True])


def test_the_demo_is_the_same_for_the_same_moment_and_as_large_as_it_should_be() -> None:
    began = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert named("demo", began) == named("demo", began)
    with running(named("demo", began)) as first, running(named("demo", began)) as second:
        counts = {name: len(shop.orders) for name, shop in first.bigcommerce.shops.items()}
        totals = [
            [
                one.documents["order"]["total_inc_tax"]
                for shop in each.bigcommerce.shops.values()
                for one in shop.orders.values()
            ]
            for each in (first, second)
        ]
    seeded = {store.hash for store in first.world.stores if store.seeded}
    assert totals[0] == totals[1]
    assert len(seeded) == 6
    assert 650 <= sum(count for name, count in counts.items() if name in seeded) <= 950
    assert all(25 <= count <= 60 for name, count in counts.items() if name not in seeded)


def test_the_journeys_shop_has_twelve_orders_of_which_one_is_for_the_missing_item() -> None:
    with running("journey") as servers:
        shop = next(iter(servers.bigcommerce.shops.values()))
        missing = servers.world.files[0].missing_skus[0]
        skus = [{row["sku"] for row in one.documents["products"]} for one in shop.orders.values()]
    assert len(skus) == 12
    assert [place for place, found in enumerate(skus, start=1) if missing in found] == [5]


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_catalogue_has_each_sku_once_and_knows_the_parts_of_its_combos(name: str) -> None:
    skus = [one.sku for one in sellables(CATALOGUES[name])]
    assert len(skus) == len(set(skus))
    assert {sku for product in CATALOGUES[name] for sku, _ in product.parts} <= set(skus)
