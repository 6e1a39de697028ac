"""The first order of each shape of line is read back at once; a shape that differs stops for the file (SYNC §7.8)."""

from decimal import Decimal

import pytest

from portal.sync.bridge import predict
from portal.sync.failures import (
    Throttled,
    Unreachable,
)
from portal.sync.problems import Code, RunStopped
from portal.sync.shapes import Shape
from tests.reading_back import RATES, a_cent_less, reads, states, with_coupon
from tests.whole_run import order, world


def test_the_first_order_of_a_shape_is_read_back_right_after_its_post() -> None:
    here = world(with_coupon(120), with_coupon(121), with_coupon(122, quantity=3))

    here.run()

    asked = [call for call in here.books.asked if call in {"post", "invoice", "invoices_modified"}]
    assert asked == ["post", "invoice", "post", "post", "invoice", "invoices_modified"]
    assert here.ledger.shapes == {Shape.PERCENTAGE: True, Shape.MANY_WITH_PERCENTAGE: True}
    assert [len(here.ledger.findings[number]) for number in (120, 121, 122)] == [1, 1, 1]


def test_a_run_whose_orders_were_all_read_at_once_lists_nothing() -> None:
    here = world(with_coupon(120))

    here.run()

    assert reads(here) == ["invoice"]


def test_a_shape_that_differs_stops_for_the_file_and_the_other_shapes_go_on() -> None:
    here = world(with_coupon(120), with_coupon(121), with_coupon(122, quantity=3), order(123))
    here.books.computes = a_cent_less("SHO120")

    here.run()

    assert states(here, 120, 121, 122, 123) == ["posted", "failed", "posted", "posted"]
    assert here.ledger.findings[120][0].problems[0].code is Code.POSTED_TOTAL_DIFFERS
    (problem,) = here.ledger.last(121).problems
    assert problem.code is Code.POSTED_TOTAL_DIFFERS
    assert "a percentage off one piece" in problem.sentence
    assert here.ledger.last(121).bridge is not None
    assert here.ledger.shapes == {Shape.PERCENTAGE: False, Shape.MANY_WITH_PERCENTAGE: True}


def test_an_order_of_a_stopped_shape_costs_saasu_no_call_and_is_taken_once_the_shape_is_open_again() -> None:
    here = world(with_coupon(120))
    here.ledger.shapes = {Shape.PERCENTAGE: False}
    here.run()
    assert states(here, 120) == ["failed"]
    assert here.books.asked == []
    here.ledger.shapes = {}
    here.later(hours=1)

    here.run()

    assert states(here, 120) == ["posted"]
    assert here.ledger.shapes == {Shape.PERCENTAGE: True}


def test_gst_alone_says_nothing_against_a_shape() -> None:
    here = world(with_coupon(120))
    here.books.computes = lambda sale: (predict(sale.lines, RATES)[0], Decimal("0.99"))

    here.run()

    assert here.ledger.findings[120][0].problems != ()
    assert here.ledger.shapes == {Shape.PERCENTAGE: True}


def test_a_first_order_that_is_not_there_yet_proves_its_shape_with_the_batch() -> None:
    here = world(with_coupon(120))
    here.books.silent = [Unreachable("a hiccup")]
    here.books.computes = a_cent_less("SHO120")

    here.run()

    assert reads(here) == ["invoice", "invoices_modified"]
    assert here.ledger.shapes == {Shape.PERCENTAGE: False}


def test_a_sale_whose_total_saasu_does_not_tell_proves_nothing() -> None:
    here = world(with_coupon(120))
    here.books.computes = lambda _sale: (None, None)

    here.run()

    assert here.ledger.shapes == {}
    assert here.ledger.findings[120][0].problems == ()


def test_first_orders_that_nobody_answers_for_are_asked_for_three_times_a_run() -> None:
    here = world(*(with_coupon(number) for number in range(120, 125)))
    here.books.hides = {f"SHO{number}" for number in range(120, 125)}

    here.run()

    assert reads(here) == ["invoice"] * 3 + ["invoices_modified"]
    assert here.ledger.shapes == {}


def test_a_throttled_first_order_ends_the_run_with_its_post_kept() -> None:
    here = world(with_coupon(120), with_coupon(121))
    here.books.silent = [Throttled("blocked")]

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.SAASU_QUOTA
    assert states(here, 120, 121) == ["posted", "seen"]
    assert reads(here) == ["invoice"]


def test_a_fault_of_ours_while_reading_back_never_unposts_an_order() -> None:
    here = world(with_coupon(120), order(121))
    here.books.silent = [ZeroDivisionError()]

    here.run()

    assert states(here, 120, 121) == ["posted", "posted"]
    assert len(here.books.sales) == 2
