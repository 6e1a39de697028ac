"""Backfills beside hourly runs against the sandbox's two servers: every order once, whatever comes between (SYNC §3.3, §9)."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.clients.saasu import Saasu
from portal.ledger import SqlSliceLedger
from portal.models.backfills import Backfill, BackfillState
from portal.models.orders import Order
from portal.models.runs import Run, RunKind
from portal.services import backfills
from portal.sync.sale_orders import SaleOrder
from tests.backfill_clerk import DAYS_AGO, SHO, Clerk, silent


def test_start_processing_takes_older_orders_and_posts_nothing_twice(clerk: Clerk) -> None:
    assert clerk.hourly().posted == 0

    backfill = clerk.ask()
    clerk.turns()
    again = clerk.hourly()

    assert clerk.sent() == clerk.everything()
    assert again.posted == 0
    assert (backfill.state, backfill.read, backfill.known) == ("finished", clerk.listed(), 0)


def test_a_backfill_ends_to_the_cent(clerk: Clerk) -> None:
    clerk.ask()
    clerk.turns()

    totals = clerk.desk.shop_totals()
    sales = {sale["PurchaseOrderNumber"]: Decimal(str(sale["TotalAmount"])) for sale in clerk.desk.sales()}
    assert len(sales) == sum(clerk.everything().values())
    assert sales == {marker: totals[marker] for marker in sales}


def test_hourly_runs_between_slices_take_their_own_orders_and_leave_the_rest(
    clerk: Clerk, over_after: Callable[[int], None]
) -> None:
    over_after(5)
    clerk.ask()
    clerk.slice()
    before = sum(clerk.sent().values())
    assert 0 < before < len(clerk.everything())
    new = clerk.place(2, clerk.clock.now() - timedelta(minutes=5))
    clerk.connection.watermark = clerk.clock.now() - timedelta(minutes=30)
    clerk.desk.session.commit()

    assert clerk.hourly().posted == 2
    assert {f"{SHO}{number}" for number in new} <= set(clerk.sent())
    assert sum(clerk.sent().values()) == before + 2
    clerk.turns()

    assert clerk.sent() == clerk.everything()


def test_a_slice_gives_way_to_the_hourly_run_that_is_due_and_goes_on_after_it(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, hour = Saasu.post, clerk.connection.next_run_at
    assert hour is not None

    def until_the_hour(books: Saasu, sale: SaleOrder) -> Any:
        if sum(clerk.sent().values()) == 3:
            clerk.clock.moment = max(hour, clerk.clock.moment)
        return post(books, sale)

    monkeypatch.setattr(Saasu, "post", until_the_hour)
    clerk.ask()
    clerk.turns()

    kinds = clerk.desk.session.scalars(
        select(Run.kind).where(Run.started_at.is_not(None)).order_by(Run.started_at, Run.queued_at)
    ).all()
    assert sorted(kinds) == [RunKind.BACKFILL, RunKind.BACKFILL, RunKind.HOURLY]
    assert clerk.sent() == clerk.everything()


def test_a_worker_killed_between_the_page_and_the_post_loses_no_order_and_posts_none_twice(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Saasu.post
    calls: list[str] = []

    def killed(books: Saasu, sale: SaleOrder) -> Any:
        calls.append(sale.number)
        if len(calls) == 2:
            raise KeyboardInterrupt
        found = post(books, sale)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(Saasu, "post", killed)
    clerk.ask()
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            clerk.turns()
        clerk.desk.session.rollback()
        clerk.clock.forward(minutes=3)

    clerk.turns()
    clerk.clock.forward(hours=1)
    clerk.turns()

    assert clerk.sent() == clerk.everything()
    assert clerk.states()["posted"] == len(clerk.everything())
    assert clerk.backfill.state == BackfillState.FINISHED


def test_a_crash_while_reading_goes_on_from_the_page_it_was_at(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.place(300, clerk.clock.now() - timedelta(days=DAYS_AGO - 1), status_id=5)
    record = SqlSliceLedger.record_created
    pages: list[int] = []

    def second_page(ledger: SqlSliceLedger, *arguments: Any, **places: Any) -> None:
        pages.append(len(arguments[0]))
        if len(pages) == 2:
            raise KeyboardInterrupt
        record(ledger, *arguments, **places)

    monkeypatch.setattr(SqlSliceLedger, "record_created", second_page)
    clerk.ask()
    with pytest.raises(KeyboardInterrupt):
        clerk.turns()
    clerk.desk.session.rollback()
    assert (clerk.backfill.read, clerk.backfill.read_to_end) == (250, False)
    clerk.clock.forward(minutes=3)
    clerk.turns()

    assert pages[0] == 250
    assert clerk.backfill.read == sum(pages) - pages[1] == clerk.listed()
    assert clerk.states() == {
        "posted": len(clerk.everything()),
        "ignored": clerk.listed() - len(clerk.everything()),
    }


def test_a_lost_answer_is_looked_up_by_the_hourly_run_and_the_backfill_ends_after_that(clerk: Clerk) -> None:
    match = {"method": "POST", "path": "/Invoice"}
    clerk.desk.servers.controls["saasu"].faults.order({"match": match, "fault": "reset_after", "times": 2})
    clerk.ask()
    clerk.turns()
    assert clerk.states()["unknown"] == 2
    assert clerk.backfill.state == BackfillState.RUNNING

    clerk.clock.forward(minutes=3)
    clerk.turns()

    assert clerk.sent() == clerk.everything()
    assert clerk.backfill.state == BackfillState.FINISHED


def test_a_pause_in_the_middle_and_a_resume_much_later(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    post = Saasu.post

    def paused_meanwhile(books: Saasu, sale: SaleOrder) -> Any:
        if len(clerk.desk.sales()) == 3:
            assert backfills.pause(clerk.desk.session, clerk.backfill, "Pat", clerk.clock.now())
        return post(books, sale)

    monkeypatch.setattr(Saasu, "post", paused_meanwhile)
    clerk.ask()
    clerk.turns()
    assert len(clerk.desk.sales()) == 4
    assert clerk.backfill.state == BackfillState.PAUSED
    monkeypatch.setattr(Saasu, "post", post)
    clerk.clock.forward(hours=30)
    clerk.turns()
    assert len(clerk.desk.sales()) == 4

    backfills.resume(clerk.desk.session, clerk.backfill, "Alice", clerk.clock.now(), silent)
    clerk.turns()

    assert clerk.sent() == clerk.everything()


@pytest.mark.parametrize("first", ["hourly", "slice"])
def test_an_order_in_both_windows_is_posted_once_whoever_comes_first(clerk: Clerk, first: str) -> None:
    start = clerk.clock.now() - timedelta(minutes=30)
    clerk.connection.start_at = clerk.connection.watermark = start
    clerk.desk.session.commit()
    both = clerk.place(2, start + timedelta(minutes=5))
    clerk.ask()
    if first == "hourly":
        taken = clerk.hourly().posted
        assert taken >= 2
        clerk.turns()
        assert clerk.backfill.known == taken
    else:
        clerk.turns()
        assert clerk.hourly().posted == 0

    assert clerk.sent() == clerk.everything()
    assert {f"{SHO}{number}" for number in both} <= set(clerk.sent())


def test_an_order_modified_while_it_waits_is_posted_once_as_it_is_now(
    clerk: Clerk, over_after: Callable[[int], None]
) -> None:
    over_after(1)
    clerk.ask()
    clerk.slice()
    assert clerk.states()["seen"] == len(clerk.everything())
    changed, cancelled = clerk.ids[3], clerk.ids[4]
    clerk.change(changed, customer_message="Leave it at the door")
    clerk.change(cancelled, status_id=5)
    clerk.clock.forward(minutes=30)
    clerk.hourly()
    assert clerk.sent() == Counter()

    over_after(1000)
    clerk.turns()

    assert clerk.sent() == clerk.everything()
    assert f"{SHO}{cancelled}" not in clerk.sent()
    sale = next(one for one in clerk.desk.sales() if one["InvoiceNumber"] == f"{SHO}{changed}")
    assert "Leave it at the door" in sale["NotesExternal"]
    row = clerk.desk.session.scalars(select(Order).where(Order.order_id == cancelled)).one()
    assert (row.state, row.ignored_reason) == ("ignored", "STATUS")


def test_an_earlier_date_while_it_runs_takes_the_rest_too(
    clerk: Clerk, over_after: Callable[[int], None]
) -> None:
    oldest = clerk.place(3, clerk.clock.now() - timedelta(days=200))
    over_after(4)
    first = clerk.ask()
    clerk.slice()
    over_after(1000)

    assert clerk.ask(days=201).id == first.id
    clerk.turns()

    assert clerk.sent() == clerk.everything()
    assert {f"{SHO}{number}" for number in oldest} <= set(clerk.sent())
    assert clerk.desk.session.scalars(select(func.count(Backfill.id))).one() == 1


def test_what_a_stop_left_out_is_taken_by_the_next_start_processing(
    clerk: Clerk, over_after: Callable[[int], None]
) -> None:
    start = clerk.connection.start_at
    over_after(5)
    clerk.ask()
    clerk.slice()
    over_after(1000)
    posted = clerk.sent()
    backfills.stop(clerk.desk.session, clerk.backfill, "Pat", clerk.clock.now())
    clerk.clock.forward(hours=2)
    clerk.turns()
    assert clerk.sent() == posted
    assert clerk.connection.start_at == start
    assert set(clerk.states()) == {"posted", "ignored"}

    clerk.ask()
    clerk.turns()

    assert clerk.sent() == clerk.everything()
