"""The same of orders that were not found in Saasu, and of which a sale may still turn up (SYNC §7.5)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.sync.evidence import Evidence, Why
from portal.sync.ports import LeaseLost, Ledger, OrderMoved, Outcome, State
from tests.factories import NOON
from tests.ledger.keepers import Keeper
from tests.ledger.one_order import A_MOMENT, INTENT, LEFT_OUT, MISSING, POSTED, ids, known, recorded

HOUR = timedelta(hours=1)
ABSENT = Outcome(state=State.SEEN, doubted_until=NOON + HOUR)
PROOF = Evidence(why=Why.LATE, sales=3)


def absent(ledger: Ledger) -> None:
    ledger.settle(ledger.sending(recorded(ledger), INTENT), ABSENT)


@pytest.mark.parametrize("then", [None, LEFT_OUT, MISSING], ids=["seen", "ignored", "failed"])
def test_an_order_that_was_not_found_is_doubted_from_its_moment_on_whatever_became_of_it(
    ledger: Ledger, then: Outcome | None
) -> None:
    absent(ledger)
    if then is not None:
        ledger.settle(known(ledger), then)

    assert ids(ledger.doubted(NOON + HOUR - A_MOMENT)) == []
    assert ids(ledger.doubted(NOON + HOUR)) == [100]


@pytest.mark.parametrize("then", [POSTED, Outcome(state=State.EXISTS)], ids=["posted", "exists"])
def test_one_that_saasu_has_is_not_doubted_nor_later(ledger: Ledger, then: Outcome) -> None:
    absent(ledger)
    ledger.settle(known(ledger), then)
    ledger.settle(known(ledger), LEFT_OUT)

    assert ledger.doubted(NOON + HOUR) == []


def test_one_that_is_being_sent_again_is_not_doubted_until_it_is_known_what_came_of_it(
    ledger: Ledger,
) -> None:
    absent(ledger)
    sent = ledger.sending(known(ledger), replace(INTENT, sent_at=NOON + HOUR))
    assert ledger.doubted(NOON + HOUR) == []

    ledger.settle(sent, MISSING)

    assert ids(ledger.doubted(NOON + HOUR)) == [100]


def test_an_order_that_was_never_doubted_is_none(ledger: Ledger) -> None:
    ledger.settle(ledger.sending(recorded(ledger), INTENT), LEFT_OUT)

    assert ledger.doubted(NOON + 10 * HOUR) == []


def test_one_that_is_certainly_not_there_stays_as_it_is_and_is_doubted_no_more(ledger: Ledger) -> None:
    absent(ledger)
    ledger.settle(known(ledger), MISSING)
    before = known(ledger)
    (doubted,) = ledger.doubted(NOON + HOUR)

    ledger.not_there(doubted, PROOF)

    assert known(ledger) == before == doubted
    assert ledger.doubted(NOON + HOUR) == []


@pytest.mark.parametrize("keeper", ["memory", "sql"], indirect=True)
def test_that_one_is_certainly_not_there_is_told_in_its_history(keeper: Keeper, ledger: Ledger) -> None:
    absent(ledger)
    ledger.settle(known(ledger), MISSING)

    ledger.not_there(known(ledger), PROOF)

    assert keeper.lines(100)[-1] == ("failed", "Looked up once more: not in Saasu.")


def test_of_one_that_a_person_moved_meanwhile_nothing_is_concluded(keeper: Keeper, ledger: Ledger) -> None:
    absent(ledger)
    (doubted,) = ledger.doubted(NOON + HOUR)
    keeper.decide(100, state=State.IGNORED)

    with pytest.raises(OrderMoved):
        ledger.not_there(doubted, PROOF)

    assert ids(ledger.doubted(NOON + HOUR)) == [100]


@pytest.mark.parametrize("keeper", ["memory", "sql"], indirect=True)
def test_a_run_that_lost_its_lease_concludes_nothing(keeper: Keeper, ledger: Ledger) -> None:
    absent(ledger)
    (doubted,) = ledger.doubted(NOON + HOUR)
    keeper.clock.forward(hours=1)
    fence = keeper.take_lease("run two")
    assert fence is not None

    with pytest.raises(LeaseLost):
        ledger.not_there(doubted, PROOF)

    assert ids(keeper.ledger(fence, "run two").doubted(NOON + HOUR)) == [100]
