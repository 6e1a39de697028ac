"""What a person decides while a run is at work stands, in whole runs against the sandbox's two servers (SYNC §3, §7.1)."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.ledger import SqlLedger
from portal.services import selection
from tests.selection_desk import Counter, unexplained

MUG = [{"sku": "mug-blue", "name": "Mug", "price": "5.00", "quantity": 1}]


def before(monkeypatch: pytest.MonkeyPatch, write: str, press: Callable[[], object]) -> None:
    """Somebody presses a button once, just before a run writes this for the first time."""
    presses, written = [press], getattr(SqlLedger, write)

    def pressed(*given: Any, **more: Any) -> Any:
        if presses:
            presses.pop()()
        return written(*given, **more)

    monkeypatch.setattr(SqlLedger, write, pressed)


def test_an_order_ignored_while_its_page_is_read_stays_ignored_and_the_page_is_recorded(
    shop: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = shop.place(lines=MUG)
    shop.run()
    assert shop.state(order) == ("failed", "ITEM_NOT_FOUND")
    shop.desk.add_item("mug-blue")
    shop.change(order, status_id=2)
    other = shop.place()
    session = shop.desk.session

    def press() -> None:
        assert selection.ignore(session, shop.order(order), "by hand", "Alice", shop.clock.now())

    before(monkeypatch, "record_page", press)
    run = shop.run()

    assert (run.state, run.posted) == ("finished", 1)
    assert (shop.state(order), shop.order(order).status_id) == (("ignored", "BY_PERSON"), 2)
    assert shop.state(other)[0] == "posted"
    assert unexplained(shop) == ()


def test_an_order_ignored_just_before_it_would_be_sent_is_not_sent(
    shop: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, other = shop.place(), shop.place()
    session = shop.desk.session

    def press() -> None:
        assert selection.ignore(session, shop.order(order), "by hand", "Alice", shop.clock.now())

    before(monkeypatch, "sending", press)
    run = shop.run()

    assert (run.state, run.posted) == ("finished", 1)
    assert [shop.state(number) for number in (order, other)] == [("ignored", "BY_PERSON"), ("posted", None)]
    assert len(shop.sold()) == 1
