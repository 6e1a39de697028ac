"""What Saasu has already of the orders about to be posted: looked at once, before the first post (SYNC §7.7)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.sync.already import HAD_ALREADY
from portal.sync.failures import Throttled, Unreachable
from portal.sync.known_sales import Looked
from portal.sync.ports import OrderMoved, OrderRecord, Outcome, State, StopAsked
from portal.sync.problems import Code, Problem, RunStopped
from portal.sync.sale_orders import InvoiceSummary, PostedOrder
from tests import builders
from tests.whole_run import NOW, World, order, world

CREATED = builders.CREATED
A_DAY_ON = NOW + timedelta(days=1)
MARGIN = timedelta(minutes=10)
DAYS = timedelta(days=1)


class Killed(BaseException):
    """What ends a process that is killed: nothing catches it."""


def listed(number: str, mark: str = "", invoice_id: int = 77, **more: Any) -> InvoiceSummary:
    values: dict[str, Any] = {
        "invoice_type": "Sale Order",
        "total": Decimal("11.00"),
        "tax": Decimal("1.00"),
        "modified_at": CREATED,
    }
    return InvoiceSummary(invoice_id=invoice_id, number=number, purchase_order_number=mark, **(values | more))


def ours(order_id: int, number: str = "INV-7", **more: Any) -> InvoiceSummary:
    return listed(number, f"BC-abc123-{order_id}", 7000 + order_id, **more)


def first_run(*numbers: int, there: tuple[InvoiceSummary, ...] = (), **more: Any) -> World:
    """A connection that never looked before; its shop has these orders, and Saasu these sales."""
    here = world(*map(order, numbers), **more)
    here.sales.at = Looked()
    here.books.listing = list(there)
    return here


# --- the first run ------------------------------------------------------------------------------------------------------


def test_orders_that_saasu_has_under_our_marker_are_posted_by_that_very_sale_and_not_sent_again() -> None:
    row = ours(120)
    here = first_run(120, 121, there=(row,), prefix="")

    here.run()

    assert [sale.marker for sale in here.books.sales] == ["BC-abc123-121"]
    assert here.ledger.last(120) == Outcome(
        state=State.POSTED,
        note=HAD_ALREADY,
        posted=PostedOrder(invoice_id=7120, number="INV-7"),
        found=row,
    )
    assert here.ledger.state(121) is State.POSTED
    assert here.books.asked[0] == "invoices_modified"


def test_a_number_on_a_strangers_sale_exists_in_the_documents_words_without_a_try_to_post_it() -> None:
    there = listed("sho120", "PO 7")
    here = first_run(120, there=(there,))

    here.run()

    words = "Order #120: Invoice with number SHO120 already exists."
    assert here.ledger.last(120) == Outcome(
        state=State.EXISTS,
        note="Saasu has a sale with this number that we did not write.",
        problems=(Problem(Code.INVOICE_EXISTS, words, "SHO120"),),
        found=there,
    )
    assert here.books.asked == ["invoices_modified"]
    assert 120 not in here.ledger.intents


def test_a_strangers_sale_with_a_number_like_an_id_is_nothing_to_an_order_that_saasu_numbers() -> None:
    here = first_run(120, there=(listed("120"), listed("SHO120")), prefix="")

    here.run()

    assert len(here.books.sales) == 1


def test_the_look_is_paid_for_once_and_an_idle_run_asks_saasu_nothing() -> None:
    here = first_run(120)
    here.run()
    first = here.books.asked.count("invoices_modified")
    here.later(hours=1)
    here.run()
    assert here.books.asked == []

    here.later(hours=1)
    placed = here.clock.now() - timedelta(minutes=30)
    here.shop.add(order(121, created_at=placed, modified_at=placed))
    here.run()

    assert here.ledger.state(121) is State.POSTED
    # The first run listed twice, before and after posting; this one only reads back what it posted.
    assert (first, here.books.asked.count("invoices_modified")) == (2, 1)
    assert here.books.windows[-1][0] > NOW


def test_a_run_with_nothing_to_post_does_not_look() -> None:
    here = first_run()
    here.shop.add(order(120, status_id=7))

    here.run()

    assert here.books.asked == []
    assert here.sales.at == Looked()


def test_a_cut_listing_concludes_nothing_and_nothing_is_posted() -> None:
    here = first_run(120, 121, there=(ours(120),), prefix="")
    whole = here.books.invoices_modified

    def cut(**window: datetime) -> Iterator[InvoiceSummary]:
        here.books.asked.append("cut")
        yield from here.books.listing
        raise Unreachable("the connection broke")

    here.books.invoices_modified = cut  # type: ignore[method-assign]
    with pytest.raises(RunStopped) as stopped:
        here.run()
    assert stopped.value.problem.code is Code.SAASU_UNREACHABLE
    assert here.books.asked == ["cut"]
    assert [here.ledger.state(number) for number in (120, 121)] == [State.SEEN, State.SEEN]
    assert here.sales.at == Looked()

    here.books.invoices_modified = whole  # type: ignore[method-assign]
    here.run()

    assert [sale.marker for sale in here.books.sales] == ["BC-abc123-121"]


def test_a_block_met_while_looking_is_the_runs_problem() -> None:
    here = first_run(120)
    here.books.silent = [Throttled("too many")]

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.SAASU_QUOTA


@pytest.mark.parametrize("after", ["settling", "keeping"])
def test_a_run_killed_in_the_middle_of_its_look_posts_nothing_twice(after: str) -> None:
    here = first_run(120, 121, 122, there=(ours(120), ours(121)), prefix="")
    if after == "settling":
        here.sales.fault = Killed()
    else:
        here.ledger.stop_after = 1
    with pytest.raises((Killed, StopAsked)):
        here.run()
    here.sales.fault = here.ledger.stop_after = None

    here.run()

    assert [sale.marker for sale in here.books.sales] == ["BC-abc123-122"]
    assert [here.ledger.state(number) for number in (120, 121, 122)] == [State.POSTED] * 3
    # The last listing reads back what was posted; one whose end was not kept is made again.
    assert here.books.asked.count("invoices_modified") == (3 if after == "settling" else 2)


def test_the_rest_of_the_orders_is_looked_for_before_a_flood_is_spoken_of() -> None:
    numbers = tuple(range(101, 161))
    here = first_run(there=tuple(ours(number, f"INV-{number}") for number in numbers), prefix="")
    for number in numbers:
        # Longer ago than the guard looks back, so that what is found does not make the flood an ordinary hour.
        here.shop.add(order(number, created_at=NOW - timedelta(days=40)))

    here.run()

    assert here.books.sales == []
    assert {here.ledger.state(number) for number in numbers} == {State.POSTED}


def test_of_several_orders_the_earliest_says_from_when_on_is_listed() -> None:
    here = first_run(120)
    here.shop.add(order(121, created_at=NOW - timedelta(days=50)))
    here.shop.add(order(122, created_at=NOW - timedelta(days=45)))

    here.run()

    assert here.books.windows[0][0] == NOW - timedelta(days=50) - MARGIN


# --- which orders, which sales ------------------------------------------------------------------------------------------


def record(order_id: int, state: State, **more: Any) -> OrderRecord:
    values: dict[str, Any] = {
        "id": f"record {order_id}",
        "order_id": order_id,
        "created_at": CREATED,
        "modified_at": CREATED,
        "total": Decimal("11.00"),
    }
    return OrderRecord(state=state, **(values | more))


def looked_for(one: OrderRecord, *there: InvoiceSummary) -> World:
    """A look at these sales for an order the ledger knows so; the shop shows nothing new."""
    here = first_run(there=there)
    here.ledger.records[one.order_id] = one
    assert here.sync().looker.look(CREATED)
    return here


@pytest.mark.parametrize("state", [State.IGNORED, State.EXISTS, State.POSTED, State.SENDING, State.UNKNOWN])
def test_only_orders_that_wait_to_be_sent_are_settled_by_a_look(state: State) -> None:
    here = looked_for(record(120, state), ours(120))

    assert here.ledger.outcomes == {}


@pytest.mark.parametrize("state", [State.SEEN, State.FAILED])
def test_an_order_that_waits_or_failed_is_settled(state: State) -> None:
    assert looked_for(record(120, state), ours(120)).ledger.state(120) is State.POSTED


def test_a_number_that_the_shop_used_again_is_a_persons_to_look_at() -> None:
    reused = record(120, State.FAILED, codes=frozenset({Code.ORDER_ID_REUSED}))
    here = looked_for(reused, ours(120))

    assert here.ledger.outcomes == {}
    assert here.sync().looker.there(reused) is None


def test_a_sale_that_only_names_the_order_by_a_changed_number_is_another() -> None:
    kept_its_number = record(120, State.FAILED, number="OLD120")

    assert looked_for(kept_its_number, listed("SHO120")).ledger.outcomes == {}
    assert looked_for(kept_its_number, listed("SHO120"), ours(120)).ledger.state(120) is State.POSTED


def test_an_order_that_a_person_moved_meanwhile_is_left_to_her_and_the_others_go_on() -> None:
    here = first_run(there=(ours(120), ours(121)))
    here.ledger.records = {number: record(number, State.SEEN) for number in (120, 121)}
    settle = here.ledger.settle

    def moved(one: OrderRecord, outcome: Outcome) -> None:
        if one.order_id == 120:
            raise OrderMoved("moved")
        settle(one, outcome)

    here.ledger.settle = moved  # type: ignore[method-assign, assignment]
    here.sync().looker.look(CREATED)

    assert [here.ledger.state(number) for number in (120, 121)] == [State.SEEN, State.POSTED]


def test_many_sales_are_compared_in_parts() -> None:
    rows = tuple(ours(number, f"INV-{number}") for number in range(1, 1202))
    here = first_run(there=rows)
    here.ledger.records = {number: record(number, State.SEEN) for number in (1, 500, 501, 1000, 1001, 1201)}
    asked: list[int] = []
    known = here.ledger.known

    def counted(order_ids: Any) -> dict[int, OrderRecord]:
        asked.append(len(order_ids))
        return known(order_ids)

    here.ledger.known = counted  # type: ignore[method-assign]
    here.sync().looker.look(CREATED)

    assert asked == [500, 500, 201]
    assert {one.state for one in here.ledger.records.values()} == {State.POSTED}


@pytest.mark.parametrize(
    ("known", "row", "told"),
    [
        ({}, {"total": Decimal("12.00"), "tax": Decimal("9.99")}, "it should be $11.00 with GST $9.99"),
        ({"total": Decimal("10.999")}, {}, ""),
        ({}, {"tax": Decimal("0.00")}, ""),
        ({"codes": frozenset({Code.ORDER_UNREADABLE}), "total": Decimal(0)}, {}, ""),
        (
            {"bridge": True, "first_sent_at": NOW},
            {"tax": Decimal("0.90")},
            "it should be $11.00 with GST $1.00",
        ),
        ({"bridge": True}, {"tax": Decimal("0.90")}, ""),
    ],
)
def test_the_sale_is_compared_with_the_shops_total_or_with_what_was_sent(
    known: dict[str, Any], row: dict[str, Any], told: str
) -> None:
    if known.pop("bridge", False):
        sent = world(order(120))
        sent.run()
        known["bridge"] = sent.ledger.intents[120][0].bridge
    here = looked_for(record(120, State.FAILED, **known), ours(120, **row))

    sentences = [one.sentence for one in here.ledger.last(120).problems]
    assert (sentences[0].endswith(told) and len(sentences) == 1) if told else sentences == []
