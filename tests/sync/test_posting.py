"""Every answer to a post, and every lost one, has its one meaning (SYNC §7.4, §7.5)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.sync.failures import (
    CredentialsRefused,
    Denied,
    NumberTaken,
    OutcomeLost,
    Refused,
    Throttled,
    Unreachable,
)
from portal.sync.orders import CompleteOrder
from portal.sync.ports import State, StopAsked
from portal.sync.problems import Code, RunStopped
from portal.sync.sale_orders import InvoiceSummary
from tests import builders
from tests.whole_run import NOW, order, world


@pytest.mark.parametrize(("given_name", "look_once"), [("Robyn", True), ("Robin", False)])
def test_a_posted_order_that_renamed_its_contact_asks_for_one_look(given_name: str, look_once: bool) -> None:
    here = world(order(120))
    here.books.contacts = [builders.contact(given_name=given_name)]

    here.run()

    assert (here.ledger.last(120).state, here.ledger.last(120).look_once) == (State.POSTED, look_once)


def test_a_lost_answer_is_looked_up_and_found_before_anything_is_sent_again() -> None:
    here = world(order(120))
    here.books.answers = [OutcomeLost("broke off")]
    here.run()
    assert here.ledger.state(120) is State.UNKNOWN
    here.later(minutes=1)

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert len(here.books.sales) == 1


def test_a_lost_post_that_never_arrived_is_sent_again_only_after_the_settle_time() -> None:
    here = world(order(120))
    here.books.keeps_lost_sales = False
    here.books.answers = [OutcomeLost("broke off")]
    here.run()
    here.later(seconds=60)
    here.run()
    assert here.ledger.state(120) is State.UNKNOWN
    assert "post" not in here.books.asked
    here.later(seconds=61)

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert [sale.number for sale in here.books.sales] == ["SHO120"]


def test_without_a_number_of_ours_a_lost_post_waits_for_the_next_hour() -> None:
    here = world(order(120), prefix="")
    here.books.keeps_lost_sales = False
    here.books.answers = [OutcomeLost("broke off")]
    here.run()
    here.later(minutes=59)
    here.run()
    assert here.ledger.state(120) is State.UNKNOWN
    here.later(minutes=2)

    here.run()

    assert here.ledger.state(120) is State.POSTED


def test_an_intent_left_behind_by_a_dead_worker_is_settled_first() -> None:
    here = world(order(120))
    here.books.answers = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        here.run()
    assert here.ledger.state(120) is State.SENDING
    here.later(minutes=3)

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert len(here.books.sales) == 1


def test_a_taken_number_with_our_marker_is_ours() -> None:
    here = world(order(120))
    here.books.listing = [invoice("SHO120", "BC-abc123-120")]
    here.books.answers = [NumberTaken("Duplicate invoice number is not allowed.")]

    here.run()

    assert here.ledger.state(120) is State.POSTED
    assert here.books.sales == []


def test_a_taken_number_without_our_marker_exists_already_in_the_documents_words() -> None:
    here = world(order(120))
    here.books.listing = [invoice("SHO120", "PO 77")]
    here.books.answers = [NumberTaken("Duplicate invoice number is not allowed.")]

    here.run()

    assert here.ledger.state(120) is State.EXISTS
    assert (
        here.ledger.last(120).problems[0].sentence == "Order #120: Invoice with number SHO120 already exists."
    )


def invoice(number: str, purchase_order_number: str) -> InvoiceSummary:
    return InvoiceSummary(
        invoice_id=77,
        number=number,
        purchase_order_number=purchase_order_number,
        invoice_type="Sale Order",
        total=builders.money("11.00"),
        tax=None,
        modified_at=NOW,
    )


def test_a_refused_order_is_sent_again_after_one_four_and_twenty_four_hours() -> None:
    here = world(order(120))
    here.books.answers = [Refused("Please include a valid currency", status=400)]

    here.run()

    outcome = here.ledger.last(120)
    assert outcome.retry_at == NOW + timedelta(hours=1)
    assert "Please include a valid currency" in outcome.problems[0].sentence


def test_the_same_refusal_three_orders_running_is_the_runs_problem() -> None:
    here = world(*(order(number) for number in range(120, 125)))
    here.books.answers = [Refused("Item layout is off") for _ in range(5)]

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.SAASU_REFUSED
    assert [here.ledger.state(number) for number in (122, 123)] == [State.FAILED, State.SEEN]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Throttled("too many"), Code.SAASU_QUOTA),
        (Denied("no", plan=True), Code.SAASU_PLAN),
        (Denied("no"), Code.SAASU_FILE),
        (CredentialsRefused("no"), Code.SAASU_CREDENTIALS),
        (Unreachable("no connection"), Code.SAASU_UNREACHABLE),
    ],
)
def test_what_stops_every_order_stops_the_run_and_leaves_the_order_to_be_sent(
    failure: Exception, code: Code
) -> None:
    here = world(order(120), order(121))
    here.books.answers = [failure]

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is code
    assert [here.ledger.state(number) for number in (120, 121)] == [State.SEEN, State.SEEN]


def test_a_post_held_up_for_more_than_five_seconds_is_not_sent() -> None:
    here = world(order(120))
    sending = here.ledger.sending

    def slowly(record: Any, intent: Any) -> Any:
        sent = sending(record, intent)
        here.clock.forward(seconds=6)
        return sent

    here.ledger.sending = slowly  # type: ignore[method-assign]
    here.run()

    assert here.books.sales == []
    assert here.ledger.state(120) is State.SEEN


def test_a_run_that_is_asked_to_stop_ends_after_the_order_it_is_on() -> None:
    here = world(order(120), order(121))
    here.ledger.stop_after = 2

    with pytest.raises(StopAsked):
        here.run()

    assert [here.ledger.state(number) for number in (120, 121)] == [State.POSTED, State.SEEN]


def test_a_number_once_sent_stays_with_its_order_when_the_prefix_changes() -> None:
    here = world(order(120))
    here.books.keeps_lost_sales = False
    here.books.answers = [OutcomeLost("broke off")]
    here.run()
    here.rules = builders.rules(prefix="NEW")
    here.later(minutes=3)

    here.run()

    assert [sale.number for sale in here.books.sales] == ["SHO120"]


def with_pick_list(number: int) -> CompleteOrder:
    """An order of a hamper with its jar of jam as a row of its own."""
    parts = builders.line("jam", "0", parent_id=1)
    return builders.order(builders.line("hamper", "50.00"), parts, id=number)


def test_the_parts_of_a_combo_are_read_once_and_only_for_an_order_that_depends_on_them() -> None:
    combo, jam = builders.item("hamper", 3, is_combo=True), builders.item("jam", 4)
    here = world(order(120), with_pick_list(121), with_pick_list(122))
    here.books.catalogue = (builders.item("tea-250"), combo, jam)
    here.books.combos = {3: replace(combo, parts=("tea-250",))}

    here.run()

    assert here.books.asked.count("item") == 1
    assert [[one.item_id for one in sale.lines] for sale in here.books.sales] == [[1], [3, 4], [3, 4]]


def test_a_saasu_that_does_not_answer_about_a_combo_ends_the_run_and_leaves_the_order() -> None:
    combo = builders.item("hamper", 3, is_combo=True)
    here = world(with_pick_list(121))
    here.books.catalogue = (combo, builders.item("jam", 4))

    def away(item_id: int) -> None:
        raise Unreachable(f"no answer about {item_id}")

    here.books.item = away  # type: ignore[method-assign]
    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.SAASU_UNREACHABLE
    assert here.ledger.state(121) is State.SEEN


def test_a_refused_order_keeps_its_bridge() -> None:
    here = world(order(120), order(121, total="10.99"))
    here.books.answers = [Refused("Please include a valid currency", status=400)]

    here.run()

    assert [here.ledger.state(number) for number in (120, 121)] == [State.FAILED, State.FAILED]
    assert here.ledger.last(120).bridge is not None
