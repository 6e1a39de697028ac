"""Who gets in, how a shop refuses, and its allowance of calls (BC §1, §2)."""

import pytest
import requests

from tests.sandbox.bigcommerce.conftest import Caller

HEADERS = {
    "x-rate-limit-requests-left": "149",
    "x-rate-limit-requests-quota": "150",
    "x-rate-limit-time-window-ms": "30000",
}


def _raw(shop: Caller, path: str = "/orders", method: str = "GET", **headers: str) -> requests.Response:
    sent: dict[str, str] = {"X-Auth-Token": shop.token} | headers
    return requests.request(method, f"{shop.base}{path}", headers=sent, timeout=10)


def test_a_wrong_or_missing_token_is_401_with_an_object(shop: Caller) -> None:
    for token in ("", "wrong"):
        answer = _raw(shop, **{"X-Auth-Token": token})
        assert (answer.status_code, answer.json()["status"]) == (401, 401)


def test_an_unknown_shop_is_403(shop: Caller) -> None:
    address = shop.base.replace("/mine/", "/other/")
    assert requests.get(f"{address}/orders", headers={"X-Auth-Token": "any"}, timeout=10).status_code == 403


def test_a_missing_scope_is_403_and_leaves_the_others(shop: Caller) -> None:
    shop.switch(scopes=["orders"])
    assert shop.get("/store").status_code == 403
    assert "required scope" in shop.get("/store").json()["title"]
    assert shop.get("/orders").status_code == 204


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_written_with_a_token_that_reads(shop: Caller, method: str) -> None:
    assert _raw(shop, method=method).status_code == 403


def test_a_suspended_shop_answers_503_with_an_object(shop: Caller) -> None:
    shop.switch(suspended=True)
    answer = shop.get("/orders")
    assert answer.status_code == 503
    assert answer.json()["title"].startswith("The store is suspended.")


def test_a_token_dies_when_its_time_has_come(shop: Caller) -> None:
    shop.switch(token_dies_at="2026-03-01T12:00:01Z")
    assert shop.get("/time").status_code == 200
    shop.servers.clock.set({"now": "2026-03-01T12:00:01Z"})
    assert shop.get("/time").status_code == 401


def test_a_changed_token_shuts_the_old_one_out(shop: Caller) -> None:
    old = shop.token
    shop.switch(token="new")
    assert _raw(shop, **{"X-Auth-Token": old}).status_code == 401
    assert _raw(shop, **{"X-Auth-Token": "new"}).status_code == 204


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/orders/1", "GET", 404),
        ("/orders/1/products", "GET", 404),
        ("/nothing", "GET", 404),
        ("/orders", "PATCH", 405),
    ],
)
def test_what_is_not_there_is_refused_with_an_array(
    shop: Caller, path: str, method: str, status: int
) -> None:
    answer = _raw(shop, path, method)
    assert answer.status_code == status
    assert answer.json()[0]["status"] == status


def test_only_json_is_spoken(shop: Caller) -> None:
    assert _raw(shop, Accept="application/xml").status_code == 406
    assert _raw(shop, Accept="text/html, application/json").status_code == 204


def test_every_answer_says_what_is_left_of_the_allowance_and_what_time_it_is(shop: Caller) -> None:
    answer = shop.get("/time")
    assert HEADERS.items() <= {name.lower(): value for name, value in answer.headers.items()}.items()
    assert 0 < int(answer.headers["X-Rate-Limit-Time-Reset-Ms"]) <= 30000
    assert answer.headers["Date"] == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert answer.json() == {"time": 1772366400}


def test_more_than_the_allowance_is_429_until_the_window_ends(shop: Caller) -> None:
    shop.switch(quota=2, window_seconds=1)
    assert [shop.get("/time").status_code for _ in range(3)] == [200, 200, 429]
    refused = shop.get("/time")
    assert 0 < int(refused.headers["X-Rate-Limit-Time-Reset-Ms"]) <= 1000
    shop.switch(refill=True)
    assert shop.get("/time").status_code == 200


def test_a_429_can_come_without_its_headers(shop: Caller) -> None:
    shop.switch(quota=0, rate_headers=False)
    answer = shop.get("/time")
    assert answer.status_code == 429
    assert not any(name.lower().startswith("x-rate-limit") for name in answer.headers)


def test_store_tells_currency_zone_and_price_entry(shop: Caller) -> None:
    answer = shop.get("/store").json()
    assert (answer["id"], answer["currency"], answer["is_price_entered_with_tax"]) == ("mine", "AUD", True)
    assert (answer["timezone"]["name"], answer["timezone"]["raw_offset"]) == ("Australia/Sydney", 36000)
