"""What keeps one order back, and what ends the run: contacts, locked periods, lost answers in a row (SYNC §6, §7.4, §8)."""

from datetime import timedelta

import pytest

from portal.sync.failures import (
    CredentialsRefused,
    Denied,
    NumberTaken,
    OutcomeLost,
    PeriodLocked,
    Refused,
    RemoteFailure,
    StillWriting,
    Throttled,
    Unreachable,
)
from portal.sync.orders import CompleteOrder
from portal.sync.ports import State
from portal.sync.problems import Code, Ignored, RunStopped
from portal.sync.sale_orders import NewContact
from tests import builders
from tests.whole_run import NOW, World, order, world


def with_contacts_that(here: World, *failures: RemoteFailure | None) -> None:
    """Make the books answer so to one contact after the other; `None` creates it."""
    answers = list(failures)
    create = here.books.create_contact

    def answered(contact: NewContact) -> int:
        failure = answers.pop(0) if answers else None
        if failure is not None:
            raise failure
        return create(contact)

    here.books.create_contact = answered  # type: ignore[method-assign]


def of_somebody_else(number: int) -> CompleteOrder:
    """An order of a customer whom no other order has."""
    return order(number, billing=builders.address(email=f"customer{number}@example.com"))


def test_a_contact_that_saasu_refuses_keeps_only_its_own_order_back() -> None:
    here = world(of_somebody_else(120), of_somebody_else(121))
    with_contacts_that(here, Refused("Please include a valid email", status=400))

    here.run()

    outcome = here.ledger.last(120)
    assert (outcome.state, outcome.retry_at) == (State.FAILED, NOW + timedelta(hours=1))
    assert [(one.code, one.sentence) for one in outcome.problems] == [
        (Code.SAASU_REFUSED, "Order #120: Saasu refused the contact: Please include a valid email")
    ]
    assert outcome.bridge is not None
    assert here.ledger.state(121) is State.POSTED
    assert [sale.number for sale in here.books.sales] == ["SHO121"]


def test_orders_of_a_customer_who_is_being_written_wait_two_minutes_and_stop_no_run() -> None:
    here = world(*(of_somebody_else(number) for number in range(120, 125)))
    words = "a customer of this order was being written to Saasu, and the answer is not known yet"
    with_contacts_that(here, *(StillWriting(words) for _ in range(4)))

    here.run()

    outcome = here.ledger.last(123)
    assert (outcome.state, outcome.retry_at) == (State.FAILED, NOW + timedelta(minutes=2))
    assert [(one.code, one.sentence) for one in outcome.problems] == [
        (Code.OUTCOME_UNKNOWN, f"Order #123: {words}; nothing was posted")
    ]
    assert outcome.bridge is not None
    assert here.ledger.state(124) is State.POSTED


@pytest.mark.parametrize("failure", [OutcomeLost("broke off"), Unreachable("no connection")])
def test_a_contact_without_an_answer_is_tried_again_and_nothing_is_posted(failure: RemoteFailure) -> None:
    here = world(of_somebody_else(120), of_somebody_else(121))
    with_contacts_that(here, failure)

    here.run()

    outcome = here.ledger.last(120)
    assert (outcome.state, outcome.retry_at) == (State.FAILED, NOW + timedelta(hours=1))
    assert [(one.code, one.sentence) for one in outcome.problems] == [
        (
            Code.OUTCOME_UNKNOWN,
            "Order #120: Saasu did not answer about this customer; nothing was posted",
        )
    ]
    assert [sale.number for sale in here.books.sales] == ["SHO121"]


def test_the_third_customer_running_without_an_answer_ends_the_run() -> None:
    here = world(*(of_somebody_else(number) for number in range(120, 124)))
    with_contacts_that(here, *(Unreachable("no connection") for _ in range(4)))

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.SAASU_UNREACHABLE
    assert [here.ledger.state(number) for number in range(120, 124)] == [
        State.FAILED,
        State.FAILED,
        State.SEEN,
        State.SEEN,
    ]


def test_a_post_in_between_begins_the_count_of_lost_answers_anew() -> None:
    here = world(*(of_somebody_else(number) for number in range(120, 125)))
    away = Unreachable("no connection")
    with_contacts_that(here, away, away, None, away, away)

    here.run()

    assert [here.ledger.state(number) for number in range(120, 125)] == [
        State.FAILED,
        State.FAILED,
        State.POSTED,
        State.FAILED,
        State.FAILED,
    ]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Throttled("too many"), Code.SAASU_QUOTA),
        (Denied("no"), Code.SAASU_FILE),
        (CredentialsRefused("no"), Code.SAASU_CREDENTIALS),
    ],
)
def test_what_stops_every_contact_stops_the_run_and_leaves_the_order(
    failure: RemoteFailure, code: Code
) -> None:
    here = world(of_somebody_else(120), of_somebody_else(121))
    with_contacts_that(here, failure)

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is code
    assert [here.ledger.state(number) for number in (120, 121)] == [State.SEEN, State.SEEN]
    assert here.books.sales == []


def test_a_locked_period_keeps_one_order_back_in_saasus_words() -> None:
    here = world(order(120), order(121))
    here.books.answers = [PeriodLocked("Transactions before 01/07/2026 are locked.")]

    here.run()

    outcome = here.ledger.last(120)
    assert (outcome.state, outcome.retry_at) == (State.FAILED, NOW + timedelta(hours=1))
    assert [(one.code, one.sentence) for one in outcome.problems] == [
        (
            Code.PERIOD_LOCKED,
            "Order #120: Saasu says the period is locked: Transactions before 01/07/2026 are locked.",
        )
    ]
    assert outcome.bridge is not None
    assert here.ledger.state(121) is State.POSTED


def test_a_taken_number_that_cannot_be_looked_up_stays_unknown_and_ends_the_run() -> None:
    here = world(order(120))
    here.books.answers = [NumberTaken("Duplicate invoice number is not allowed.")]

    def away(**_window: object) -> None:
        raise Unreachable("no connection")

    here.books.invoices_modified = away  # type: ignore[assignment,method-assign]
    with pytest.raises(RunStopped) as stopped:
        here.run()

    outcome = here.ledger.last(120)
    assert stopped.value.problem.code is Code.SAASU_UNREACHABLE
    assert (outcome.state, outcome.note) == (State.UNKNOWN, "Saasu says the number is taken.")
    assert [(one.code, one.sentence) for one in outcome.problems] == [
        (
            Code.OUTCOME_UNKNOWN,
            "Order #120: Saasu says that its number is taken, and could not be asked by what; it is looked up before anything is sent again",
        )
    ]


def test_refusals_of_different_kinds_never_end_the_run() -> None:
    here = world(*(order(number) for number in range(120, 125)))
    kinds = ("no currency", "no currency", "no date", "no currency", "no currency")
    here.books.answers = [Refused(kind) for kind in kinds]

    here.run()

    assert {here.ledger.state(number) for number in range(120, 125)} == {State.FAILED}


def test_the_third_lost_answer_running_ends_the_run() -> None:
    here = world(*(order(number) for number in range(120, 124)))
    here.books.answers = [OutcomeLost("broke off") for _ in range(4)]

    with pytest.raises(RunStopped) as stopped:
        here.run()

    assert stopped.value.problem.code is Code.SAASU_UNREACHABLE
    assert [here.ledger.state(number) for number in range(120, 124)] == [
        State.UNKNOWN,
        State.UNKNOWN,
        State.UNKNOWN,
        State.SEEN,
    ]


def test_an_order_that_waits_is_left_out_once_its_status_is_synced_no_more() -> None:
    here = world(order(120, status_id=11))
    here.books.answers = [Refused("Please include a valid currency", status=400)]
    here.run()
    here.rules = builders.rules(statuses=frozenset({10}))
    here.later(hours=2)

    here.run()

    assert here.books.sales == []
    assert here.ledger.last(120).ignored is Ignored.STATUS
