"""Which orders are taken may be changed while a run is at work: what it judged by the old rules is judged again (SYNC §3)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from portal.sync.ports import State
from portal.sync.problems import Ignored
from portal.sync.rules import SYNCED_BY_DEFAULT, Rules
from portal.sync.sweeping import run_sweep
from tests import builders
from tests.fake_slices import ASKED_FROM, Backfilled, backfilled, older
from tests.whole_run import World, order, world

Here = World | Backfilled
PAYING = 7


def ticked(*statuses: int, **more: Any) -> Rules:
    return builders.rules(statuses=SYNCED_BY_DEFAULT | set(statuses), **more)


def unticked(*statuses: int) -> Rules:
    return builders.rules(statuses=SYNCED_BY_DEFAULT - set(statuses))


def saved_before(here: Here, write: str, *saves: Callable[[], None] | Rules) -> None:
    """Somebody saves other choices just before the run writes this, once for each."""
    written, left = getattr(here.ledger, write), list(saves)

    def pressed(*given: Any, **more: Any) -> Any:
        if left:
            save = left.pop(0)
            if isinstance(save, Rules):
                here.rules = save
            else:
                save()
        return written(*given, **more)

    setattr(here.ledger, write, pressed)


def test_a_status_that_is_ticked_while_a_page_is_read_is_taken_with_it() -> None:
    here = world(order(120, status_id=PAYING), order(121), order(122, status_id=5))
    saved_before(here, "record_page", ticked(PAYING))

    here.run()

    assert [sale.number for sale in here.books.sales] == ["SHO120", "SHO121"]
    assert here.ledger.records[122].ignored is Ignored.STATUS
    assert len(here.ledger.readings) == 1
    assert here.ledger.judged_by == [builders.rules(), ticked(PAYING)]


def test_a_status_that_is_unticked_while_a_page_is_read_is_left_out_with_it() -> None:
    here = world(order(120, status_id=9), order(121))
    saved_before(here, "record_page", unticked(9))

    here.run()

    assert here.ledger.records[120].ignored is Ignored.STATUS
    assert [sale.number for sale in here.books.sales] == ["SHO121"]


def test_the_pages_that_follow_are_judged_by_the_new_rules_at_once() -> None:
    here = world(order(120, status_id=PAYING), order(121, status_id=PAYING))
    here.shop.page_size = 1
    saved_before(here, "record_page", ticked(PAYING))

    here.run()

    assert [sale.number for sale in here.books.sales] == ["SHO120", "SHO121"]
    assert len(here.ledger.judged_by) == 2


def test_an_order_that_a_tick_opened_again_is_not_left_out_once_more_by_the_run_at_work() -> None:
    here = world(order(120, status_id=PAYING), order(121))

    def save() -> None:
        here.rules = ticked(PAYING)
        opened = replace(here.ledger.records[120], state=State.SEEN, ignored=None, document="")
        here.ledger.records[120] = opened

    saved_before(here, "due", save)

    here.run()

    assert [sale.number for sale in here.books.sales] == ["SHO120", "SHO121"]


def test_an_order_whose_status_is_unticked_just_before_it_would_be_sent_is_not_sent() -> None:
    here = world(order(120, status_id=9), order(121), order(122, status_id=9))
    saved_before(here, "sending", unticked(9))

    here.run()

    assert [here.ledger.records[number].ignored for number in (120, 122)] == [Ignored.STATUS] * 2
    assert [sale.number for sale in here.books.sales] == ["SHO121"]
    assert here.ledger.state(121) is State.POSTED


def test_an_order_whose_rules_change_again_and_again_waits_for_the_next_run() -> None:
    here = world(order(120), order(121))
    saved_before(here, "sending", ticked(PAYING), ticked(1))
    reported: list[Exception] = []

    here.run(report=reported.append)

    assert (here.ledger.state(120), reported) == (State.SEEN, [])
    assert [sale.number for sale in here.books.sales] == ["SHO121"]
    here.later(minutes=1)
    here.run()
    assert here.ledger.state(120) is State.POSTED


def test_the_sweep_judges_its_page_again() -> None:
    here = world(order(120, status_id=PAYING))
    saved_before(here, "record_page", ticked(PAYING))

    run_sweep(here.sync())

    assert here.ledger.state(120) is State.SEEN
    assert here.shop.asked == ["listed"]


def test_a_slice_judges_its_page_again() -> None:
    here = backfilled(older(101, status_id=PAYING), older(102))
    saved_before(here, "record_created", ticked(PAYING, start=ASKED_FROM))

    here.slice()

    assert here.sent() == ["SHO101", "SHO102"]
