"""A shop or a Saasu that does not answer in the middle of a run: what is done is kept, and the next run goes on (SYNC §2, §4, §8)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.sync import reading
from portal.sync.failures import Denied, OutcomeLost, RemoteFailure, Unreachable
from portal.sync.orders import CompleteOrder
from portal.sync.ports import State
from portal.sync.problems import Code, RunStopped
from portal.sync.proving import ReadBack
from tests.whole_run import NOW, World, order, world


def raising(failure: Exception) -> Callable[..., Any]:
    def away(*_asked: object, **_more: object) -> None:
        raise failure

    return away


def test_orders_whose_outcome_cannot_be_looked_up_end_the_run_and_stay_unknown() -> None:
    here = world(order(120))
    here.books.answers = [OutcomeLost("broke off")]
    here.run()
    here.later(minutes=5)
    here.books.invoices_modified = raising(Unreachable("no connection"))  # type: ignore[method-assign]

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.SAASU_UNREACHABLE
    assert here.ledger.state(120) is State.UNKNOWN
    assert len(here.books.sales) == 1


def test_a_list_that_never_ends_is_left_for_the_next_run_to_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(order(120), order(121), order(122))
    here.shop.page_size = 1
    before = here.ledger.at.watermark
    monkeypatch.setattr(reading, "LONGEST_READ", 2)

    here.run()

    assert (here.ledger.at.cursor, here.ledger.at.watermark) == (121, before)
    assert [sale.number for sale in here.books.sales] == ["SHO120", "SHO121"]
    here.run()
    assert [sale.number for sale in here.books.sales] == ["SHO120", "SHO121", "SHO122"]
    assert here.ledger.at.watermark > before


def test_a_fault_of_ours_after_saasu_took_the_order_leaves_it_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(order(120), order(121))
    monkeypatch.setattr(ReadBack, "posted", raising(ZeroDivisionError()))

    here.run()

    assert [here.ledger.state(number) for number in (120, 121)] == [State.POSTED, State.POSTED]
    assert len(here.books.sales) == 2


def kept_in_part(*numbers: int) -> World:
    """A run whose orders were recorded without their lines, as the shop would not give them then."""
    here = world(*(order(number) for number in numbers))
    here.shop.reopen = lambda document: order(int(document), complete=False)  # type: ignore[method-assign]
    return here


def test_an_order_that_was_kept_in_part_is_read_again_before_it_is_mapped() -> None:
    here = kept_in_part(120)

    here.run()

    assert here.shop.asked.count("one") == 1
    assert here.ledger.state(120) is State.POSTED


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (None, "Order #120: the shop no longer shows this order"),
        (order(120, complete=False), "Order #120: the shop did not give all its lines"),
    ],
)
def test_an_order_that_cannot_be_read_whole_again_waits_an_hour(
    shown: CompleteOrder | None, words: str
) -> None:
    here = kept_in_part(120)

    def one(order_id: int) -> CompleteOrder | None:
        assert order_id == 120
        return shown

    here.shop.one = one  # type: ignore[method-assign]

    here.run()

    outcome = here.ledger.last(120)
    assert [(one.code, one.sentence) for one in outcome.problems] == [(Code.INCOMPLETE_READ, words)]
    assert (outcome.state, outcome.retry_at) == (State.FAILED, NOW + timedelta(hours=1))
    assert here.books.sales == []


def test_a_shop_that_does_not_answer_for_two_orders_keeps_those_back_and_no_others() -> None:
    here = kept_in_part(120, 121, 122)
    one, answers = here.shop.one, [Unreachable("no answer"), Unreachable("no answer")]

    def sometimes(order_id: int) -> CompleteOrder | None:
        if answers:
            raise answers.pop()
        return one(order_id)

    here.shop.one = sometimes  # type: ignore[method-assign]
    here.run()

    assert [here.ledger.state(number) for number in (120, 121, 122)] == [
        State.FAILED,
        State.FAILED,
        State.POSTED,
    ]
    assert here.ledger.last(120).problems[0].sentence == "Order #120: the shop did not answer for this order"


@pytest.mark.parametrize(
    ("failure", "code", "states"),
    [
        (
            Unreachable("no answer"),
            Code.STORE_UNREACHABLE,
            [State.FAILED, State.FAILED, State.SEEN, State.SEEN],
        ),
        (Denied("no"), Code.STORE_SCOPE, [State.SEEN] * 4),
    ],
)
def test_a_shop_that_answers_for_no_order_ends_the_run(
    failure: RemoteFailure, code: Code, states: list[State]
) -> None:
    here = kept_in_part(120, 121, 122, 123)
    here.shop.one = raising(failure)  # type: ignore[method-assign]

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is code
    assert [here.ledger.state(number) for number in (120, 121, 122, 123)] == states
