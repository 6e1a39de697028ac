"""What a person decides while a run reads or posts stands, and the run goes on (SYNC §2, §7.1)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from portal.sync.failures import CredentialsRefused
from portal.sync.meanwhile import PageMoved
from portal.sync.orders import CompleteOrder, OrderPage, ShopOrder, UnreadableOrder
from portal.sync.ports import OrderRecord, Reading, Recorded, State
from portal.sync.problems import Code, Ignored, RunStopped
from portal.sync.sweeping import run_sweep
from tests import builders
from tests.fake_slices import Backfilled, backfilled, older
from tests.whole_run import World, order, world

Here = World | Backfilled


def set_aside(here: Here, *numbers: int) -> None:
    """Somebody presses *Ignore* on these orders."""
    for number in numbers:
        here.ledger.records[number] = replace(
            here.ledger.records[number], state=State.IGNORED, ignored=Ignored.BY_PERSON, document=""
        )


def pressed_before_recording(here: Here, press: Callable[[], None], write: str = "record_page") -> list[int]:
    """The first page is read, then somebody presses a button, then the page is recorded; the heartbeats in between."""
    recorded, beaten = getattr(here.ledger, write), here.ledger.heartbeat
    presses, beats = [press], [0]

    def beat() -> None:
        beats[-1] += 1
        beaten()

    def record(*given: Any, **more: Any) -> None:
        if presses:
            presses.pop()()
        beats.append(0)
        recorded(*given, **more)

    setattr(here.ledger, write, record)
    here.ledger.heartbeat = beat  # type: ignore[method-assign]
    return beats


def failing(*numbers: int) -> World:
    """Orders whose item is not in Saasu yet; since then they changed in the shop, and the item is there."""
    lines = (builders.line(sku="mug"),)
    here = world(*(builders.order(*lines, id=number) for number in numbers))
    here.run()
    assert {here.ledger.state(number) for number in numbers} == {State.FAILED}
    here.books.catalogue = (builders.item("tea-250"), builders.item("mug"))
    here.later(hours=1)
    for number in numbers:
        here.shop.add(builders.order(*lines, id=number, modified_at=here.clock.now()))
    here.later(minutes=5)
    return here


def test_an_order_that_was_set_aside_while_its_page_was_read_stays_so_and_the_others_go_on() -> None:
    here = failing(120, 121)
    here.shop.add(
        order(
            122,
            modified_at=here.clock.now(),
        )
    )
    here.later(minutes=5)
    beats = pressed_before_recording(here, lambda: set_aside(here, 121))

    here.run()

    assert here.ledger.records[121].ignored is Ignored.BY_PERSON
    assert here.ledger.records[121].modified_at == here.shop.orders[121].order.modified_at
    assert [sale.number for sale in here.books.sales] == ["SHO120", "SHO122"]
    assert beats[:2] == [1, 1]
    assert here.ledger.at.cursor == 0


def test_a_person_may_decide_again_while_the_page_is_judged_again() -> None:
    here = failing(120, 121)
    record_page = here.ledger.record_page
    left = [121, 120]

    def record(*given: Any, **more: Any) -> None:
        if left:
            set_aside(here, left.pop())
        record_page(*given, **more)

    here.ledger.record_page = record  # type: ignore[method-assign]
    here.run()

    assert [here.ledger.state(number) for number in (120, 121)] == [State.IGNORED, State.IGNORED]
    assert here.books.sales == []


def test_an_order_that_nobody_can_read_stays_set_aside() -> None:
    here = failing(120)
    broken = UnreadableOrder(id=120, reason="total_inc_tax is missing", modified_at=here.clock.now())
    page = OrderPage(orders=(), unreadable=(broken,), shop_time=here.clock.now())
    here.shop.changed = lambda **_asked: page  # type: ignore[method-assign]
    taken = replace(here.ledger.records[120], state=State.POSTED)

    pressed_before_recording(here, lambda: here.ledger.records.update({120: taken}))
    here.run()

    assert here.ledger.records[120] == taken


def test_only_what_was_decided_about_is_judged_again_and_everything_is_recorded_once() -> None:
    here = failing(120, 121)
    changed, record_page = here.shop.changed, here.ledger.record_page
    broken = tuple(UnreadableOrder(id=number, reason="no total") for number in (123, 124))
    here.shop.changed = lambda **asked: replace(changed(**asked), unreadable=broken)  # type: ignore[method-assign]
    written: list[list[tuple[int, bool]]] = []

    def record(orders: Sequence[Recorded], reading: Reading) -> None:
        written.append([(entry.order_id, entry.outcome is not None) for entry in orders])
        if len(written) == 1:
            set_aside(here, 121)
            posted = replace(here.ledger.records[121], id="record 124", order_id=124, state=State.POSTED)
            here.ledger.records[124] = posted
        record_page(orders, reading)

    here.ledger.record_page = record  # type: ignore[method-assign]
    here.run()

    assert written == [
        [(120, True), (121, True), (123, True), (124, True)],
        [(120, True), (121, False), (123, True), (124, False)],
    ]
    assert [here.ledger.state(number) for number in (120, 121, 123, 124)] == [
        State.POSTED,
        State.IGNORED,
        State.FAILED,
        State.POSTED,
    ]


def test_the_sweep_leaves_what_was_set_aside_while_it_read() -> None:
    here = failing(120, 121)
    pressed_before_recording(here, lambda: set_aside(here, 120))

    run_sweep(here.sync())

    assert [here.ledger.state(number) for number in (120, 121)] == [State.IGNORED, State.SEEN]
    assert here.shop.asked == ["listed"]


def test_a_slice_leaves_what_was_set_aside_while_it_read() -> None:
    here = backfilled(older(101), older(102))
    pressed_before_recording(here, lambda: set_aside_unread(here, 101), "record_created")

    here.slice()

    assert (here.ledger.state(101), here.sent()) == (State.IGNORED, ["SHO102"])


def set_aside_unread(here: Backfilled, number: int) -> None:
    """An order stands in the ledger, set aside, of which the page knew nothing."""
    one = here.shop.orders[number].order
    here.ledger.records[number] = OrderRecord(
        id=f"record {number}",
        order_id=number,
        state=State.IGNORED,
        ignored=Ignored.BY_PERSON,
        created_at=one.created_at,
        modified_at=one.modified_at,
    )


def test_a_shop_that_goes_away_before_the_page_is_judged_again_ends_the_run() -> None:
    here = failing(120)
    changed = here.shop.changed
    here.shop.changed = lambda **asked: replace(changed(**asked), complete={})  # type: ignore[method-assign]
    here.books.catalogue = ()
    complete, answers = here.shop.complete, [True]

    def once(one: ShopOrder) -> CompleteOrder:
        if not answers:
            raise CredentialsRefused("the token was withdrawn")
        answers.clear()
        return complete(one)

    here.shop.complete = once  # type: ignore[method-assign, assignment]
    again = replace(here.ledger.records[120], asked=True)
    pressed_before_recording(here, lambda: here.ledger.records.update({120: again}))

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.STORE_CREDENTIALS
    assert here.ledger.records[120] == again


def test_a_page_that_can_never_be_recorded_ends_the_run_after_twenty_tries() -> None:
    here = world(order(120))
    tried: list[int] = []

    def refuse(*_given: object, **_more: object) -> None:
        tried.append(120)
        raise PageMoved([120])

    here.ledger.record_page = refuse  # type: ignore[method-assign]

    with pytest.raises(RuntimeError, match=r"^the orders of a page change as often as they are judged$"):
        here.run()

    assert len(tried) == 20


def test_a_page_that_moved_says_which_orders() -> None:
    moved = PageMoved([121, 120])

    assert (moved.order_ids, str(moved)) == (frozenset({120, 121}), "decided meanwhile: [120, 121]")


@pytest.mark.parametrize("port", ["reserve", "contacts_by_email"])
def test_a_fault_of_ours_in_an_order_that_was_set_aside_meanwhile_leaves_it_so(port: str) -> None:
    here = world(order(120), order(121))
    asked = getattr(here.books, port)
    faults = [ZeroDivisionError("of ours")]

    def faulty(*given: Any) -> Any:
        if faults:
            set_aside(here, 120)
            raise faults.pop()
        return asked(*given)

    setattr(here.books, port, faulty)

    here.run()

    assert here.ledger.records[120].ignored is Ignored.BY_PERSON
    assert [sale.number for sale in here.books.sales] == ["SHO121"]
