"""Where a backfill reads, and in what portions it takes the orders that wait (SYNC §3.3)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.sync import backfilling
from portal.sync.orders import OrderPage
from portal.sync.ports import OrderRecord
from tests.fake_slices import ASKED_FROM, ENABLED, backfilled, older


def test_the_window_reaches_a_quarter_of_an_hour_beyond_the_enabling() -> None:
    here = backfilled(older(101))
    created, windows = here.shop.created, []

    def noted(**window: Any) -> OrderPage:
        windows.append(window)
        return created(**window)

    here.shop.created = noted  # type: ignore[method-assign]
    here.slice()

    assert windows == [
        {"since": ASKED_FROM, "until": ENABLED + timedelta(minutes=15), "after_id": 0},
    ]


def test_a_page_without_orders_that_is_not_the_last_keeps_the_place() -> None:
    here = backfilled(older(101), older(102))
    here.ledger.stands = replace(here.ledger.stands, cursor=101)
    created = here.shop.created
    empty = [OrderPage(orders=(), last=False)]
    here.shop.created = lambda **asked: empty.pop() if empty else created(**asked)  # type: ignore[method-assign]

    here.slice()

    assert here.sent() == ["SHO102"]


def test_more_orders_than_one_batch_are_all_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfilling, "BATCH", 2)
    here = backfilled(*(older(number) for number in range(101, 106)))

    held, asked = here.ledger.held, []

    def noted(after_id: int, most: int) -> list[OrderRecord]:
        if most == backfilling.BATCH:
            asked.append(after_id)
        return held(after_id, most)

    here.ledger.held = noted  # type: ignore[method-assign]
    here.slice()

    assert here.sent() == [f"SHO{number}" for number in range(101, 106)]
    assert asked == [0, 102, 104, 105]


def test_a_list_that_never_ends_does_not_hold_a_worker_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfilling, "LONGEST_READ", 2)
    here = backfilled(older(101), older(102), older(103))
    here.shop.page_size = 1

    here.slice()
    assert (here.ledger.stands.cursor, here.ledger.stands.read_to_end) == (102, False)
    here.slice()

    assert here.sent() == ["SHO101", "SHO102", "SHO103"]
