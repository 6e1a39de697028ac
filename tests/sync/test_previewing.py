"""An order as it would be posted says what a run would do, in every state of the ledger."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.money import ZERO
from portal.sync.contacts import ByEmail, ByName
from portal.sync.mapping import NotMapped, map_order
from portal.sync.orders import CompleteOrder, UnreadableOrder
from portal.sync.ports import OrderRecord, State
from portal.sync.previewing import (
    Previewed,
    Sought,
    Verdict,
    as_posted,
    as_started,
    faulty,
    judge,
    not_whole,
    preview,
    unreadable,
    with_parts,
)
from portal.sync.problems import Code, Ignored
from portal.sync.rules import Item, Span
from portal.sync.shapes import Shape, Standing
from tests import builders
from tests.builders import CREATED

RULES = builders.rules()
CATALOGUE = builders.catalogue()
NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


def record(state: State, **more: Any) -> OrderRecord:
    values: dict[str, Any] = {
        "id": "r",
        "order_id": 120,
        "created_at": CREATED,
        "modified_at": CREATED,
        "status_id": 11,
        "total": Decimal("11.00"),
    }
    return OrderRecord(state=state, **(values | more))


def of(complete: CompleteOrder, known: OrderRecord | None = None, **rules: Any) -> Previewed:
    return preview(complete, builders.rules(**rules), CATALOGUE, known)


def test_a_sound_order_would_post_with_its_bridge_its_sale_and_who_is_looked_up() -> None:
    found = of(builders.order(builders.line(quantity=2), shipping="9.00"))

    assert found.tally.verdict is Verdict.WOULD_POST
    assert found.tally.total == found.tally.books_total == Decimal("31.00")
    assert found.bridge is not None and found.bridge.span("Total").difference == ZERO
    assert found.sale is not None and found.sale.number == "SHO120"
    assert found.sought == (Sought(ByEmail("robin@example.com"), 1),)
    assert (found.tally.order_id, found.tally.created_at, found.tally.currency, found.status) == (
        120,
        CREATED,
        "AUD",
        "Awaiting Fulfilment",
    )


def test_an_order_that_differs_has_the_bridge_as_far_as_it_was_read() -> None:
    wrong_tax = builders.order(builders.line(quantity=2), tax="9.00")
    found, refused = of(wrong_tax), map_order(wrong_tax, RULES, CATALOGUE)

    assert isinstance(refused, NotMapped)
    assert [one.code for one in found.tally.problems] == [Code.GST_DIFFERS]
    assert found.bridge == refused.bridge
    assert (found.sale, found.tally.books_total) == (None, None)


def test_a_receiver_of_another_name_is_looked_up_too() -> None:
    away = builders.destination(first_name="Sam", last_name="Other")

    assert of(builders.order(addresses=(away,))).sought == (
        Sought(ByEmail("robin@example.com"), 1),
        Sought(ByName("Sam", "Other"), 1),
    )


def test_a_contact_with_a_company_would_take_three_calls_to_create() -> None:
    away = builders.destination(first_name="Sam", last_name="Other", company="Far Pty Ltd")
    billing = builders.address(company="Near Pty Ltd")

    assert [one.calls for one in of(builders.order(billing=billing)).sought] == [3]
    assert [one.calls for one in of(builders.order(addresses=(away,))).sought] == [1, 3]
    assert [one.calls for one in of(builders.order(billing=builders.address(company=" "))).sought] == [1]


def test_digital_goods_are_sent_to_nobody() -> None:
    away = builders.destination(first_name="Sam", last_name="Other")

    assert len(of(builders.order(addresses=(away,), is_digital=True)).sought) == 1


def test_an_order_that_names_nobody_looks_nobody_up() -> None:
    nobody = builders.address(first_name="", last_name="", company="", email="")

    assert of(builders.order(billing=nobody, addresses=())).sought == ()


def test_a_customer_with_nobodys_email_is_looked_up_by_name() -> None:
    found = of(builders.order(), nobodys_emails=("robin@example.com",))

    assert found.sought == (Sought(ByName("Robin", "Example"), 1),)


def test_an_order_that_misses_an_item_says_so_and_has_no_sale() -> None:
    found = of(builders.order(builders.line("no-such-sku")))

    assert found.tally.verdict is Verdict.PROBLEM
    assert [one.code for one in found.tally.problems] == [Code.ITEM_NOT_FOUND]
    assert (found.sale, found.bridge, found.tally.books_total, found.sought) == (None, None, None, ())


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"currency": "NZD"}, Ignored.CURRENCY),
        ({"status_id": 1}, Ignored.STATUS),
        ({"is_deleted": True}, Ignored.DELETED),
        ({"created_at": datetime(2025, 6, 30, tzinfo=UTC)}, Ignored.BEFORE_START),
    ],
)
def test_an_order_that_a_rule_leaves_out_says_which(more: dict[str, Any], reason: Ignored) -> None:
    found = of(builders.order(**more))

    assert (found.tally.verdict, found.tally.ignored) == (Verdict.IGNORED, reason)
    assert found.sale is None


def test_a_currency_is_told_in_capitals() -> None:
    assert of(builders.order(currency=" nzd")).tally.currency == "NZD"


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (State.POSTED, Verdict.POSTED),
        (State.EXISTS, Verdict.EXISTS),
        (State.SENDING, Verdict.UNSETTLED),
        (State.UNKNOWN, Verdict.UNSETTLED),
    ],
)
@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=1)])
def test_what_the_ledger_sent_is_never_sent_again(state: State, verdict: Verdict, later: timedelta) -> None:
    found = of(builders.order(modified_at=CREATED + later), record(state))

    assert found.tally.verdict is verdict
    assert found.tally.problems == ()


@pytest.mark.parametrize("state", [State.SEEN, State.FAILED])
@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=1)])
def test_what_waits_or_failed_is_mapped_anew(state: State, later: timedelta) -> None:
    assert of(builders.order(modified_at=CREATED + later), record(state)).tally.verdict is Verdict.WOULD_POST


def test_what_failed_and_was_cancelled_since_would_be_left_out() -> None:
    cancelled = builders.order(status_id=5)

    assert of(cancelled, record(State.FAILED)).tally.ignored is Ignored.STATUS


@pytest.mark.parametrize("reason", [Ignored.BY_PERSON, Ignored.WHILE_OFF])
def test_what_only_a_person_takes_stays_left_out(reason: Ignored) -> None:
    found = of(builders.order(), record(State.IGNORED, ignored=reason))

    assert (found.tally.verdict, found.tally.ignored) == (Verdict.IGNORED, reason)


def test_starting_takes_what_came_while_the_connection_was_off_and_nothing_else() -> None:
    off = record(State.IGNORED, ignored=Ignored.WHILE_OFF)
    others = (
        record(State.IGNORED, ignored=Ignored.BY_PERSON),
        record(State.POSTED),
        record(State.FAILED, ignored=Ignored.WHILE_OFF),
    )

    assert of(builders.order(), as_started(off)).tally.verdict is Verdict.WOULD_POST
    assert as_started(off) == replace(off, state=State.SEEN, ignored=None)
    assert [as_started(one) for one in others] == list(others)


def test_what_was_left_out_for_its_age_would_post_from_an_earlier_start() -> None:
    old = record(State.IGNORED, ignored=Ignored.BEFORE_START)
    complete = builders.order()

    assert of(complete, old, start=CREATED + timedelta(days=1)).tally.ignored is Ignored.BEFORE_START
    assert of(complete, old, start=CREATED).tally.verdict is Verdict.WOULD_POST


def test_what_is_left_out_for_another_reason_now_says_the_present_one() -> None:
    old = record(State.IGNORED, ignored=Ignored.BEFORE_START)

    assert of(builders.order(status_id=5), old).tally.ignored is Ignored.STATUS


def test_what_a_person_asked_for_would_post_whatever_its_status() -> None:
    asked = record(State.SEEN, release=True, status_id=5)

    assert of(builders.order(status_id=5), asked).tally.verdict is Verdict.WOULD_POST
    assert of(builders.order(currency="NZD"), asked).tally.ignored is Ignored.CURRENCY


OTHER_DATE = CREATED - timedelta(days=400)


@pytest.mark.parametrize("codes", [frozenset(), frozenset({Code.ORDER_ID_REUSED})])
@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=1)])
def test_a_number_that_the_shop_used_again_is_a_problem(codes: frozenset[Code], later: timedelta) -> None:
    other = record(State.FAILED, created_at=OTHER_DATE, codes=codes)
    found = of(builders.order(modified_at=CREATED + later), other)

    assert [one.code for one in found.tally.problems] == [Code.ORDER_ID_REUSED]
    assert found.tally.verdict is Verdict.PROBLEM


def test_a_number_used_again_is_a_problem_even_where_a_person_had_set_the_first_one_aside() -> None:
    aside = record(State.IGNORED, ignored=Ignored.BY_PERSON, created_at=OTHER_DATE)
    found = of(builders.order(), aside)

    assert found.tally.verdict is Verdict.PROBLEM
    assert [one.code for one in found.tally.problems] == [Code.ORDER_ID_REUSED]


def test_what_would_be_noted_on_an_order_is_told_before() -> None:
    refunded = as_posted(builders.order(status_id=14), RULES, CATALOGUE)

    assert refunded.notes == (
        "The shop refunded this order, wholly or in part; the refund is not in this sale.",
    )
    assert of(builders.order()).notes == ()


def test_a_number_used_again_after_the_first_one_was_posted_stays_posted() -> None:
    assert of(builders.order(), record(State.POSTED, created_at=OTHER_DATE)).tally.verdict is Verdict.POSTED


def test_a_number_used_again_would_post_where_a_person_asked_for_it() -> None:
    asked = record(State.SEEN, created_at=OTHER_DATE, codes=frozenset({Code.ORDER_ID_REUSED}), release=True)

    assert of(builders.order(), asked).tally.verdict is Verdict.WOULD_POST


def test_an_order_from_the_future_is_a_problem() -> None:
    found = of(builders.order(), latest=CREATED - timedelta(days=1))

    assert [one.code for one in found.tally.problems] == [Code.ORDER_UNREADABLE]


def test_an_order_that_came_while_the_connection_was_off_is_left_out() -> None:
    off = (Span(began=CREATED - timedelta(days=1), ended=CREATED + timedelta(days=1)),)

    assert of(builders.order(), off=off).tally.ignored is Ignored.WHILE_OFF


def test_a_kind_of_line_that_came_to_another_total_before_is_a_problem() -> None:
    dear = builders.order(builders.line(price="10.005", quantity=2))
    stopped = preview(dear, RULES, CATALOGUE, None, Standing(failed=frozenset({Shape.FINE_PRICE})))
    plain = preview(builders.order(), RULES, CATALOGUE, None, Standing(failed=frozenset(Shape)))

    assert of(dear).tally.verdict is Verdict.WOULD_POST
    (problem,) = stopped.tally.problems
    assert (stopped.tally.verdict, problem.code) == (Verdict.PROBLEM, Code.POSTED_TOTAL_DIFFERS)
    assert problem.sentence.startswith("Order #120: not posted: the first order of this file with ")
    assert stopped.bridge is not None and stopped.sale is None
    assert plain.tally.verdict is Verdict.WOULD_POST


def test_the_parts_of_a_combo_are_read_where_a_pick_list_depends_on_them() -> None:
    hamper, tea = builders.item("hamper", 5, is_combo=True), builders.item("tea-250")
    sold = builders.order(builders.line("hamper", id=1), builders.line("tea-250", "0.00", id=2, parent_id=1))
    asked: list[Item] = []

    def parts(combo: Item) -> Item:
        asked.append(combo)
        return replace(combo, parts=("coffee",))

    read = with_parts(sold, RULES, builders.catalogue(hamper, tea), parts)

    assert asked == [hamper]
    assert [one.parts for one in read.items if one.is_combo] == [("coffee",)]
    assert with_parts(builders.order(), RULES, CATALOGUE, parts) is CATALOGUE


def test_an_order_sent_before_keeps_its_number() -> None:
    found = of(builders.order(), record(State.FAILED, number="OLD120"))

    assert found.sale is not None and found.sale.number == "OLD120"


def test_an_order_never_sent_has_the_number_of_the_present_prefix() -> None:
    found = of(builders.order(), record(State.SEEN), prefix="NEW")

    assert found.sale is not None and found.sale.number == "NEW120"


def test_an_order_that_would_be_left_out_can_be_shown_as_if_it_were_taken() -> None:
    found = as_posted(builders.order(status_id=5), RULES, CATALOGUE)

    assert found.tally.verdict is Verdict.WOULD_POST
    assert found.sale is not None


def test_without_its_lines_an_order_is_judged_only_where_it_would_not_be_taken() -> None:
    assert judge(builders.order().order, RULES, None) is None
    assert judge(builders.order(status_id=0).order, RULES, None) is not None


def test_an_order_whose_lines_are_missing_and_one_with_a_fault_of_ours_are_problems() -> None:
    order = builders.order().order
    missing, ours = not_whole(order, "the shop did not answer for this order"), faulty(order)

    assert missing.tally.problems[0].sentence == "Order #120: the shop did not answer for this order"
    assert ours.tally.problems[0].sentence == "Order #120: something in it could not be worked with"
    assert [one.tally.problems[0].code for one in (missing, ours)] == [
        Code.INCOMPLETE_READ,
        Code.ORDER_UNREADABLE,
    ]
    assert missing.tally.verdict is ours.tally.verdict is Verdict.PROBLEM


def test_an_unreadable_order_is_a_problem_unless_it_is_in_saasu() -> None:
    broken = UnreadableOrder(id=120, reason="no total", modified_at=CREATED)
    known = record(State.POSTED, created_at=CREATED - timedelta(days=2))
    new, there, failed = (unreadable(broken, one, NOW) for one in (None, known, record(State.FAILED)))

    (problem,) = new.tally.problems
    assert problem.sentence == "Order #120: the shop's data could not be read: no total"
    assert (problem.code, new.tally.order_id) == (Code.ORDER_UNREADABLE, 120)
    assert (new.tally.verdict, new.tally.created_at, new.tally.total) == (Verdict.PROBLEM, CREATED, ZERO)
    assert (there.tally.verdict, there.tally.problems) == (Verdict.POSTED, ())
    assert there.tally.created_at == CREATED - timedelta(days=2)
    assert failed.tally.verdict is Verdict.PROBLEM


def test_an_unreadable_order_without_a_date_counts_as_of_now() -> None:
    broken = UnreadableOrder(id=120, reason="no total")

    assert unreadable(broken, None, NOW).tally.created_at == NOW


def test_an_incomplete_order_is_never_mapped() -> None:
    found = of(replace(builders.order(), complete=False))

    assert [one.code for one in found.tally.problems] == [Code.INCOMPLETE_READ]
