"""An order that changes in the shop after it was posted: nothing is sent, and its record says what changed (SYNC §2)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.sync.failures import OutcomeLost, RemoteFailure, Unreachable
from portal.sync.orders import CompleteOrder, OrderPage, ShopOrder
from portal.sync.ports import Changes, State
from portal.sync.problems import RunStopped
from tests import builders
from tests.whole_run import NOW, World, order, world

LATER = NOW + timedelta(minutes=30)


def posted(*numbers: int) -> World:
    here = world(*(order(number) for number in numbers))
    here.run()
    here.later(hours=1)
    return here


def smaller(number: int, **more: Any) -> CompleteOrder:
    """The same order with tea for 5.50 instead of 11.00."""
    return builders.order(builders.line(price="5.50"), id=number, modified_at=LATER, **more)


def changes(here: World, number: int) -> Changes:
    (found,) = here.ledger.changes[number]
    return found


def without_lines(here: World) -> None:
    """From now on the shop's list comes without the lines of its orders."""
    page = here.shop.changed

    def bare(**window: Any) -> OrderPage:
        found = page(**window)
        return OrderPage(orders=found.orders, last=found.last, shop_time=found.shop_time)

    here.shop.changed = bare  # type: ignore[method-assign]


def test_a_change_is_told_and_nothing_is_sent() -> None:
    here = posted(120)
    here.shop.add(smaller(120))

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert here.books.asked == []
    assert here.shop.asked == ["changed"]
    assert changes(here, 120).what == (
        "Total was $11.00 and is now $5.50",
        "GST was $1.00 and is now $0.50",
        "Product tea-250 was $11.00 each and is now $5.50",
    )
    assert changes(here, 120).means == (
        (
            "Saasu shows $11.00 with GST $1.00; the shop now says $5.50 with GST $0.50: "
            "reduce Sale Order SHO120 by $5.50 and its GST by $0.50."
        ),
    )


def test_every_change_is_compared_with_the_order_as_it_was_posted() -> None:
    here = posted(120)
    here.shop.add(smaller(120))
    here.run()
    here.later(hours=1)
    here.shop.add(order(120, modified_at=NOW + timedelta(minutes=90)))

    here.run()

    assert here.ledger.changes[120][1] == Changes()


def test_an_order_that_did_not_change_costs_no_read_and_says_nothing() -> None:
    here = posted(120)
    without_lines(here)

    here.run()

    assert here.shop.asked == ["changed"]
    assert here.ledger.changes == {}


def test_a_list_without_lines_costs_one_read_for_each_changed_order() -> None:
    here = posted(120, 121)
    without_lines(here)
    here.shop.add(smaller(121))

    here.run()

    assert here.shop.asked == ["changed", "complete"]
    assert len(changes(here, 121).what) == 3


def test_where_the_shop_will_not_give_the_lines_the_rest_is_told() -> None:
    here = posted(120)
    without_lines(here)
    here.shop.add(smaller(120))

    def refusing(_order: ShopOrder) -> CompleteOrder:
        raise Unreachable("500")

    here.shop.complete = refusing  # type: ignore[method-assign, assignment]
    here.run()

    assert changes(here, 120).what == ("Total was $11.00 and is now $5.50", "GST was $1.00 and is now $0.50")


def test_a_shop_that_gives_no_lines_for_three_orders_is_away() -> None:
    here = posted(120, 121, 122)
    without_lines(here)
    for number in (120, 121, 122):
        here.shop.add(smaller(number))

    def refusing(_order: ShopOrder) -> CompleteOrder:
        raise Unreachable("500")

    here.shop.complete = refusing  # type: ignore[method-assign, assignment]
    with pytest.raises(RunStopped):
        here.run()

    assert here.ledger.changes == {}


def test_an_order_whose_kept_text_is_gone_is_compared_with_its_record() -> None:
    here = posted(120)
    record = here.ledger.records[120]
    here.ledger.records[120] = replace(record, document="")
    here.shop.add(smaller(120))

    here.run()

    assert changes(here, 120).what == ("Total was $11.00 and is now $5.50", "GST was $1.00 and is now $0.50")


def test_an_order_that_saasu_had_already_is_told_as_well() -> None:
    here = posted(120)
    record = here.ledger.records[120]
    here.ledger.records[120] = replace(record, state=State.EXISTS)
    here.shop.add(order(120, modified_at=LATER, status_id=5, status="Cancelled"))

    here.run()

    assert changes(here, 120).means == (
        "Cartledger did not post Sale Order SHO120: compare it with the order as it is now.",
    )


def lost_and_changed(**more: Any) -> World:
    """An order whose answer was lost, and which the shop changed before it was looked up."""
    here = world(order(120), prefix="")
    here.books.answers = [OutcomeLost("broke off")]
    here.run()
    here.later(minutes=5)
    here.shop.add(order(120, modified_at=NOW + timedelta(minutes=1), **more))
    here.books.hides = {"AUTO1"}
    here.run()
    assert here.ledger.records[120].document == ""
    here.books.hides = set()
    here.later(minutes=30)
    return here


def test_what_changed_while_the_outcome_was_not_known_is_told_once_it_is() -> None:
    here = lost_and_changed(status_id=5, status="Cancelled")

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert here.shop.asked == ["one", "changed"]
    assert changes(here, 120).what == ("Status changed from the one it was posted with to Cancelled",)
    assert (
        changes(here, 120)
        .means[0]
        .startswith("Cancelled in the shop after it was posted: cancel or delete Sale Order AUTO1 ($11.00")
    )


def test_an_order_that_went_its_usual_way_meanwhile_has_nothing_to_tell() -> None:
    here = lost_and_changed(status_id=2, status="Shipped")

    here.run()

    assert changes(here, 120) == Changes()


@pytest.mark.parametrize("answer", [Unreachable("500"), None])
def test_a_shop_that_cannot_say_what_changed_meanwhile_does_not_hold_the_outcome_up(
    answer: RemoteFailure | None,
) -> None:
    here = lost_and_changed(status_id=5, status="Cancelled")

    def asked(_order_id: int) -> None:
        if answer is not None:
            raise answer

    here.shop.one = asked  # type: ignore[method-assign, assignment]
    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert here.ledger.changes == {}


def test_an_order_that_was_kept_is_not_read_again_when_it_is_found() -> None:
    here = world(order(120))
    here.books.answers = [OutcomeLost("broke off")]
    here.run()
    here.later(minutes=3)

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert "one" not in here.shop.asked
