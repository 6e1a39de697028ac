"""What an order is, and what is recorded of it, when it is read and when its turn comes: whole entries (SYNC §2, §3, §4, §8)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.sync.failures import Refused, Unreachable
from portal.sync.judging import entry_for
from portal.sync.mapping import Mapped, NotMapped, map_order
from portal.sync.orders import CompleteOrder, OrderPage, ShopOrder
from portal.sync.ports import OrderRecord, Outcome, Recorded, State
from portal.sync.problems import Code, Ignored, Problem, RunStopped
from portal.sync.rules import Span
from portal.sync.shapes import Shape
from tests import builders
from tests.reading_back import with_coupon
from tests.whole_run import NOW, World, order, world

AN_HOUR_ON = NOW + timedelta(hours=1)


def known(state: State, one: ShopOrder, **more: Any) -> OrderRecord:
    """The record of an order that did not change since."""
    values: dict[str, Any] = {"status_id": one.status_id, "total": one.total.inc_tax}
    return OrderRecord(
        id=f"record {one.id}",
        order_id=one.id,
        state=state,
        created_at=one.created_at,
        modified_at=one.modified_at,
        **(values | more),
    )


# --- when it is read --------------------------------------------------------------------------------------------------


def test_an_order_to_be_taken_is_recorded_as_seen() -> None:
    one = order(120).order

    assert entry_for(builders.rules(), one, None) == Recorded(
        order=one, order_id=120, outcome=Outcome(state=State.SEEN)
    )


def test_an_order_that_is_left_out_is_recorded_with_the_reason_and_whether_to_look() -> None:
    disputed = order(120, status_id=13).order
    cancelled = order(120, status_id=5).order

    assert entry_for(builders.rules(), disputed, None) == Recorded(
        order=disputed,
        order_id=120,
        outcome=Outcome(state=State.IGNORED, ignored=Ignored.STATUS, look_once=True),
    )
    assert entry_for(builders.rules(), cancelled, None) == Recorded(
        order=cancelled,
        order_id=120,
        outcome=Outcome(state=State.IGNORED, ignored=Ignored.STATUS, look_once=False),
    )


def test_an_order_that_cannot_be_meant_is_recorded_as_failed_with_its_problem() -> None:
    one = order(120, currency=" ").order
    words = "Order #120: the shop does not say in what currency it was paid"

    assert entry_for(builders.rules(), one, None) == Recorded(
        order=one,
        order_id=120,
        outcome=Outcome(state=State.FAILED, problems=(Problem(Code.ORDER_UNREADABLE, words),)),
    )


def test_another_order_under_a_posted_number_marks_its_record_and_nothing_else() -> None:
    one = order(120).order
    later = replace(one, created_at=one.created_at + timedelta(days=1))
    words = "Order #120: the shop created another order under this number on 03/03/2026"

    assert entry_for(builders.rules(), later, known(State.POSTED, one)) == Recorded(
        order=None, order_id=120, outcome=None, mark=Problem(Code.ORDER_ID_REUSED, words)
    )


def test_a_posted_order_notes_the_order_only_where_it_changed() -> None:
    one = order(120).order
    changed = replace(one, status_id=10)

    assert entry_for(builders.rules(), one, known(State.POSTED, one)) == Recorded(
        order=None, order_id=120, outcome=None
    )
    assert entry_for(builders.rules(), changed, known(State.POSTED, one)) == Recorded(
        order=changed, order_id=120, outcome=None
    )


# --- lines that do not come with the page -----------------------------------------------------------------------------


def bare_pages(here: World) -> None:
    """From now on the list comes without the lines of its orders."""
    changed = here.shop.changed
    here.shop.changed = lambda **asked: replace(changed(**asked), complete={})  # type: ignore[method-assign]


def failing_for(here: World, *numbers: int) -> None:
    """The shop does not answer when asked for the lines of these orders."""
    complete = here.shop.complete

    def answered(one: ShopOrder) -> CompleteOrder:
        found = complete(one)
        if one.id in numbers:
            raise Unreachable("no answer within 30 seconds")
        return found

    here.shop.complete = answered  # type: ignore[method-assign, assignment]


def test_lines_that_do_not_come_with_the_page_are_read_order_by_order_and_kept() -> None:
    here = world(order(120), order(121, status_id=1))
    bare_pages(here)

    here.run()

    assert here.shop.asked == ["changed", "complete"]
    assert [here.ledger.records[number].document for number in (120, 121)] == ["120", ""]


def test_orders_whose_lines_the_shop_will_not_give_are_read_when_their_turn_comes_and_kept_then() -> None:
    here = world(order(120), order(121), order(122))
    bare_pages(here)
    failing_for(here, 120, 122)

    here.run()

    assert here.shop.asked == ["changed", "complete", "complete", "complete", "one", "one"]
    assert [here.ledger.records[number].document for number in (120, 121, 122)] == ["120", "121", "122"]
    assert [sale.number for sale in here.books.sales] == ["SHO120", "SHO121", "SHO122"]


def test_a_shop_that_gives_the_lines_of_three_orders_of_a_page_to_nobody_is_away() -> None:
    here = world(order(120), order(121), order(122), order(123))
    bare_pages(here)
    failing_for(here, 120, 121, 122)

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem == Problem(
        Code.STORE_UNREACHABLE, "BigCommerce could not be read: no answer within 30 seconds"
    )
    assert (here.ledger.records, here.shop.asked) == ({}, ["changed", "complete", "complete", "complete"])


# --- when its turn comes ----------------------------------------------------------------------------------------------


def waiting(**rules: Any) -> World:
    """An order that Saasu refused two hours ago, under rules that are others by now."""
    here = world(order(120))
    here.books.answers = [Refused("no currency")]
    here.run()
    here.rules = builders.rules(**rules)
    here.later(hours=2)
    return here


def test_an_order_that_waits_keeps_saying_whether_somebody_should_look_once() -> None:
    here = waiting(off=(Span(began=builders.CREATED),))

    here.run()

    assert here.ledger.last(120) == Outcome(state=State.IGNORED, ignored=Ignored.WHILE_OFF, look_once=True)
    assert here.books.asked == []


def test_an_order_that_waits_fails_where_it_cannot_be_meant_any_more() -> None:
    here = waiting(latest=builders.CREATED - timedelta(seconds=1))

    here.run()

    words = "Order #120: its date, 03/03/2026, lies in the future"
    assert here.ledger.last(120) == Outcome(
        state=State.FAILED, problems=(Problem(Code.ORDER_UNREADABLE, words),)
    )


def test_an_order_that_a_person_asked_for_is_posted_whatever_its_status_says() -> None:
    here = waiting(statuses=frozenset({10}))
    here.ledger.records[120] = replace(here.ledger.records[120], release=True)

    here.run()

    assert here.ledger.state(120) is State.POSTED


def test_an_order_that_cannot_be_mapped_keeps_its_problems_and_its_bridge() -> None:
    short = order(120, total="10.99")
    here = world(short)

    here.run()

    mapped = map_order(short, builders.rules(), builders.catalogue())
    assert isinstance(mapped, NotMapped)
    assert mapped.bridge is not None
    assert here.ledger.last(120) == Outcome(
        state=State.FAILED, problems=mapped.problems, bridge=mapped.bridge
    )


def test_an_order_of_a_stopped_shape_says_which_and_what_to_choose() -> None:
    here = world(with_coupon(120))
    here.ledger.shapes = {Shape.PERCENTAGE: False}

    here.run()

    mapped = map_order(with_coupon(120), builders.rules(), builders.catalogue())
    assert isinstance(mapped, Mapped)
    words = (
        "Order #120: not posted: the first order of this file with a percentage off one piece came to another total in Saasu; "
        "choose whole-cent net prices on the connector page"
    )
    problem = Problem(Code.POSTED_TOTAL_DIFFERS, words, "a percentage off one piece")
    assert here.ledger.last(120) == Outcome(state=State.FAILED, problems=(problem,), bridge=mapped.bridge)


def test_the_sale_names_who_is_billed_who_receives_and_where_it_goes() -> None:
    far = builders.address(first_name="Kim", street_1="9 Low Road")
    parcel = builders.destination(first_name="Kim", street_1="9 Low Road")
    other = replace(parcel, id=2, address=replace(far, city="Perth"))
    here = world(order(120, addresses=[parcel, other]))
    here.books.contacts = [builders.contact()]

    here.run()

    (sale,) = here.books.sales
    assert (sale.billing_contact_id, sale.shipping_contact_id) == (7, 501)
    assert sale.notes == ("Also deliver to: Kim Example, 9 Low Road, Perth Western Australia 6160, Australia")


def test_a_number_that_was_used_again_and_asked_for_is_dated_by_the_order_that_is_sent() -> None:
    here = world(order(120))
    taken_up, before = here.ledger.taken_up, NOW - timedelta(days=9)
    here.ledger.taken_up = lambda order_ids, now: [  # type: ignore[method-assign]
        replace(one, created_at=before) for one in taken_up(order_ids, now)
    ]

    here.run()

    assert here.ledger.records[120].created_at == builders.CREATED


# --- a fault of ours --------------------------------------------------------------------------------------------------


def raising(fault: Exception) -> Callable[..., Any]:
    def faulty(*_given: object, **_more: object) -> None:
        raise fault

    return faulty


@pytest.mark.parametrize(("port", "state"), [("reserve", State.FAILED), ("post", State.UNKNOWN)])
def test_a_fault_of_ours_is_reported_as_it_is_and_its_order_waits_an_hour(port: str, state: State) -> None:
    here = world(order(120))
    fault = ZeroDivisionError("of ours")
    setattr(here.books, port, raising(fault))
    reported: list[Exception] = []

    here.run(report=reported.append)

    words = "Order #120: something in it could not be worked with"
    assert reported == [fault]
    assert here.ledger.last(120) == Outcome(
        state=state, problems=(Problem(Code.ORDER_UNREADABLE, words),), retry_at=AN_HOUR_ON
    )


def test_a_page_without_orders_records_nothing() -> None:
    here = world()
    here.shop.changed = lambda **_asked: OrderPage(orders=())  # type: ignore[method-assign]

    here.run()

    assert (here.ledger.records, here.books.asked) == ({}, [])


def test_an_order_whose_text_was_not_kept_is_read_afresh_once_and_then_tried_by_itself() -> None:
    here = world(builders.order(builders.line(sku="mug"), id=120))
    here.run()
    here.ledger.records[120] = replace(here.ledger.records[120], state=State.SEEN, document="")
    here.run()
    assert (here.ledger.state(120), here.ledger.records[120].document) == (State.FAILED, "120")
    assert here.shop.asked.count("one") == 1

    here.books.catalogue = (builders.item("tea-250"), builders.item("mug"))
    here.later(hours=1)
    here.run()
    assert here.ledger.state(120) is State.POSTED
    assert here.shop.asked == ["changed"]
