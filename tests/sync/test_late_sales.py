"""An order that was sent, was not found, and is not sent again is looked up once more: a sale may turn up late (SYNC §7.5)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.sync.engine import run_settling
from portal.sync.evidence import Evidence, Why
from portal.sync.failures import OutcomeLost, Refused, Unreachable
from portal.sync.ports import Outcome, State
from portal.sync.problems import Code, RunStopped
from portal.sync.sale_orders import InvoiceSummary, PostedOrder
from tests import builders
from tests.whole_run import NOW, World, order, world

CANCELLED: dict[str, Any] = {"status_id": 5, "status": "Cancelled"}


def losing(*numbers: int) -> World:
    """Books that do not commit what they lose the answer of, as far as anybody sees."""
    here = world(*(order(number) for number in numbers))
    here.books.keeps_lost_sales = False
    return here


def lost(*numbers: int) -> World:
    """Orders whose answers were lost and that were cancelled in the shop before they were looked up."""
    here = losing(*numbers or (120,))
    here.books.answers = [OutcomeLost("broke off") for _ in numbers or (120,)]
    here.run()
    for number in numbers or (120,):
        here.shop.add(order(number, modified_at=NOW + timedelta(minutes=1), **CANCELLED))
    here.later(minutes=3)
    here.run()
    return here


def turned_up(here: World, mark: str = "BC-abc123-120") -> InvoiceSummary:
    """Saasu commits what it was sent long ago."""
    row = InvoiceSummary(
        invoice_id=77, number="SHO120", purchase_order_number=mark, invoice_type="Sale Order",
        total=builders.money("11.00"), tax=builders.money("1.00"), modified_at=here.clock.now(),
    )  # fmt: skip
    here.books.listing.append(row)
    return row


def test_a_sale_that_turns_up_after_its_order_was_cancelled_is_named_and_said_to_be_too_much() -> None:
    here = lost()
    assert here.ledger.state(120) is State.IGNORED
    row = turned_up(here)
    here.later(hours=1)

    here.run()

    assert here.ledger.last(120) == Outcome(
        state=State.POSTED,
        note="It turned up in Saasu later than it should have; found by its marker.",
        posted=PostedOrder(invoice_id=77, number="SHO120"),
        found=row,
        look_once=True,
        notes=(
            "It was sent before it was ignored, and Saasu took it late: if it does not belong in the books, or is in them under another number too, cancel or delete Sale Order SHO120 in Saasu by hand.",
        ),
        changes=here.ledger.changes[120][-1],
    )
    assert here.ledger.last(120).evidence == Evidence(why=Why.LATE, sales=1)
    assert here.ledger.changes[120][-1].means[0].startswith("Cancelled in the shop after it was posted")
    assert here.books.sales == []


def test_one_that_does_not_turn_up_is_certain_and_looked_up_never_again() -> None:
    here = lost()
    here.later(hours=1)

    here.run()

    assert here.ledger.state(120) is State.IGNORED
    assert here.ledger.certain == {120: [Evidence(why=Why.LATE, sales=0)]}
    assert here.books.asked == ["invoices_modified"]
    here.later(hours=1)
    here.run()
    assert here.books.asked == []


def test_somebody_elses_sale_under_its_number_does_not_make_it_posted() -> None:
    here = lost()
    turned_up(here, mark="PO 7")
    here.later(hours=1)

    here.run()

    assert here.ledger.state(120) is State.IGNORED
    assert here.ledger.certain == {120: [Evidence(why=Why.LATE, sales=1)]}


def test_nothing_is_asked_before_the_hour_is_over() -> None:
    here = lost()
    here.clock.moment = NOW + timedelta(minutes=59, seconds=59)
    here.books.asked.clear()

    here.run()

    assert here.books.asked == []
    here.clock.moment = NOW + timedelta(hours=1)
    here.run()
    assert here.books.asked == ["invoices_modified"]


def test_one_listing_serves_all_of_them() -> None:
    here = lost(120, 121)
    turned_up(here)
    here.later(hours=1)

    here.run()

    assert here.books.asked == ["invoices_modified"]
    assert (here.ledger.state(120), here.ledger.state(121)) == (State.POSTED, State.IGNORED)
    assert list(here.ledger.certain) == [121]


def test_an_order_that_is_sent_again_is_not_looked_up_once_more() -> None:
    here = losing(120)
    here.books.answers = [OutcomeLost("broke off")]
    here.run()
    here.later(minutes=3)
    here.run()
    assert here.ledger.state(120) is State.POSTED
    here.later(hours=1)

    here.run()

    assert here.books.asked == []


def test_one_that_is_refused_the_second_time_still_is() -> None:
    here = losing(120)
    here.books.answers = [OutcomeLost("broke off"), Refused("Item is inactive", status=400)]
    here.run()
    here.later(minutes=3)
    here.run()
    assert here.ledger.state(120) is State.FAILED
    turned_up(here)
    here.later(hours=1)

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert here.ledger.last(120).notes == (
        "It was sent before it failed, and Saasu took it late: compare Sale Order SHO120 with the order as it is now.",
    )
    assert here.books.sales == []


def test_a_sale_of_another_total_than_the_order_has_by_now_is_told() -> None:
    here = losing(120)
    here.books.answers = [OutcomeLost("broke off"), Refused("Item is inactive", status=400)]
    here.run()
    here.shop.add(
        builders.order(builders.line(price="22.00"), id=120, modified_at=NOW + timedelta(minutes=1))
    )
    here.later(minutes=3)
    here.run()
    turned_up(here)
    here.later(hours=1)

    here.run()

    outcome = here.ledger.last(120)
    assert (outcome.state, outcome.look_once) == (State.POSTED, True)
    assert [one.code for one in outcome.problems] == [Code.POSTED_TOTAL_DIFFERS]
    assert "Saasu shows $11.00 with GST $1.00 for SHO120; it should be $22.00" in outcome.problems[0].sentence


def test_an_order_that_waits_to_be_sent_again_is_told_the_same() -> None:
    here = lost()
    here.ledger.records[120] = replace(here.ledger.records[120], state=State.SEEN)
    turned_up(here)
    here.later(hours=1)

    run_settling(here.sync())

    assert here.ledger.last(120).notes == (
        "It was sent before, and Saasu took it late: compare Sale Order SHO120 with the order as it is now.",
    )


def test_of_an_order_that_could_not_be_read_no_total_is_expected() -> None:
    here = lost()
    unreadable = frozenset({Code.ORDER_UNREADABLE})
    here.ledger.records[120] = replace(here.ledger.records[120], codes=unreadable, total=builders.money("99"))
    turned_up(here)
    here.later(hours=1)

    run_settling(here.sync())

    assert (here.ledger.last(120).problems, here.ledger.last(120).look_once) == ((), True)


def test_a_listing_that_is_cut_off_ends_the_run_and_the_next_one_looks() -> None:
    here = lost()
    turned_up(here)
    here.later(hours=1)
    here.books.silent = [Unreachable("no connection")]

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.SAASU_UNREACHABLE
    assert here.ledger.state(120) is State.IGNORED
    here.later(hours=1)
    here.run()
    assert here.ledger.state(120) is State.POSTED


def test_the_run_of_a_connection_that_is_off_looks_as_well() -> None:
    here = lost()
    turned_up(here)
    here.later(hours=1)

    run_settling(here.sync())

    assert here.ledger.state(120) is State.POSTED


def test_what_a_person_decided_meanwhile_stands_and_the_others_go_on() -> None:
    here = lost(120, 121)
    here.later(hours=1)
    beat = here.ledger.heartbeat

    def released() -> None:
        """Ann takes order 120 up again."""
        here.ledger.records[120] = replace(here.ledger.records[120], state=State.SEEN)
        beat()

    here.ledger.heartbeat = released  # type: ignore[method-assign]

    run_settling(here.sync())

    assert here.ledger.state(120) is State.SEEN
    assert list(here.ledger.certain) == [121]
