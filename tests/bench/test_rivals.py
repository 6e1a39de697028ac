"""What `bench rivals` makes of what was read, and its bar; no rival is installed here."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench import _rivals_environments as environments
from bench._rivals_environments import SHOP_VARIABLE, TURNING, NotHad, Packages, environment
from bench._rivals_reader import main as our_reader
from bench._rivals_readers import Reader, Shop, ours, read
from bench._rivals_sums import (
    Played,
    Reading,
    There,
    airbyte_ids,
    came,
    for_thousand,
    holds,
    our_ids,
    singer_ids,
    told,
    wall_ratio,
)
from proofs._servers import Line
from sandbox.serve import Running, running

SECOND = 10**9
SHOP = There(frozenset({1, 2}), frozenset({11, 12, 13}))


def whole(seconds: int, calls: int = 2) -> Reading:
    return Reading(seconds * SECOND, calls, SHOP.orders, SHOP.lines)


def test_airbytes_records_are_told_from_its_other_messages() -> None:
    written = [
        '{"type": "LOG", "log": {"level": "INFO", "message": "Starting"}}',
        '{"type": "RECORD", "record": {"stream": "orders", "data": {"id": 1, "total": 1.5}}}',
        '{"type": "RECORD", "record": {"stream": "orders", "data": {"id": 1}}}',
        '{"type": "RECORD", "record": {"stream": "order_products", "data": {"id": 11, "order_id": 1}}}',
        '{"type": "STATE", "state": {}}',
        '{"type": "RECORD", "record": {"stream": "orders", "da',
        "not JSON",
        "[]",
    ]

    assert came(written, airbyte_ids) == (frozenset({1}), frozenset({11}))


def test_the_taps_orders_hold_their_lines() -> None:
    written = [
        '{"type": "SCHEMA", "stream": "orders", "schema": {}}',
        '{"type": "RECORD", "stream": "orders", "record": {"id": 1, "products": [{"id": 11}, {"id": 12}]}}',
        '{"type": "RECORD", "stream": "orders", "record": {"id": 2, "products": null}}',
        '{"type": "RECORD", "stream": "coupons", "record": {"id": 9}}',
    ]

    assert came(written, singer_ids) == (frozenset({1, 2}), frozenset({11, 12}))


def test_a_reading_is_complete_only_where_all_and_nothing_else_came_and_it_ended() -> None:
    assert whole(1).is_complete(SHOP)
    assert not Reading(1, 1, SHOP.orders, frozenset({11, 12})).is_complete(SHOP)
    assert not Reading(1, 1, frozenset({1}), SHOP.lines).is_complete(SHOP)
    assert not Reading(1, 1, SHOP.orders | {3}, SHOP.lines).is_complete(SHOP)
    assert not Reading(1, 1, SHOP.orders, SHOP.lines, "Not done after 5 s.").is_complete(SHOP)


def test_the_ratio_is_the_median_of_the_rounds_in_which_both_were_complete() -> None:
    short = Reading(SECOND, 2, frozenset({1}), SHOP.lines)
    rounds = [
        {"ours": whole(1), "tap": whole(30)},
        {"ours": whole(2), "tap": whole(20)},
        {"ours": whole(1), "tap": whole(25)},
        {"ours": whole(1), "tap": short},
        {"ours": short, "tap": whole(999)},
        {"ours": whole(1)},
    ]

    assert wall_ratio(Played(SHOP, rounds), "tap") == "25.0"
    assert wall_ratio(Played(SHOP, rounds[3:]), "tap") is None


def test_calls_are_told_for_a_thousand_orders_and_the_dearer_shop_counts() -> None:
    plain = Played(SHOP, [{"ours": whole(1, calls=3)}, {"ours": whole(3, calls=3)}])
    slow = Played(
        There(frozenset({5}), frozenset()), [{"ours": Reading(SECOND, 2, frozenset({5}), frozenset())}]
    )

    assert for_thousand(9, 2_000) == "4.5"
    assert told("ours", plain, slow) == {
        "calls": "2000.0",
        "complete": True,
        "orders": 2,
        "lines": 3,
        "seconds_0ms": "2.00",
        "seconds_50ms": "1.00",
    }


def test_one_that_fell_short_anywhere_is_told_with_how_far_it_came() -> None:
    plain = Played(SHOP, [{"ours": whole(1), "tap": whole(4)}])
    stopped = Reading(9 * SECOND, 1_234, frozenset({1}), frozenset({11, 99}), "Not done after 9 s.")
    slow = Played(SHOP, [{"ours": whole(1), "tap": stopped}])

    figures = told("tap", plain, slow)

    assert not figures["complete"]
    assert (figures["wall_ratio_0ms"], figures["wall_ratio_50ms"]) == ("4.0", None)
    assert (
        figures["fell_short"] == "Not done after 9 s. 1 of 2 orders and 1 of 3 lines came, with 1,234 calls."
    )


GOOD: dict[str, Any] = {
    "ours": {"complete": True, "calls": "5.0"},
    "rivals": {
        "airbyte": {"complete": True, "calls": "1005.0"},
        "singer": {"complete": False, "calls": "1.0"},
    },
}


@pytest.mark.parametrize(
    ("worse", "bar"),
    [
        ({}, True),
        ({"rivals": {}}, True),
        ({"rivals": {"airbyte": {"complete": True, "calls": "5.0"}}}, True),
        ({"rivals": {"airbyte": {"complete": True, "calls": "4.9"}}}, False),
        ({"ours": {"complete": False, "calls": "5.0"}}, False),
        ({"ours": {"complete": True, "calls": "1005.1"}}, False),
    ],
)
def test_the_bar_is_that_ours_is_complete_and_no_complete_rival_asks_less(
    worse: dict[str, Any], bar: bool
) -> None:
    assert holds(GOOD | worse) is bar


def placed(servers: Running, orders: int) -> Shop:
    line = Line(servers.bigcommerce_url)
    line.order("POST", "/_control/stores", {"hash": "reader"})
    body = {"seed": 3, "count": orders, "from": "2026-06-01T00:00:00Z", "to": "2026-06-20T00:00:00Z"}
    ids = line.order("POST", "/_control/stores/reader/generate", body)["ids"]
    products = [line.get(f"/_control/stores/reader/orders/{one}")["products"] for one in ids]
    there = There(frozenset(ids), frozenset(row["id"] for rows in products for row in rows))
    return Shop(
        servers.bigcommerce_url, "reader", "sandbox-token-reader", there, datetime(2026, 5, 1, tzinfo=UTC)
    )


def test_our_reader_writes_every_order_with_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with running() as servers:
        shop = placed(servers, 260)

        assert our_reader(shop.address, shop.hash, shop.token, shop.since.isoformat()) == 0

    written = capsys.readouterr().out.splitlines()
    assert came(written, our_ids) == (shop.there.orders, shop.there.lines)
    assert len(written) == 260
    assert all(json.loads(line)["order"] for line in written)


def test_a_reading_is_counted_by_the_shop_and_ended_when_its_time_is_over(tmp_path: Path) -> None:
    with running() as servers:
        shop = placed(servers, 20)
        reading = read(ours(), shop, tmp_path, 60)
        asleep = [sys.executable, "-c", "import time; print('{}', flush=True); time.sleep(60)"]
        sleeper = Reader("sleeper", lambda _: asleep, singer_ids, {}, {})
        late = read(sleeper, shop, tmp_path, 1)
        failing = Reader(
            "failing", lambda _: [sys.executable, "-c", "raise SystemExit(3)"], singer_ids, {}, {}
        )
        failed = read(failing, shop, tmp_path, 60)

    assert reading.is_complete(shop.there)
    assert reading.calls == 1
    assert (late.words, late.calls, late.orders) == ("Not done after 1 s.", 0, frozenset())
    assert late.nanoseconds < 30 * SECOND
    assert failed.words == "It ended with status 3."


def test_a_package_that_cannot_be_had_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(words: list[str], name: str) -> None:
        if "install" in words:
            raise NotHad(f"{name} could not be installed: no such package")
        (tmp_path / name).mkdir()

    monkeypatch.setattr(environments, "run", refused)
    packages = Packages(name="nobody", installs=(("nobody==1",),), shown=("nobody",), command="nobody")

    with pytest.raises(NotHad, match="nobody could not be installed: no such package"):
        environment(packages, tmp_path)
    assert not (tmp_path / "nobody" / environments.STAMP).exists()


def test_calls_to_bigcommerce_are_turned_to_the_pretend_shop_and_nothing_else_leaves(tmp_path: Path) -> None:
    (tmp_path / "turning.py").write_text(TURNING)
    asked = (
        "import turning, requests, socket\n"
        "print(requests.get('https://api.bigcommerce.com/stores/reader/v2/time',"
        " headers={'X-Auth-Token': 'sandbox-token-reader'}).status_code)\n"
        "try:\n    socket.create_connection(('192.0.2.1', 443), timeout=5)\n"
        "except OSError as fault:\n    print(fault)\n"
    )
    with running() as servers:
        shop = placed(servers, 1)
        environ = {"PYTHONPATH": str(tmp_path), SHOP_VARIABLE: shop.address}
        asker = Reader("asker", lambda _: [sys.executable, "-c", asked], singer_ids, environ, {})
        reading = read(asker, shop, tmp_path, 60)

    assert (tmp_path / "asker.out").read_text().splitlines() == [
        "200",
        "only the pretend shop may be reached from here",
    ]
    assert (reading.calls, reading.words) == (1, "")
