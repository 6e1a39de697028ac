"""What is recorded of each answer to a post, whole and word for word (SYNC §7.3, §7.4, §8)."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.sync.bridge import Bridge
from portal.sync.failures import Denied, NumberTaken, OutcomeLost, Refused, Throttled, Unreachable
from portal.sync.mapping import Mapped, map_order
from portal.sync.orders import CompleteOrder
from portal.sync.ports import Intent, Outcome, State
from portal.sync.posting import fingerprint
from portal.sync.problems import Code, Problem, RunStopped
from portal.sync.sale_orders import InvoiceSummary, PostedOrder
from tests import builders
from tests.whole_run import NOW, World, order, world

AN_HOUR_ON = NOW + timedelta(hours=1)


def bridge_of(complete: CompleteOrder) -> Bridge:
    mapped = map_order(complete, builders.rules(), builders.catalogue())
    assert isinstance(mapped, Mapped)
    return mapped.bridge


def answered(*answers: Exception, numbers: tuple[int, ...] = (120,), **more: Any) -> World:
    """A run to whose posts Saasu gave these answers, whatever ended it."""
    here = world(*(order(number) for number in numbers), **more)
    here.books.answers = list(answers)
    return here


def stopped(here: World) -> RunStopped:
    with pytest.raises(RunStopped) as found:
        here.run()
    return found.value


def test_the_intent_names_number_marker_moment_and_what_it_must_come_to() -> None:
    here = world(order(120))

    here.run()

    assert here.ledger.intents == {
        120: [
            Intent(
                number="SHO120",
                marker="BC-abc123-120",
                fingerprint=fingerprint(here.books.sales[0]),
                sent_at=NOW,
                bridge=bridge_of(order(120)),
            )
        ]
    }


def test_the_fingerprint_is_the_sha_256_of_the_sale_and_another_for_another_sale() -> None:
    here = world(order(120))
    here.run()
    (sale,) = here.books.sales

    assert fingerprint(sale) == hashlib.sha256(repr(sale).encode()).hexdigest()
    assert fingerprint(replace(sale, notes="Ring twice")) != fingerprint(sale)


def test_a_posted_order_keeps_saasus_id_and_number_its_bridge_and_every_note() -> None:
    free = builders.line("extra", "0")
    free = replace(free, sku="")
    odd = builders.order(builders.line(), free, id=120)
    here = world(odd)
    here.books.contacts = [builders.contact(given_name="Robyn")]

    here.run()

    mapped = map_order(odd, builders.rules(), builders.catalogue())
    assert isinstance(mapped, Mapped)
    assert len(mapped.notes) == 1
    assert here.ledger.outcomes[120] == [
        Outcome(state=State.SEEN),
        Outcome(
            state=State.POSTED,
            posted=PostedOrder(invoice_id=9001, number="SHO120"),
            bridge=mapped.bridge,
            notes=(*mapped.notes, here.ledger.last(120).notes[-1]),
            look_once=True,
        ),
    ]
    assert "Robyn" in here.ledger.last(120).notes[-1]


def test_a_refused_order_fails_in_saasus_words_and_waits_an_hour() -> None:
    here = answered(Refused("Please select a valid contact.", status=400))

    here.run()

    words = "Order #120: Saasu refused it: Please select a valid contact."
    assert here.ledger.last(120) == Outcome(
        state=State.FAILED,
        problems=(Problem(Code.SAASU_REFUSED, words),),
        retry_at=AN_HOUR_ON,
        bridge=bridge_of(order(120)),
    )


@pytest.mark.parametrize(("before", "hours"), [(0, 1), (1, 4), (2, 24), (3, 24), (30, 24)])
def test_an_order_refused_so_often_before_waits_so_long(before: int, hours: int) -> None:
    here = answered(Refused("no"), numbers=())
    here.shop.add(order(120))
    taken_up = here.ledger.taken_up
    here.ledger.taken_up = lambda order_ids, now: [  # type: ignore[method-assign]
        replace(one, refusals=before) for one in taken_up(order_ids, now)
    ]

    here.run()

    assert here.ledger.last(120).retry_at == NOW + timedelta(hours=hours)


def test_the_same_refusal_three_orders_running_ends_the_run_in_saasus_words() -> None:
    here = answered(
        Refused("odd"), *(Refused("Item layout is off") for _ in range(4)), numbers=(1, 2, 3, 4, 5)
    )

    found = stopped(here)

    words = "Saasu refused 3 orders running with the same sentence: Item layout is off"
    assert found.problem == Problem(Code.SAASU_REFUSED, words)
    assert [here.ledger.state(number) for number in (1, 2, 3, 4, 5)] == [State.FAILED] * 4 + [State.SEEN]


def test_a_post_in_between_begins_the_count_of_refusals_anew() -> None:
    same = Refused("Item layout is off")
    here = answered(numbers=tuple(range(120, 125)))
    here.books.answers = [same, same, None, same, same]

    here.run()

    assert here.ledger.state(124) is State.FAILED


def test_a_lost_answer_is_unknown_and_says_what_comes_next() -> None:
    here = answered(OutcomeLost("no answer within 60 seconds"))

    here.run()

    words = (
        "Order #120: sent to Saasu, but the answer was lost; it is looked up before anything is sent again"
    )
    assert here.ledger.last(120) == Outcome(
        state=State.UNKNOWN,
        problems=(Problem(Code.OUTCOME_UNKNOWN, words),),
        note="no answer within 60 seconds",
        bridge=bridge_of(order(120)),
    )


def test_a_post_in_between_begins_the_count_of_lost_posts_anew() -> None:
    lost = OutcomeLost("broke off")
    here = answered(numbers=tuple(range(120, 125)))
    here.books.answers = [lost, lost, None, lost, lost]

    here.run()

    assert [here.ledger.state(number) for number in range(120, 125)] == [
        State.UNKNOWN,
        State.UNKNOWN,
        State.POSTED,
        State.UNKNOWN,
        State.UNKNOWN,
    ]
    assert {one.code for one in here.ledger.last(123).problems} == {Code.OUTCOME_UNKNOWN}
    assert len(here.ledger.outcomes[123]) == 2


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (Throttled("slow down"), "Saasu says too many calls were made to this file."),
        (Denied("no access"), "Saasu says this login may not do that in this file: no access"),
        (Unreachable("no connection"), "Saasu could not be reached: no connection"),
    ],
)
def test_an_order_that_was_certainly_not_taken_waits_with_a_note(failure: Any, sentence: str) -> None:
    here = answered(failure)

    assert stopped(here).problem.sentence == sentence
    assert here.ledger.last(120) == Outcome(state=State.SEEN, note=f"Not sent: {failure.sentence}")


# --- five seconds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "posted"), [(5, True), (6, False)])
def test_an_intent_is_sent_while_it_is_five_seconds_old_at_most(seconds: int, posted: bool) -> None:
    here = world(order(120))
    sending = here.ledger.sending

    def slowly(record: Any, intent: Any) -> Any:
        sent = sending(record, intent)
        here.clock.forward(seconds=seconds)
        return sent

    here.ledger.sending = slowly  # type: ignore[method-assign]
    here.run()

    assert (here.ledger.state(120) is State.POSTED) is posted
    if not posted:
        assert here.ledger.last(120) == Outcome(state=State.SEEN, note="Held up before sending; not sent.")


# --- a number that is taken -------------------------------------------------------------------------------------------


def listed(number: str, marker: str) -> InvoiceSummary:
    return InvoiceSummary(
        invoice_id=77,
        number=number,
        purchase_order_number=marker,
        invoice_type="Sale Order",
        total=builders.money("11.00"),
        tax=builders.money("1.00"),
        modified_at=NOW,
    )


def test_a_taken_number_that_bears_our_marker_is_posted_with_its_bridge() -> None:
    here = answered(NumberTaken("Duplicate invoice number is not allowed."))
    ours = listed("SHO120", "BC-abc123-120")
    here.books.listing = [ours]

    here.run()

    assert here.ledger.last(120) == Outcome(
        state=State.POSTED,
        note="Its number was taken by its own sale; found in Saasu by its marker.",
        posted=PostedOrder(invoice_id=77, number="SHO120"),
        bridge=bridge_of(order(120)),
        found=ours,
    )


HOLDER = listed("SHO120", "PO 7")


@pytest.mark.parametrize(
    ("rows", "found"), [([HOLDER], HOLDER), ([listed("SHO7", "PO 7")], None), ([], None)]
)
def test_a_taken_number_without_our_marker_exists_even_where_saasu_does_not_list_it(
    rows: list[InvoiceSummary], found: InvoiceSummary | None
) -> None:
    here = answered(NumberTaken("Duplicate invoice number is not allowed."))
    here.books.listing = rows

    here.run()

    words = "Order #120: Invoice with number SHO120 already exists."
    assert here.ledger.last(120) == Outcome(
        state=State.EXISTS,
        problems=(Problem(Code.INVOICE_EXISTS, words, "SHO120"),),
        note="Saasu has a sale with this number that we did not write.",
        look_once=found is None,
        found=found,
    )


def test_a_number_of_saasus_own_that_it_says_is_taken_is_a_refusal_like_any_other_and_tried_again() -> None:
    here = world(order(120), prefix="")
    here.books.answers = [NumberTaken("Duplicate invoice number is not allowed.")]

    here.run()

    words = "Order #120: Saasu refused it: Duplicate invoice number is not allowed."
    assert here.ledger.last(120) == Outcome(
        state=State.FAILED,
        problems=(Problem(Code.SAASU_REFUSED, words),),
        retry_at=NOW + timedelta(hours=1),
        bridge=bridge_of(order(120)),
    )
    assert "invoices_modified" not in here.books.asked

    here.later(hours=1)
    here.run()

    assert (here.ledger.state(120), len(here.books.sales)) == (State.POSTED, 1)
