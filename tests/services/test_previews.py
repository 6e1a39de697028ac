"""A preview says what a run would do, and does nothing: against the sandbox's two servers, by the use cases alone."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import requests
from sqlalchemy import func, select

from portal.models.orders import Attempt, Order
from portal.models.runs import RunState
from portal.services import connections, preview_runs, previews
from portal.services.preview_reports import report_of
from portal.services.previews import NotPreviewed
from portal.sync import previewing
from portal.sync.allowance import plan_limit
from portal.sync.previewing import Verdict
from portal.sync.problems import Code
from tests.factories import make_run
from tests.preview_desk import SYDNEY, everything, previewed, rows_of, writes_to_saasu
from tests.sandbox_desk import Desk


def test_after_a_preview_saasu_has_seen_no_write_and_the_ledger_has_no_row(desk: Desk) -> None:
    connection = desk.connect()
    before = everything(connection)

    preview = previewed(desk, connection)

    desk.session.refresh(connection)
    assert preview.run.state == RunState.FINISHED
    assert writes_to_saasu(desk) == Counter()
    assert desk.sales() == []
    assert desk.session.scalar(select(func.count(Order.id))) == 0
    assert desk.session.scalar(select(func.count(Attempt.id))) == 0
    assert everything(connection) == before


def test_every_order_of_the_period_has_one_verdict_and_the_sentence_counts_them(desk: Desk) -> None:
    connection = desk.connect()

    preview = previewed(desk, connection)
    report = report_of(desk.session, desk.outside, preview)

    count = len(desk.shop_totals())
    would_post = report.figures.would_post
    assert len(rows_of(desk, preview)) == report.figures.orders == preview.run.read == count
    assert would_post.orders > 5
    assert would_post.difference == 0
    assert would_post.shop > 0
    assert report.sentence.startswith(f"{count} orders: {would_post.orders} would post, 1 misses an item")
    assert sum(one.orders for _, one in report.left_out) == report.figures.left_out.orders
    assert [(check.code, check.subject) for check in report.checks] == [
        (Code.ITEM_NOT_FOUND, "sh-hoodie-with-logo")
    ]


def test_what_a_preview_says_is_what_the_run_does(desk: Desk) -> None:
    connection = desk.connect()
    preview = previewed(desk, connection)
    forecast = report_of(desk.session, desk.outside, preview).forecast

    run = desk.run(connection)

    orders = {row.order_id: row for row in desk.session.scalars(select(Order))}
    rows = rows_of(desk, preview)
    told = {"would_post": "posted", "problem": "failed", "ignored": "ignored"}
    assert {number: told[row.verdict] for number, row in rows.items()} == {
        number: order.state for number, order in orders.items()
    }
    for number, row in rows.items():
        order = orders[number]
        assert (row.problems, row.ignored_reason, row.bridge) == (
            order.problems,
            order.ignored_reason,
            order.bridge,
        )
        if row.verdict == Verdict.WOULD_POST:
            assert row.books_total == row.total == Decimal(order.bridge[-2]["books"])
    assert forecast.work.posts == run.posted
    assert run.saasu_calls <= forecast.work.calls + 1  # a token may be renewed on the way
    assert run.saasu_calls >= forecast.work.posts + forecast.work.look_ups


def test_what_was_posted_is_told_as_posted_and_costs_nothing_more(desk: Desk) -> None:
    connection = desk.connect()
    posted = desk.run(connection).posted

    report = report_of(desk.session, desk.outside, previewed(desk, connection))

    assert report.figures.there.orders == posted
    assert report.figures.would_post.orders == report.forecast.work.calls == 0
    assert f"{posted} posted already" in report.sentence


def enter_by_hand(desk: Desk, number: str, mark: str = "") -> None:
    """A sale that another program, or a person, put into Saasu."""
    url = f"{desk.servers.saasu_url}/_control/files/{desk.file.file_id}/invoices"
    line = {"ItemCode": "SHIPPING", "TaxCode": "G1", "Quantity": 1, "UnitPrice": 5}
    sale = {"InvoiceNumber": number, "PurchaseOrderNumber": mark, "LineItems": [line]}
    assert requests.post(url, json=sale, timeout=10).ok


def test_orders_that_are_in_saasu_by_other_hands_are_told_apart_and_the_run_finds_them_so(desk: Desk) -> None:
    connection = desk.connect(discount_item_id=None)
    would = [row.order_id for row in rows_of(desk, previewed(desk, connection)).values() if row.sale]
    theirs, ours = would[:2]
    enter_by_hand(desk, f"SHO{theirs}")
    enter_by_hand(desk, "RESTORED-1", f"BC-{desk.shop.hash}-{ours}")

    rows = rows_of(desk, previewed(desk, connection))

    assert (rows[theirs].verdict, rows[ours].verdict) == (Verdict.EXISTS, Verdict.POSTED)
    assert {rows[number].verdict for number in would[2:]} == {Verdict.WOULD_POST}
    desk.servers.saasu.change_settings({"unique_numbers": True})
    desk.run(connection)
    assert desk.session.scalar(select(Order.state).where(Order.order_id == theirs)) == "exists"


def written_before(desk: Desk, days: int) -> None:
    """Let every sale there is have been written so many days ago."""
    moment = f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%S}"
    for sale in desk.servers.saasu.files[desk.file.file_id].invoices.values():
        sale["LastModifiedDateUtc"] = moment


def test_a_file_with_too_many_sales_to_compare_is_told_of(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = desk.connect()
    enter_by_hand(desk, "A-1")
    enter_by_hand(desk, "A-2")
    written_before(desk, 50)
    monkeypatch.setattr(preview_runs, "MOST_SALES", 1)

    assert previewed(desk, connection).run.remark.startswith("Saasu has more than")
    monkeypatch.undo()
    assert previewed(desk, connection).run.remark == ""


def test_an_item_made_in_saasu_clears_the_checklist(desk: Desk) -> None:
    connection = desk.connect()
    first = report_of(desk.session, desk.outside, previewed(desk, connection))
    desk.add_item(first.checks[0].subject)

    second = report_of(desk.session, desk.outside, previewed(desk, connection))

    assert second.checks == ()
    assert second.figures.would_post.orders == first.figures.would_post.orders + len(first.checks[0].orders)


def test_a_connection_that_is_not_enabled_can_be_previewed(desk: Desk) -> None:
    draft = desk.draft(enabled=False)
    connection = connections.save_connection(desk.session, desk.outside, desk.file, None, draft)
    assert connection.start_at is None

    preview = previewed(desk, connection)

    assert preview.run.state == RunState.FINISHED
    assert Verdict.WOULD_POST in {row.verdict for row in rows_of(desk, preview).values()}
    assert (connection.start_at, connection.last_good_run_at) == (None, None)


def test_a_token_that_is_refused_fails_the_preview_and_marks_nothing_else(desk: Desk) -> None:
    connection = desk.connect(access_token="revoked")

    preview = previewed(desk, connection)

    assert (preview.run.state, preview.run.problem_code) == (RunState.FAILED, "STORE_CREDENTIALS")
    assert (connection.problem_code, rows_of(desk, preview)) == (None, {})


def test_a_connection_without_a_token_says_so(desk: Desk) -> None:
    draft = desk.draft(enabled=False, access_token="")
    connection = connections.save_connection(desk.session, desk.outside, desk.file, None, draft)

    assert previewed(desk, connection).run.problem_code == "STORE_CREDENTIALS"


def test_the_orders_of_the_last_five_previews_are_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_runs, "KEPT", 2)
    connection = desk.connect()

    found = [previewed(desk, connection) for _ in range(4)]

    desk.session.expire_all()
    assert [preview.kept for preview in found] == [False, False, True, True]
    assert [bool(rows_of(desk, preview)) for preview in found] == [False, False, True, True]
    assert [one.run_id for one in previews.previews_of(desk.session, connection.firm_id, connection.id)] == [
        found[3].run_id,
        found[2].run_id,
    ]


def break_lines(desk: Desk, times: int) -> None:
    """Let the shop give lines one order at a time, and not answer for some."""
    url = f"{desk.servers.bigcommerce_url}/_control/stores/{desk.shop.hash}"
    assert requests.patch(url, json={"consignments": False}, timeout=10).ok
    match = {"method": "GET", "path": "/v2/orders/{id}/products"}
    desk.servers.controls["bigcommerce"].faults.order(
        {"match": match, "fault": "error_before", "status": 500, "times": times}
    )


def test_an_order_for_which_the_shop_does_not_answer_is_a_problem_alone(desk: Desk) -> None:
    connection = desk.connect()
    break_lines(desk, times=4)  # one call is tried several times

    preview = previewed(desk, connection)

    problems = [row.problems[0]["code"] for row in rows_of(desk, preview).values() if row.problems]
    assert preview.run.state == RunState.FINISHED
    assert 1 <= problems.count("INCOMPLETE_READ") <= 2
    assert len(rows_of(desk, preview)) == len(desk.shop_totals())


def test_a_shop_that_answers_for_no_order_stops_the_preview(desk: Desk) -> None:
    connection = desk.connect()
    break_lines(desk, times=1000)

    preview = previewed(desk, connection)

    assert (preview.run.state, preview.run.problem_code) == (RunState.INCOMPLETE, "STORE_UNREACHABLE")


def test_a_fault_of_ours_in_one_order_is_its_problem_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = desk.connect()
    original = previewing.preview
    first = min(int(marker.rpartition("-")[2]) for marker in desk.shop_totals())

    def faulty_once(complete: object, *arguments: object) -> object:
        if complete.order.id == first:  # type: ignore[attr-defined]
            raise ZeroDivisionError
        return original(complete, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(preview_runs, "preview", faulty_once)

    rows = rows_of(desk, previewed(desk, connection))

    assert rows[first].problems[0]["code"] == "ORDER_UNREADABLE"
    assert Verdict.WOULD_POST in {row.verdict for row in rows.values()}


def test_the_orders_of_one_verdict_or_of_one_line_of_the_checklist_can_be_listed(desk: Desk) -> None:
    preview = previewed(desk, desk.connect())
    every = previews.previewed_orders(desk.session, preview)
    posted = previews.previewed_orders(desk.session, preview, verdict=Verdict.WOULD_POST)
    missing = previews.orders_with(desk.session, preview, Code.ITEM_NOT_FOUND, "SH-HOODIE-WITH-LOGO ")

    assert [row.order_id for row in every] == sorted((row.order_id for row in every), reverse=True)
    assert {row.verdict for row in posted} == {Verdict.WOULD_POST}
    assert len(every) == len(posted) + len(missing)
    assert previews.orders_with(desk.session, preview, Code.ITEM_NOT_FOUND, "other") == []
    assert previews.previewed_orders(desk.session, preview, page=2) == []
    (one,) = missing
    assert previews.previewed_of(desk.session, preview.firm_id, one.id) is one
    assert previews.previewed_of(desk.session, "somebody else", one.id) is None


def test_the_forecast_knows_what_the_file_used_and_what_its_hourly_runs_need(desk: Desk) -> None:
    connection = desk.connect()
    busy = make_run(desk.session, connection, at=datetime.now(UTC) - timedelta(days=2))
    busy.saasu_calls, busy.state = 900, RunState.FINISHED
    desk.session.commit()

    preview = previewed(desk, connection)
    given = report_of(desk.session, desk.outside, preview).forecast.given

    assert given.allowed == plan_limit(desk.file.subscription) // 2
    assert given.reserve == 1350
    calls = desk.calls("saasu")
    paged = sum(calls[f"GET /{name}"] for name in ("Items", "TaxCodes", "Invoices"))
    signed_in = calls["POST /authorisation/token"] + calls["GET /FileIdentities"]
    assert given.used == paged + signed_in > signed_in == 2


NOW = datetime(2026, 10, 4, 3, 0, tzinfo=UTC)  # 2 pm on the day Sydney's clocks go forward


def test_a_period_goes_from_midnight_to_midnight_by_the_files_calendar() -> None:
    assert previews.moments(date(2026, 10, 2), date(2026, 10, 3), SYDNEY, NOW) == (
        datetime(2026, 10, 1, 14, 0, tzinfo=UTC),
        datetime(2026, 10, 3, 13, 59, 59, tzinfo=UTC),
    )


def test_a_period_that_is_not_over_ends_now() -> None:
    assert previews.moments(date(2026, 10, 4), date(2026, 10, 4), SYDNEY, NOW)[1] == NOW


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 10, 5), date(2026, 10, 6), "first day that is not in the future"),
        (date(2026, 10, 3), date(2026, 10, 5), "last day that is not in the future"),
        (date(2026, 10, 3), date(2026, 10, 2), "before the first one"),
        (date(1970, 1, 1), date(2026, 10, 2), "not before the year 2000"),
    ],
)
def test_days_that_cannot_be_previewed_are_refused_in_a_sentence(first: date, last: date, words: str) -> None:
    with pytest.raises(NotPreviewed, match=words):
        previews.moments(first, last, SYDNEY, NOW)
