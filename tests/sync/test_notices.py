"""Whether a run is told by mail, and what is remembered of it (SYNC §10)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from portal.sync import notices
from portal.sync.notices import MISSED, Asked, Kind, Memory, When
from portal.sync.problems import Code, Ignored, Problem, about_order, invoice_exists, item_not_found
from tests.sync.mails import AWAY, DEAD_TOKEN, NOW, busy, report, told

NOTHING = Memory()
DAY = timedelta(hours=24)


def after(*orders: int) -> Memory:
    """What is remembered once a mail told that these orders need somebody."""
    return Memory(problems=report(needs=tuple(told(number) for number in orders)).keys)


@pytest.mark.parametrize(
    ("when", "kind"),
    [(When.CHANGED, None), (When.EVERY, Kind.RUN), (When.NEEDED, None), (When.DAILY, None)],
)
def test_nothing_posted_and_the_same_open_problems_as_in_the_last_mail(when: When, kind: Kind | None) -> None:
    assert notices.verdict(report(needs=(told(999),)), after(999), when) is kind


@pytest.mark.parametrize(
    ("when", "kind"),
    [(When.CHANGED, Kind.RUN), (When.EVERY, Kind.RUN), (When.NEEDED, None), (When.DAILY, None)],
)
def test_something_was_posted_and_nothing_else_changed(when: When, kind: Kind | None) -> None:
    assert notices.verdict(report(posted=1, needs=(told(999),)), after(999), when) is kind


@pytest.mark.parametrize(
    ("when", "kind"),
    [(When.CHANGED, Kind.RUN), (When.EVERY, Kind.RUN), (When.NEEDED, Kind.RUN), (When.DAILY, None)],
)
def test_one_more_order_needs_somebody(when: When, kind: Kind | None) -> None:
    assert notices.verdict(report(needs=(told(998), told(999))), after(999), when) is kind


@pytest.mark.parametrize(
    ("when", "kind"),
    [(When.CHANGED, Kind.RUN), (When.EVERY, Kind.RUN), (When.NEEDED, None), (When.DAILY, None)],
)
def test_a_problem_was_solved_and_no_other_came(when: When, kind: Kind | None) -> None:
    assert notices.verdict(report(needs=(told(999),)), after(998, 999), when) is kind


@pytest.mark.parametrize(
    ("when", "kind"),
    [(When.CHANGED, Kind.RUN), (When.EVERY, Kind.RUN), (When.NEEDED, Kind.RUN), (When.DAILY, None)],
)
def test_an_invoice_that_saasu_has_already_is_told_once_it_is_found(when: When, kind: Kind | None) -> None:
    found = report(news=(told(120, invoice_exists(120, "SHO120")),))

    assert notices.verdict(found, NOTHING, when) is kind


@pytest.mark.parametrize(
    ("when", "kind"),
    [(When.CHANGED, Kind.RUN), (When.EVERY, Kind.RUN), (When.NEEDED, Kind.RUN), (When.DAILY, None)],
)
def test_orders_left_out_for_a_new_reason_are_told_once_and_more_of_them_are_no_news(
    when: When, kind: Kind | None
) -> None:
    asked = Asked(reason=Ignored.WHILE_OFF, orders=3, dollars=Decimal(90))
    first = report(asks=(asked,))
    memory = notices.remembered(first, NOTHING, Kind.RUN, when)

    assert notices.verdict(first, NOTHING, when) is kind
    again = notices.verdict(report(asks=(replace(asked, orders=4),)), memory, when)
    assert again is (Kind.RUN if when is When.EVERY else None)
    assert notices.solved(report(), memory) == ()


@pytest.mark.parametrize(
    ("when", "kind"),
    [(When.CHANGED, Kind.RUN), (When.EVERY, Kind.RUN), (When.NEEDED, Kind.RUN), (When.DAILY, None)],
)
def test_a_change_after_posting_is_told_once_and_another_change_of_the_order_again(
    when: When, kind: Kind | None
) -> None:
    (cancelled,) = busy().changed
    first = report(changed=(cancelled,))
    memory = notices.remembered(first, NOTHING, Kind.RUN, when)
    other = replace(cancelled, means=("Refunded.",))

    assert notices.verdict(first, NOTHING, when) is kind
    assert notices.verdict(first, memory, when) is (Kind.RUN if when is When.EVERY else None)
    assert notices.verdict(report(changed=(other,)), memory, when) is kind
    assert notices.solved(report(), memory) == (77,)
    assert cancelled.key.split()[0] == "77"


def test_an_order_that_mends_itself_is_no_change() -> None:
    late = told(1000, about_order(Code.INCOMPLETE_READ, 1000, "the shop did not give all its lines"))

    assert notices.verdict(report(mends=(late,)), NOTHING, When.CHANGED) is None


def test_another_sku_of_the_same_order_is_another_problem_and_other_words_are_not() -> None:
    one = report(needs=(told(999, item_not_found(999, "sh-cap")),))
    refused = Problem(Code.SAASU_REFUSED, "Order #999: Saasu says no at 9:12", "field")
    again = replace(refused, sentence="Order #999: Saasu says no at 10:12")

    assert notices.verdict(one, after(999), When.CHANGED) is Kind.RUN
    assert told(999, refused).keys == told(999, again).keys
    assert notices.key_of(999, refused) != notices.key_of(998, refused)
    assert notices.key_of(999, refused).startswith("999 ")
    assert len(notices.key_of(999, refused)) == len("999 ") + 12


@pytest.mark.parametrize("when", When)
def test_credentials_that_die_are_told_at_once_whatever_the_choice_and_once(when: When) -> None:
    dead = report(finished=False, problem=DEAD_TOKEN)
    kind = notices.verdict(dead, NOTHING, when)
    memory = notices.remembered(dead, NOTHING, kind, when)

    assert kind is Kind.STOPPED
    assert memory.alarm == "STORE_CREDENTIALS"
    assert notices.verdict(dead, memory, when) is (Kind.RUN if when is When.EVERY else None)
    assert notices.remembered(dead, memory, None, when).alarm == "STORE_CREDENTIALS"


@pytest.mark.parametrize("when", When)
def test_one_mail_says_that_it_works_again(when: When) -> None:
    memory = Memory(alarm="STORE_CREDENTIALS")
    good = report()
    kind = notices.verdict(good, memory, when)
    calm = notices.remembered(good, memory, kind, when)

    assert kind is Kind.RESUMED
    assert calm.alarm == ""
    assert notices.verdict(good, calm, when) is (Kind.RUN if when is When.EVERY else None)


def test_a_flood_is_over_when_somebody_answered_and_not_with_the_next_run() -> None:
    memory = Memory(alarm="FLOOD")
    waiting, answered = report(flooded=True), report()

    assert notices.verdict(waiting, memory, When.NEEDED) is None
    assert notices.remembered(waiting, memory, None, When.NEEDED).alarm == "FLOOD"
    assert notices.verdict(answered, memory, When.NEEDED) is Kind.RESUMED
    assert notices.remembered(answered, memory, Kind.RESUMED, When.NEEDED).alarm == ""
    assert notices.verdict(waiting, Memory(alarm="STORE_CREDENTIALS"), When.NEEDED) is Kind.RESUMED


def test_a_run_that_stopped_early_does_not_say_that_it_works_again() -> None:
    memory = Memory(alarm=MISSED)
    early = report(finished=False, problem=AWAY)

    assert notices.verdict(early, memory, When.CHANGED) is None
    assert notices.remembered(early, memory, None, When.CHANGED).alarm == MISSED


def test_other_dead_credentials_in_the_same_standstill_are_told_as_well() -> None:
    other = Problem(Code.SAASU_CREDENTIALS, "Saasu refused the saved sign-in.")
    dead = report(finished=False, problem=other)

    assert notices.verdict(dead, Memory(alarm="STORE_CREDENTIALS"), When.DAILY) is Kind.STOPPED
    assert notices.verdict(dead, Memory(alarm=MISSED), When.DAILY) is Kind.STOPPED


@pytest.mark.parametrize(
    ("still", "kind"), [(None, None), (DAY - timedelta(seconds=1), None), (DAY, Kind.STOPPED)]
)
def test_a_shop_that_is_away_is_told_after_a_day_without_a_whole_run(
    still: timedelta | None, kind: Kind | None
) -> None:
    away = report(finished=False, problem=AWAY, last_good=still and NOW - still)

    assert notices.verdict(away, NOTHING, When.NEEDED) is kind
    assert notices.new_alarm(away, NOTHING) == ("STORE_UNREACHABLE" if kind else "")
    assert notices.new_alarm(away, Memory(alarm="SAASU_QUOTA")) == ""


def test_what_a_mail_told_is_remembered() -> None:
    found = report(needs=(told(998), told(999)))

    memory = notices.remembered(found, after(12), Kind.RUN, When.CHANGED)

    assert memory == Memory(problems=found.keys)
    assert notices.solved(report(needs=(told(999),)), memory) == (998,)


def test_without_a_mail_a_solved_problem_is_forgotten_only_where_only_needs_are_mailed() -> None:
    left = report(needs=(told(999),))

    assert notices.remembered(left, after(998, 999), None, When.NEEDED) == after(999)
    assert notices.remembered(left, after(998), None, When.NEEDED) == NOTHING
    assert notices.remembered(left, after(998, 999), None, When.DAILY) == after(998, 999)


def test_solved_orders_are_named_in_order_and_one_that_has_another_problem_is_not_solved() -> None:
    changed = report(needs=(told(15, item_not_found(15, "sh-cap")),))

    assert notices.solved(changed, after(120, 15, 12)) == (12, 120)


def test_the_errors_are_all_that_need_somebody_by_number() -> None:
    assert [order.order_id for order in busy().errors] == [120, 999]
    assert busy().keys == report(needs=busy().needs, asks=busy().asks, changed=busy().changed).keys


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2026-11-24T19:59:59", "2026-11-24T20:00:00"),
        ("2026-11-24T20:00:00", "2026-11-25T20:00:00"),
        ("2026-11-25T10:00:00", "2026-11-25T20:00:00"),
        ("2026-10-03T10:00:00", "2026-10-03T20:00:00"),
        ("2026-04-04T12:00:00", "2026-04-04T21:00:00"),
    ],
)
def test_a_digest_is_due_at_7_am_of_the_file_also_when_the_clocks_change(after: str, due: str) -> None:
    begun = datetime.fromisoformat(after).replace(tzinfo=UTC)

    found = notices.next_digest(begun, ZoneInfo("Australia/Sydney"))

    assert found.isoformat() == f"{due}+00:00"
    assert found.tzinfo is UTC
    assert notices.next_digest(begun, ZoneInfo("Australia/Perth")).hour == 23


def test_a_mail_counts_what_waits_for_somebody_and_the_errors_about_what_saasu_has() -> None:
    there = replace(told(120, dollars="32.00"), is_there=True)
    found = report(
        waiting=3, waiting_dollars=Decimal("150.50"), needs=(told(999), there), news=(there,), posted=1
    )

    assert found.need_you == (5, Decimal("214.50"))
    assert report().need_you == (0, Decimal(0))
