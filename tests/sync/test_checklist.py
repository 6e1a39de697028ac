"""A preview of many orders in one sentence, in sums, and as a check-list; nothing is counted twice."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.money import ZERO
from portal.sync.checklist import (
    HEADINGS,
    LEFT_OUT,
    OTHER_PROBLEM,
    PROBLEM_KINDS,
    Check,
    Month,
    Sum,
    checklist,
    figures,
    has_problem,
    kind_of,
    months,
    sentence,
)
from portal.sync.previewing import Tally, Verdict
from portal.sync.problems import ORDER_CODES, Code, Ignored, Problem, item_not_found

WHEN = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
PERTH, SYDNEY = ZoneInfo("Australia/Perth"), ZoneInfo("Australia/Sydney")


def tally(order_id: int = 1, verdict: Verdict = Verdict.WOULD_POST, **more: Any) -> Tally:
    values: dict[str, Any] = {"created_at": WHEN, "total": Decimal("10.00")}
    if verdict is Verdict.WOULD_POST:
        values["books_total"] = Decimal("10.00")
    return Tally(order_id=order_id, verdict=verdict, **(values | more))


def missing(order_id: int, *skus: str, **more: Any) -> Tally:
    problems = tuple(item_not_found(order_id, sku) for sku in skus)
    return tally(order_id, Verdict.PROBLEM, problems=problems, **more)


def ignored(order_id: int, reason: Ignored, **more: Any) -> Tally:
    return tally(order_id, Verdict.IGNORED, ignored=reason, **more)


def differing(order_id: int, code: Code = Code.TOTALS_DIFFER) -> Tally:
    return tally(order_id, Verdict.PROBLEM, problems=(Problem(code, f"Order #{order_id}: differs"),))


def many(count: int, make: Callable[[int], Tally], first: int) -> list[Tally]:
    return [make(first + number) for number in range(count)]


def test_the_go_live_check_is_one_sentence() -> None:
    rows = [
        *many(9, lambda number: ignored(number, Ignored.CURRENCY), 1),
        *many(388, tally, 100),
        *many(3, differing, 600),
        *many(12, lambda number: missing(number, f"sku-{number}"), 700),
    ]

    assert sentence(rows) == ("412 orders: 388 would post, 12 miss an item, 3 differ, 9 in other currencies")


def test_a_single_order_is_told_in_the_singular() -> None:
    assert sentence([missing(1, "a")]) == "1 order: 1 misses an item"
    assert sentence([ignored(1, Ignored.CURRENCY)]) == "1 order: 1 in another currency"
    assert sentence([differing(1, Code.GST_DIFFERS)]) == "1 order: 1 differs"


def test_totals_and_gst_that_differ_count_together_and_large_counts_have_commas() -> None:
    rows = [differing(1), differing(2, Code.GST_DIFFERS), *many(1200, tally, 10)]

    assert sentence(rows) == "1,202 orders: 1,200 would post, 2 differ"


def test_no_orders_are_told_as_none() -> None:
    assert sentence([]) == "No orders in this period"


def test_what_is_there_stands_before_what_is_left_out_and_the_largest_first_within() -> None:
    rows = [
        ignored(1, Ignored.STATUS),
        ignored(2, Ignored.DELETED),
        ignored(3, Ignored.DELETED),
        tally(4, Verdict.UNSETTLED),
        tally(5, Verdict.POSTED),
        tally(6, Verdict.POSTED),
        tally(7, Verdict.EXISTS),
    ]

    assert sentence(rows) == (
        "7 orders: 2 posted already, 1 being looked up in Saasu, 1 in Saasu already, "
        "2 archived in the shop, 1 with a status that is not synced"
    )


def test_an_order_with_two_problems_counts_once_in_the_sentence_and_under_both_on_the_checklist() -> None:
    both = tally(
        1,
        Verdict.PROBLEM,
        problems=(item_not_found(1, "a"), Problem(Code.SHIPPING_ITEM_MISSING, "Order #1: no item")),
    )

    assert sentence([both]) == "1 order: 1 misses an item"
    assert [(one.code, one.orders) for one in checklist([both])] == [
        (Code.ITEM_NOT_FOUND, (1,)),
        (Code.SHIPPING_ITEM_MISSING, (1,)),
    ]


def test_one_sku_is_one_line_of_the_checklist_whatever_its_case_and_blanks() -> None:
    rows = [missing(1, " Tea-250", "tea-250"), missing(2, "TEA-250", total=Decimal("2.50")), missing(3, "b")]

    assert checklist(rows) == (
        Check(code=Code.ITEM_NOT_FOUND, subject="Tea-250", orders=(1, 2), dollars=Decimal("12.50")),
        Check(code=Code.ITEM_NOT_FOUND, subject="b", orders=(3,), dollars=Decimal("10.00")),
    )
    assert [has_problem(row.problems, Code.ITEM_NOT_FOUND, "TEA-250 ") for row in rows] == [True, True, False]
    assert not has_problem(rows[0].problems, Code.ITEM_UNUSABLE, "tea-250")


def test_what_holds_most_orders_back_stands_first_then_most_dollars() -> None:
    rows = [missing(1, "small"), missing(2, "large", total=Decimal(99)), missing(3, "two"), missing(4, "two")]

    assert [one.subject for one in checklist(rows)] == ["two", "large", "small"]


def test_a_line_of_the_checklist_says_what_is_the_matter_and_what_to_do() -> None:
    (one,) = checklist([missing(1, "sh-hoodie")])

    assert one.heading == "No Saasu item has the code sh-hoodie"
    assert one.meaning.to_do.startswith("Create the item in Saasu with that code")


def test_a_line_of_the_checklist_is_found_by_its_problem_and_subject() -> None:
    (one,) = checklist([missing(1, "Tea-250")])

    assert one.is_about(Code.ITEM_NOT_FOUND, " tea-250")
    assert not one.is_about(Code.ITEM_NOT_FOUND, "tea")
    assert not one.is_about(Code.ITEM_UNUSABLE, "Tea-250")


def test_a_subject_with_braces_is_shown_as_it_is() -> None:
    (one,) = checklist([missing(1, "{sku}")])

    assert one.heading == "No Saasu item has the code {sku}"


def test_a_problem_nobody_gave_a_heading_is_told_by_why_it_happens() -> None:
    check = Check(code=Code.FLOOD, subject="", orders=(1,), dollars=ZERO)

    assert check.heading == check.meaning.why


def test_every_problem_that_mapping_finds_has_its_words() -> None:
    after_sending = {
        Code.INVOICE_EXISTS,
        Code.SAASU_REFUSED,
        Code.PERIOD_LOCKED,
        Code.OUTCOME_UNKNOWN,
        Code.POSTED_TOTAL_DIFFERS,
    }
    assert ORDER_CODES - after_sending <= HEADINGS.keys()
    assert ORDER_CODES - after_sending <= PROBLEM_KINDS.keys()


def test_what_nobody_gave_words_needs_somebody_or_is_left_out() -> None:
    assert kind_of(differing(1, Code.FLOOD)) is OTHER_PROBLEM
    assert kind_of(tally(1, Verdict.PROBLEM)) is OTHER_PROBLEM
    assert kind_of(tally(1, Verdict.IGNORED)) is LEFT_OUT


def test_dollars_of_other_currencies_are_never_added() -> None:
    rows = [
        tally(1, total=Decimal("10.00"), books_total=Decimal("10.01")),
        ignored(2, Ignored.CURRENCY, total=Decimal(700), currency="NZD"),
        ignored(3, Ignored.STATUS),
        missing(4, "a"),
        tally(5, Verdict.POSTED),
    ]

    found = figures(rows)

    assert (found.would_post.shop, found.would_post.books) == (Decimal("10.00"), Decimal("10.01"))
    assert found.would_post.difference == Decimal("0.01")
    assert (found.left_out.orders, found.left_out.shop) == (2, Decimal("10.00"))
    assert (found.held_back.orders, found.there.orders, found.orders) == (1, 1, 5)


def test_orders_fall_into_the_months_of_the_files_calendar() -> None:
    late = datetime(2026, 6, 30, 15, 0, tzinfo=UTC)  # 11 pm in Perth, 1 am on 1 July in Sydney
    rows = [tally(1, created_at=late), missing(2, "a", created_at=late), tally(3)]

    perth, sydney = months(rows, PERTH), months(rows, SYDNEY)

    assert [(one.first, one.orders.orders) for one in perth] == [(date(2026, 3, 1), 1), (date(2026, 6, 1), 2)]
    assert [one.first for one in sydney] == [date(2026, 3, 1), date(2026, 7, 1)]
    assert (sydney[1].would_post.orders, sydney[1].held_back.orders) == (1, 1)
    assert sydney[1].would_post.difference == ZERO


def test_a_month_sums_what_would_post_and_what_is_held_back_each_by_itself_and_home_dollars_alone() -> None:
    rows = [
        tally(1, total=Decimal("10.00"), books_total=Decimal("10.01")),
        tally(2, total=Decimal("20.00"), books_total=Decimal("20.00")),
        tally(3, total=Decimal("400.00"), books_total=Decimal("400.00"), currency="NZD"),
        missing(4, "a", total=Decimal("5.00")),
        missing(5, "a", total=Decimal("500.00"), currency="NZD"),
        ignored(6, Ignored.STATUS, total=Decimal("7.00")),
    ]

    assert months(rows, SYDNEY) == (
        Month(
            first=date(2026, 3, 1),
            orders=Sum(orders=6, shop=Decimal("42.00"), books=Decimal("30.01")),
            would_post=Sum(orders=3, shop=Decimal("30.00"), books=Decimal("30.01")),
            held_back=Sum(orders=2, shop=Decimal("5.00")),
        ),
    )


CODES = st.sampled_from(sorted(ORDER_CODES))
PROBLEMS = st.builds(Problem, CODES, st.just("Order"), st.sampled_from(["", "a", "A ", "b"]))
TALLIES = st.builds(
    Tally,
    order_id=st.integers(1, 10**6),
    verdict=st.sampled_from(Verdict),
    created_at=st.integers(-9000, 27000).map(lambda days: WHEN + timedelta(days=days)),
    total=st.decimals(0, 10**6, places=2),
    currency=st.sampled_from(["AUD", "NZD"]),
    ignored=st.none() | st.sampled_from(Ignored),
    problems=st.lists(PROBLEMS, max_size=3).map(tuple),
    books_total=st.none() | st.decimals(0, 10**6, places=2),
)


@given(st.lists(TALLIES, max_size=15, unique_by=lambda one: one.order_id))
def test_counts_add_up_to_the_orders_and_nothing_is_counted_twice(rows: list[Tally]) -> None:
    whole, by_month = figures(rows), months(rows, SYDNEY)
    told = sum(int(word.replace(",", "")) for word in sentence(rows).split() if word[0].isdigit())

    assert whole.orders == len(rows) == sum(one.orders.orders for one in by_month)
    assert told == 2 * len(rows)  # once in all, once in its kind
    home = sum((row.total for row in rows if row.currency == "AUD"), ZERO)
    parts = (whole.would_post, whole.held_back, whole.there, whole.left_out)
    assert sum((part.shop for part in parts), ZERO) == home


@given(st.lists(TALLIES, max_size=15, unique_by=lambda one: one.order_id))
def test_on_the_checklist_an_order_stands_once_under_each_of_its_problems(rows: list[Tally]) -> None:
    found = checklist(rows)
    named = {row.order_id for row in rows if row.problems}
    placed = [number for check in found for number in check.orders]
    distinct = Counter(
        {
            row.order_id: len({(one.code, one.subject.strip().casefold()) for one in row.problems})
            for row in rows
        }
    )

    assert set(placed) == named
    assert Counter(placed) == +distinct
    assert all(
        has_problem(row.problems, check.code, check.subject) == (row.order_id in check.orders)
        for check in found
        for row in rows
    )


@pytest.mark.parametrize("verdict", [Verdict.POSTED, Verdict.EXISTS, Verdict.UNSETTLED])
def test_what_is_there_is_told_by_its_verdict_whatever_its_problems(verdict: Verdict) -> None:
    there = tally(1, verdict, problems=(item_not_found(1, "a"),))

    assert kind_of(there).place == 2
