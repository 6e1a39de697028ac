"""A preview at work: killed, given up, stopped, giving way, and beside the runs that sync."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal.clients import bigcommerce
from portal.clients.saasu import Saasu
from portal.ledger import LEASE, write_listed
from portal.models.previews import PreviewedOrder
from portal.models.runs import Run, RunKind, RunState
from portal.services import runs
from portal.services.preview_runs import Delivery, carry_out_preview
from portal.services.runs import SystemClock
from portal.services.syncing import carry_out
from portal.sync.previewing import Verdict
from portal.sync.sale_orders import InvoiceSummary
from tests.factories import make_run
from tests.preview_desk import asked, spend
from tests.sandbox_desk import Desk


class Killed(BaseException):
    """What ends a process that is killed: nothing catches it."""


@pytest.fixture
def pages_of_five(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bigcommerce, "PAGE", 5)
    monkeypatch.setattr(bigcommerce, "SMALLEST_PAGE", 5)


def after_the_first_page(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let something happen once, when the first page of a preview is kept."""
    keep = Delivery.keep
    done: list[bool] = []

    def keep_and_act(self: Delivery, *arguments: object) -> None:
        keep(self, *arguments)  # type: ignore[arg-type]
        if not done:
            done.append(True)
            act()

    monkeypatch.setattr(Delivery, "keep", keep_and_act)


def kill() -> None:
    raise Killed


@pytest.mark.usefixtures("pages_of_five")
def test_a_killed_preview_goes_on_from_where_it_was_and_counts_no_order_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = desk.connect()
    run = asked(desk, connection)
    after_the_first_page(monkeypatch, kill)
    clock = SystemClock()
    with pytest.raises(Killed):
        carry_out_preview(desk.session, desk.outside, run.id, 1, clock)
    desk.session.rollback()
    assert (run.state, run.read) == (RunState.RUNNING, 5)
    alive_at = run.alive_at
    assert alive_at is not None
    rung: list[tuple[str, int]] = []

    live = runs.sweep(desk.session, alive_at + LEASE, set(), lambda *one: rung.append(one))
    mended = runs.sweep(
        desk.session, alive_at + LEASE + timedelta(seconds=1), set(), lambda *one: rung.append(one)
    )
    calls = desk.calls("bigcommerce")["GET /v2/orders"]
    state = carry_out_preview(desk.session, desk.outside, run.id, 2, clock)

    desk.session.refresh(run)
    count = len(desk.shop_totals())
    assert (live, mended, rung) == (0, 1, [(run.id, 2)])
    assert (state, run.read) == (RunState.FINISHED, count)
    assert desk.session.scalar(select(func.count(PreviewedOrder.id))) == count
    assert desk.calls("bigcommerce")["GET /v2/orders"] - calls == (count - 5) // 5 + 1


@pytest.mark.usefixtures("pages_of_five")
def test_a_worker_that_was_given_up_writes_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = desk.connect()
    run = asked(desk, connection)

    def give_up() -> None:
        later = datetime.now(UTC) + LEASE * 2
        assert runs.sweep(desk.session, later, set(), lambda *_: None) == 1

    after_the_first_page(monkeypatch, give_up)

    state = carry_out_preview(desk.session, desk.outside, run.id, 1, SystemClock())

    desk.session.refresh(run)
    assert state is None
    assert (run.state, run.attempt, run.read) == (RunState.QUEUED, 2, 5)
    assert desk.session.scalar(select(func.count(PreviewedOrder.id))) == 5


@pytest.mark.usefixtures("pages_of_five")
def test_the_hourly_run_goes_on_during_a_preview(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = desk.connect()
    connection.next_run_at = datetime.now(UTC) - timedelta(minutes=1)
    desk.session.commit()
    hourly: list[tuple[str, int]] = []
    preview = asked(desk, connection)

    def an_hour_is_over() -> None:
        assert runs.claim_due(desk.session, datetime.now(UTC), lambda *one: hourly.append(one)) == 1
        carry_out(desk.session, desk.outside, *hourly[0], SystemClock())

    after_the_first_page(monkeypatch, an_hour_is_over)
    carry_out_preview(desk.session, desk.outside, preview.id, 1, SystemClock())

    run = desk.session.get_one(Run, hourly[0][0])
    verdicts = Counter(desk.session.scalars(select(PreviewedOrder.verdict)))
    assert (run.kind, run.state, preview.state) == (RunKind.HOURLY, RunState.FINISHED, RunState.FINISHED)
    assert run.posted > 5
    assert connection.last_good_run_at is not None
    assert set(Counter(sale["PurchaseOrderNumber"] for sale in desk.sales()).values()) == {1}
    # The first page was seen before the hourly run, the others after it.
    assert verdicts[Verdict.WOULD_POST] + verdicts[Verdict.PROBLEM] >= 5
    assert verdicts[Verdict.POSTED] > 0


@pytest.mark.usefixtures("pages_of_five")
def test_a_person_can_stop_a_preview(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = desk.connect()
    run = asked(desk, connection)
    after_the_first_page(monkeypatch, lambda: runs.ask_to_stop(desk.session, run))

    state = carry_out_preview(desk.session, desk.outside, run.id, 1, SystemClock())

    assert (state, run.state, run.read) == (RunState.STOPPED, RunState.STOPPED, 5)


def hearing_listings(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """From when on Saasu's sales are listed, each time they are."""
    invoices_modified = Saasu.invoices_modified
    heard: list[datetime] = []

    def hears(self: Saasu, *, since: datetime, until: datetime) -> Iterator[InvoiceSummary]:
        heard.append(since)
        return invoices_modified(self, since=since, until=until)

    monkeypatch.setattr(Saasu, "invoices_modified", hears)
    return heard


class LeapingClock:
    """A clock on which each look takes a minute."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def now(self) -> datetime:
        self.moment += timedelta(minutes=1)
        return self.moment


@pytest.mark.usefixtures("pages_of_five")
def test_a_long_preview_gives_way_and_goes_on_when_its_turn_comes_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = desk.connect()
    run = asked(desk, connection)
    rung: list[tuple[str, int]] = [(run.id, 1)]
    clock = LeapingClock()
    states: list[RunState | None] = []
    listed = hearing_listings(monkeypatch)

    while len(states) < len(rung):
        states.append(
            carry_out_preview(
                desk.session, desk.outside, *rung[len(states)], clock, lambda *one: rung.append(one)
            )
        )

    desk.session.refresh(run)
    count = len(desk.shop_totals())
    assert states == [None] * (len(rung) - 1) + [RunState.FINISHED]
    assert len(rung) > 2
    # Two listings, the last 60 days being more than a month; none of them twice, however often it gave way.
    assert desk.calls("saasu")["GET /Invoices"] == len(set(listed)) == len(listed)
    assert (run.state, run.read) == (RunState.FINISHED, count)
    assert desk.session.scalar(select(func.count(PreviewedOrder.id))) == count


def test_a_connection_has_one_open_preview_beside_its_one_open_run(desk: Desk) -> None:
    connection = desk.connect()
    hourly = make_run(desk.session, connection)

    first, again = asked(desk, connection), asked(desk, connection)
    manual = runs.request_run(
        desk.session, connection, RunKind.MANUAL, "Alice", datetime.now(UTC), lambda *_: None
    )

    assert first.id == again.id
    assert manual.id == hourly.id
    with pytest.raises(IntegrityError):
        make_run(desk.session, connection, RunKind.PREVIEW)
    desk.session.rollback()
    with pytest.raises(IntegrityError):
        make_run(desk.session, connection, RunKind.MANUAL)
    desk.session.rollback()


def test_a_duplicate_delivery_does_nothing(desk: Desk) -> None:
    run = asked(desk, desk.connect())
    carry_out_preview(desk.session, desk.outside, run.id, 1, SystemClock())

    assert carry_out_preview(desk.session, desk.outside, run.id, 1, SystemClock()) is None


# --- the day's calls of Saasu -------------------------------------------------------------------------------------------


def test_a_preview_asks_for_the_days_calls_before_it_spends_any(desk: Desk) -> None:
    connection = desk.connect()
    spend(desk, 80)
    before = sum(desk.calls("saasu").values())
    run = asked(desk, connection)

    state = carry_out_preview(desk.session, desk.outside, run.id, 1, SystemClock())

    desk.session.refresh(run)
    assert (state, run.problem_code) == (RunState.INCOMPLETE, "SAASU_QUOTA")
    assert (run.problem_sentence or "").startswith(
        "The preview was stopped: of this file’s Saasu calls of the day "
    )
    assert "and 20 of the 100 allowed are kept for the hourly runs. Start it again" in (
        run.problem_sentence or ""
    )
    assert sum(desk.calls("saasu").values()) == before
    assert desk.session.scalar(select(func.count(PreviewedOrder.id))) == 0


def test_a_preview_asks_again_before_each_listing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = desk.connect()
    run = asked(desk, connection)
    listed = hearing_listings(monkeypatch)

    def then_somebody_spends(*arguments: object) -> None:
        write_listed(*arguments)  # type: ignore[arg-type]
        spend(desk, 80)

    monkeypatch.setattr("portal.services.preview_runs.write_listed", then_somebody_spends)

    carry_out_preview(desk.session, desk.outside, run.id, 1, SystemClock())

    desk.session.refresh(run)
    assert (run.state, run.problem_code, len(listed)) == (RunState.INCOMPLETE, "SAASU_QUOTA", 1)
