"""What a run posted is read back, in batches and never at the cost of a post (SYNC §7.8)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from portal.sync import proving
from portal.sync.bridge import predict
from portal.sync.failures import (
    CredentialsRefused,
    Denied,
    OutcomeLost,
    Refused,
    RemoteFailure,
    Throttled,
    Unreachable,
)
from portal.sync.ports import Finding, SliceOver, State, StopAsked
from portal.sync.problems import Code, Problem, RunStopped
from portal.sync.sale_orders import SaleOrder
from portal.sync.settling import PAGE
from tests.reading_back import RATES, a_cent_less, reads, states
from tests.whole_run import NOW, order, world


def test_what_a_run_posted_is_read_back_at_its_end_with_one_listing() -> None:
    here = world(order(120), order(121))

    here.run()

    assert reads(here) == ["invoices_modified"]
    assert here.books.asked[-1] == "invoices_modified"
    (since, until), *_ = here.books.windows
    assert (since, until) == (NOW - timedelta(minutes=10), NOW + timedelta(days=1))
    for number in (120, 121):
        (finding,) = here.ledger.findings[number]
        assert finding.row is not None
        assert (finding.row.total, finding.row.tax, finding.problems) == (
            Decimal("11.00"),
            Decimal("1.00"),
            (),
        )


def test_a_run_that_posts_nothing_reads_nothing_back() -> None:
    here = world(order(120))
    here.run()
    here.shop.add(order(121, status_id=7))
    here.later(hours=1)

    here.run()

    assert here.books.asked == []


def test_a_total_that_differs_is_told_on_the_posted_order_which_stays_posted() -> None:
    here = world(order(120), order(121))
    here.books.computes = a_cent_less("SHO121")

    here.run()

    (finding,) = here.ledger.findings[121]
    assert [one.code for one in finding.problems] == [Code.POSTED_TOTAL_DIFFERS]
    assert finding.problems[0].sentence == (
        "Order #121: Saasu shows $10.99 with GST $1.00 for SHO121; it should be $11.00 with GST $1.00"
    )
    assert here.ledger.findings[120][0].problems == ()
    assert states(here, 120, 121) == ["posted", "posted"]


def test_gst_is_compared_only_where_saasu_tells_it() -> None:
    here = world(order(120))
    here.books.computes = lambda sale: (predict(sale.lines, RATES)[0], None)

    here.run()

    (finding,) = here.ledger.findings[120]
    assert finding.row is not None
    assert (finding.row.tax, finding.problems) == (None, ())


def test_after_each_hundred_posts_the_batch_is_read_back_and_the_next_listing_begins_where_it_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proving, "BATCH", 2)
    here = world(*(order(number) for number in range(120, 125)))
    post = here.books.post

    def slowly(sale: SaleOrder) -> object:
        here.clock.forward(minutes=15)
        return post(sale)

    here.books.post = slowly  # type: ignore[method-assign, assignment]
    here.run()

    asked = [call for call in here.books.asked if call in {"post", "invoices_modified"}]
    read = "invoices_modified"
    assert asked == ["post", "post", read, "post", "post", read, "post", read]
    assert timedelta(seconds=10) == proving.CLOSE
    assert [since for since, _ in here.books.windows] == [
        NOW - timedelta(minutes=10),
        NOW + timedelta(minutes=30, seconds=-10),
        NOW + timedelta(minutes=60, seconds=-10),
    ]
    assert all(here.ledger.findings[number][0].row for number in range(120, 125))


def test_a_listing_that_showed_nothing_leaves_the_next_one_where_the_last_good_one_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proving, "BATCH", 1)
    here = world(order(120), order(121), order(122))
    here.books.hides = {"SHO121"}

    here.run()

    assert [since for since, _ in here.books.windows] == [
        NOW - timedelta(minutes=10),
        NOW - timedelta(seconds=10),
        NOW - timedelta(seconds=10),
    ]


def test_an_order_of_plain_lines_costs_no_look_at_what_is_known_of_shapes() -> None:
    here = world(order(120))

    def asked() -> object:
        raise AssertionError("asked")

    faults: list[Exception] = []
    here.ledger.standing = asked  # type: ignore[method-assign, assignment]
    here.run(report=faults.append)

    assert (states(here, 120), faults) == (["posted"], [])
    assert here.ledger.findings[120][0].problems == ()


def test_a_sale_of_which_nobody_knows_what_it_had_to_come_to_is_only_noted() -> None:
    here = world(order(120))
    here.run()
    record, (row,) = replace(here.ledger.records[120], bridge=None), here.books.listing

    assert proving.finding(record, row) == Finding(record=record, row=row, problems=())
    assert proving.finding(record, None) == Finding(record=record, row=None, problems=())


def test_a_batch_and_what_was_posted_just_before_it_fit_on_one_page() -> None:
    assert proving.BATCH + proving.CLOSE / timedelta(seconds=1) < PAGE


def test_an_order_that_is_not_listed_is_tried_in_the_next_runs_that_post_three_times_in_all() -> None:
    here = world(order(120))
    here.books.hides = {"SHO120"}
    here.run()
    assert here.ledger.findings[120][0].row is None
    for number in (121, 122, 123):
        here.shop.add(order(number, modified_at=NOW + timedelta(hours=number - 120, minutes=-5)))
        here.later(hours=1)
        here.run()

    assert len(here.ledger.findings[120]) == 3
    assert [since for since, _ in here.books.windows[:3]] == [NOW - timedelta(minutes=10)] * 3
    assert here.books.windows[3][0] == NOW + timedelta(hours=3, minutes=-10)
    assert states(here, 120, 123) == ["posted", "posted"]


def test_an_order_is_tried_once_a_run_however_many_batches_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "BATCH", 1)
    here = world(order(120), order(121))
    here.books.hides = {"SHO120"}

    here.run()

    assert len(here.ledger.findings[120]) == 1


def test_what_died_between_post_and_read_back_is_read_in_the_next_run_that_posts() -> None:
    here = world(order(120))
    here.books.silent = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        here.run()
    assert states(here, 120) == ["posted"]
    assert 120 not in here.ledger.findings
    here.later(hours=1)
    here.run()
    assert here.books.asked == []
    here.shop.add(order(121, modified_at=NOW + timedelta(minutes=70)))
    here.later(minutes=30)

    here.run()

    assert [here.ledger.findings[number][0].problems for number in (120, 121)] == [(), ()]
    assert len(here.books.sales) == 2


def test_what_was_posted_more_than_a_week_ago_is_read_back_no_more() -> None:
    here = world(order(120))
    here.books.silent = [Refused("no")]
    here.run()
    here.shop.add(order(121, modified_at=NOW + timedelta(days=8) - timedelta(minutes=5)))
    here.later(days=8)

    here.run()

    assert 120 not in here.ledger.findings
    assert here.books.windows[-1][0] == NOW + timedelta(days=8, minutes=-10)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Unreachable("no connection"), Code.SAASU_UNREACHABLE),
        (Throttled("too many"), Code.SAASU_QUOTA),
        (CredentialsRefused("no"), Code.SAASU_CREDENTIALS),
    ],
)
def test_a_read_back_that_finds_saasu_away_ends_the_run_with_every_post_kept(
    failure: RemoteFailure, code: Code
) -> None:
    here = world(order(120), order(121))
    here.books.silent = [failure]

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is code
    assert states(here, 120, 121) == ["posted", "posted"]


@pytest.mark.parametrize("failure", [Refused("no such list"), Denied("not allowed")])
def test_a_read_back_that_is_refused_is_left_for_later_and_the_run_is_good(failure: RemoteFailure) -> None:
    here = world(order(120))
    here.books.silent = [failure]

    here.run()

    assert states(here, 120) == ["posted"]
    assert here.ledger.findings == {}


def test_a_batch_that_cannot_be_read_in_the_middle_of_a_run_is_read_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proving, "BATCH", 2)
    here = world(order(120), order(121), order(122))
    here.books.silent = [Unreachable("a hiccup")]

    here.run()

    assert [here.ledger.findings[number][0].row is not None for number in (120, 121, 122)] == [True] * 3


def test_a_throttled_batch_in_the_middle_of_a_run_ends_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "BATCH", 1)
    here = world(order(120), order(121))
    here.books.silent = [Throttled("blocked")]

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.SAASU_QUOTA
    assert states(here, 120, 121) == ["posted", "seen"]
    assert reads(here) == ["invoices_modified"]


def test_a_run_that_a_person_stops_still_reads_back_what_it_posted() -> None:
    here = world(order(120), order(121))
    here.ledger.stop_after = 2

    with pytest.raises(StopAsked):
        here.run()

    assert list(here.ledger.findings) == [120]


def test_a_stop_stays_a_stop_when_saasu_does_not_answer() -> None:
    here = world(order(120), order(121))
    here.ledger.stop_after = 2
    here.books.silent = [Unreachable("away")]

    with pytest.raises(StopAsked):
        here.run()

    assert here.ledger.findings == {}


def test_a_run_that_ends_because_saasu_is_away_asks_it_nothing_more() -> None:
    here = world(order(120), order(121))
    here.books.answers = [None, Unreachable("away")]

    with pytest.raises(RunStopped):
        here.run()

    assert reads(here) == []


@pytest.mark.parametrize(
    "ending", [RunStopped(Problem(Code.SAASU_QUOTA, "the day's allowance is used up")), SliceOver("over")]
)
def test_a_slice_that_is_over_and_an_allowance_that_is_used_up_leave_room_to_read_back(
    ending: Exception,
) -> None:
    here = world(order(120), order(121))
    answers = iter([None, None, ending])

    def afford() -> None:
        answer = next(answers)
        if answer is not None:
            raise answer

    with pytest.raises(type(ending)):
        here.run(afford=afford)

    assert states(here, 120, 121) == ["posted", "seen"]
    assert list(here.ledger.findings) == [120]


def test_a_run_that_ends_for_another_reason_still_reads_back() -> None:
    here = world(*(order(number) for number in range(120, 125)))
    here.books.answers = [None, *(Refused("Item layout is off") for _ in range(3))]

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.SAASU_REFUSED
    assert list(here.ledger.findings) == [120]


def test_an_order_found_by_its_marker_is_compared_with_the_row_that_showed_it() -> None:
    here = world(order(120))
    here.books.answers = [OutcomeLost("broke off")]
    here.books.computes = a_cent_less("SHO120")
    here.run()
    here.later(minutes=3)

    here.run()

    assert reads(here) == ["invoices_modified"]
    outcome = here.ledger.last(120)
    assert outcome.state is State.POSTED
    assert [one.code for one in outcome.problems] == [Code.POSTED_TOTAL_DIFFERS]
    assert outcome.found is not None
