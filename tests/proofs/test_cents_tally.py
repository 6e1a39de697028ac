"""What `prove cents` counts: orders once a check, sums over processes, and a bar that only a clean run clears."""

from collections import Counter

from proofs._cents_roundings import PROVEN, UNPROVEN
from proofs._cents_tally import SHOWN, Tally, Wrong
from proofs.cents import FULL, SMALL, numbers_for


def test_an_order_counts_once_for_each_check_it_failed() -> None:
    tally = Tally()
    tally.blame(Wrong(1, ("share", "share", "total"), "told"))
    assert tally.checks == {"share": 1, "total": 1}
    assert tally.is_red
    assert tally.figures()["off_by_a_cent"] == 1


def test_only_the_first_orders_that_went_wrong_are_told_whole() -> None:
    tally = Tally()
    for number in range(SHOWN + 5):
        tally.blame(Wrong(number, ("gst",), "told"))
    assert len(tally.wrong) == SHOWN
    assert tally.figures()["gst_beyond"] == SHOWN + 5


def test_processes_add_up() -> None:
    whole, part = Tally(orders=2, hypotheses=16), Tally(orders=3, hypotheses=64, refused=Counter(STATUS=1))
    with part.timed("posting"):
        pass
    whole.add(part)
    assert (whole.orders, whole.hypotheses, whole.refused) == (5, 64, {"STATUS": 1})
    assert list(whole.seconds) == ["posting"]
    assert not whole.is_red


def test_a_run_that_stopped_is_red() -> None:
    assert Tally(stopped_runs=1).is_red


def test_every_rounding_of_the_study_is_tried() -> None:
    assert len({tuple(one.items()) for one in PROVEN + UNPROVEN}) == 64
    assert {one["between"] for one in PROVEN} == {"nothing"}


def test_faults_are_planted_over_orders_that_can_show_them() -> None:
    for size in (FULL, SMALL):
        numbers = numbers_for(size.planted_shops, size.planted)
        assert len(numbers) == len(set(numbers)) >= size.planted
        assert any(number % 97 == 41 for number in numbers)
        assert any(number % 53 == 17 for number in numbers)
