"""A person asks for one order: that one is read afresh, decided and posted, and no other is touched (SYNC §2, §7)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.sync.failures import CredentialsRefused, OutcomeLost, Refused, Unreachable
from portal.sync.known_sales import Looked
from portal.sync.ports import Outcome, State
from portal.sync.problems import Code, Ignored, Problem, RunStopped
from portal.sync.retrying import run_one
from tests import builders
from tests.whole_run import NOW, World, order, world


def retry(here: World, number: int, **more: Any) -> None:
    run_one(here.sync(**more), number)


def two_waiting() -> World:
    """Two orders that Saasu's items do not have yet; then both items are there."""
    here = world(order(119), *(builders.order(builders.line(sku="mug"), id=number) for number in (120, 121)))
    here.run()
    here.books.catalogue = (builders.item("tea-250"), builders.item("mug"))
    here.ledger.expected = 0
    here.later(hours=1)
    return here


def test_a_retry_posts_the_order_it_is_about_and_leaves_the_others_as_they_are() -> None:
    here = two_waiting()
    reading, other = here.ledger.at, here.ledger.records[121]

    retry(here, 120)

    assert [sale.number for sale in here.books.sales] == ["SHO119", "SHO120"]
    assert here.ledger.records[121] == other
    assert here.shop.asked == ["one"]
    assert (here.ledger.at, here.ledger.expected, here.ledger.batches[-1]) == (reading, 1, 1)


def test_what_the_shop_shows_of_it_now_is_what_counts() -> None:
    here = two_waiting()
    here.books.catalogue = (builders.item("tea-250"),)
    here.shop.add(order(120, modified_at=here.clock.now()))

    retry(here, 120)

    (line,) = here.books.sales[-1].lines
    assert (here.books.sales[-1].number, line.item_id) == ("SHO120", 1)
    assert here.shop.asked == ["one"]
    assert here.ledger.records[120].modified_at == here.clock.now()


def test_an_order_that_was_cancelled_meanwhile_is_left_out() -> None:
    here = two_waiting()
    here.shop.add(builders.order(builders.line(sku="mug"), id=120, status_id=5, modified_at=here.clock.now()))

    retry(here, 120)

    assert here.ledger.records[120].ignored is Ignored.STATUS
    assert len(here.books.sales) == 1


def test_an_order_that_the_shop_no_longer_shows_is_not_posted_from_what_was_kept() -> None:
    here = two_waiting()
    del here.shop.orders[120]

    retry(here, 120)

    words = "Order #120: the shop no longer shows this order"
    assert here.ledger.last(120) == Outcome(
        state=State.FAILED,
        problems=(Problem(Code.INCOMPLETE_READ, words),),
        retry_at=here.clock.now() + timedelta(hours=1),
    )
    assert len(here.books.sales) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_an_order_whose_answer_was_lost_is_looked_up_and_sent_again_only_where_it_is_not_there(
    kept: bool,
) -> None:
    here = world(order(120), order(121))
    here.books.answers = [OutcomeLost("broke off"), OutcomeLost("broke off")]
    here.books.keeps_lost_sales = kept
    here.run()
    here.later(hours=1)

    retry(here, 120)

    assert (here.ledger.state(120), here.ledger.state(121)) == (State.POSTED, State.UNKNOWN)
    assert here.books.asked.count("post") == (0 if kept else 1)
    assert here.shop.asked == ([] if kept else ["one"])


def test_an_order_that_is_posted_or_that_nobody_knows_is_not_even_read() -> None:
    here = world(order(120))
    here.run()
    here.later(hours=1)

    retry(here, 120)
    retry(here, 999)

    assert (here.shop.asked, here.books.asked) == ([], [])


@pytest.mark.parametrize(
    ("failure", "code"),
    [(Unreachable("cable cut"), Code.STORE_UNREACHABLE), (CredentialsRefused("no"), Code.STORE_CREDENTIALS)],
)
def test_a_shop_that_does_not_answer_ends_the_run_and_changes_nothing(failure: Exception, code: Code) -> None:
    here = two_waiting()
    before = here.ledger.records[120]

    def away(_order_id: int) -> None:
        raise failure

    here.shop.one = away  # type: ignore[method-assign, assignment]
    with pytest.raises(RunStopped) as stopped:
        retry(here, 120)

    assert stopped.value.problem.code is code
    assert here.ledger.records[120] == before


def test_the_order_is_taken_up_only_after_the_lease_was_kept() -> None:
    here = two_waiting()
    beats: list[str] = []
    beat = here.ledger.heartbeat

    def noted() -> None:
        beats.append("beat" if not here.shop.asked else "after reading")
        beat()

    here.ledger.heartbeat = noted  # type: ignore[method-assign]
    retry(here, 120)

    assert beats == ["beat", "after reading"]
    assert here.clock.now() > NOW


def test_an_order_that_somebody_set_aside_meanwhile_is_not_posted() -> None:
    here = two_waiting()
    record_page = here.ledger.record_page

    def pressed(*given: Any, **more: Any) -> None:
        here.ledger.records[120] = replace(
            here.ledger.records[120], state=State.IGNORED, ignored=Ignored.BY_PERSON
        )
        record_page(*given, **more)

    here.ledger.record_page = pressed  # type: ignore[method-assign]
    retry(here, 120)

    assert here.ledger.records[120].ignored is Ignored.BY_PERSON
    assert len(here.books.sales) == 1


def test_a_decision_that_falls_while_the_shop_does_not_know_the_order_stands_and_the_run_ends_well() -> None:
    here = two_waiting()

    def pressed(order_id: int) -> None:
        here.ledger.records[order_id] = replace(
            here.ledger.records[order_id], state=State.IGNORED, ignored=Ignored.BY_PERSON
        )

    here.shop.one = pressed  # type: ignore[method-assign]
    retry(here, 120)

    assert here.ledger.records[120].ignored is Ignored.BY_PERSON
    assert len(here.books.sales) == 1


def test_an_order_whose_number_a_stranger_still_has_is_not_said_to_be_sent_again() -> None:
    here = two_waiting()
    there = replace(here.books.listing[0], invoice_id=77, number="SHO120", purchase_order_number="")
    here.books.listing = [replace(there, modified_at=here.clock.now())]
    here.ledger.records[120] = replace(here.ledger.records[120], state=State.UNKNOWN)
    before = len(here.ledger.outcomes[120])

    retry(here, 120)

    (outcome,) = here.ledger.outcomes[120][before:]
    said = "Saasu has a sale with this number that we did not write."
    assert (outcome.state, outcome.note) == (State.EXISTS, said)
    assert outcome.problems[0].sentence == "Order #120: Invoice with number SHO120 already exists."


def test_an_order_that_saasu_has_already_is_not_posted_by_a_retry_either() -> None:
    here = two_waiting()
    here.sales.at = Looked()
    there = replace(
        here.books.listing[0], invoice_id=77, number="SHO120", purchase_order_number="BC-abc123-120"
    )
    here.books.listing = [replace(there, modified_at=here.clock.now())]

    retry(here, 120)

    assert [sale.number for sale in here.books.sales] == ["SHO119"]
    assert (here.ledger.state(120), here.ledger.records[120].invoice_id) == (State.POSTED, 77)
    assert here.ledger.state(121) is State.FAILED


def test_an_order_that_saasu_refused_an_hour_ago_is_due_after_the_look_as_before_it() -> None:
    here = world(order(120))
    here.books.answers = [Refused("The period is closed.")]
    here.run()
    assert here.ledger.state(120) is State.FAILED
    here.later(hours=2)
    here.sales.at = Looked()

    retry(here, 120)

    assert here.ledger.state(120) is State.POSTED
    assert here.books.asked[0] == "invoices_modified"


def test_an_order_that_saasu_does_not_have_is_posted_after_the_look() -> None:
    here = two_waiting()
    here.sales.at = Looked()

    retry(here, 120)

    assert here.books.sales[-1].number == "SHO120"
    assert here.ledger.batches[-2:] == [1, 1]
