"""Every order that the shop lists for a period is in one state with a reason, or it is named as unexplained (SYNC §2)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from portal import coverage as coverages
from portal.coverage import Coverage, coverage
from portal.models.connections import Connection
from tests.factories import NOON, make_connection, make_file, make_firm, make_order

DAY = timedelta(days=1)


@pytest.fixture
def connection(session: Session) -> Connection:
    return make_connection(session, make_file(session, make_firm(session)))


def of(session: Session, connection: Connection, listed: list[int] | None = None) -> Coverage:
    return coverage(session, connection.firm_id, connection, NOON - DAY, NOON + DAY, listed)


def test_states_and_reasons_are_counted_with_their_dollars(session: Session, connection: Connection) -> None:
    make_order(session, connection, 1, "posted", invoice_id=9)
    make_order(session, connection, 2, "posted", invoice_id=10, total=Decimal("0.10"))
    make_order(session, connection, 3, "ignored", ignored_reason="STATUS")
    make_order(
        session, connection, 4, "failed", problems=[{"code": "ITEM_NOT_FOUND", "sentence": "", "subject": ""}]
    )
    make_order(session, connection, 5, "seen", order_created_at=NOON - 2 * DAY)

    found = of(session, connection)

    assert [(str(one.state), one.reason, one.orders, one.dollars) for one in found.covered] == [
        ("failed", "ITEM_NOT_FOUND", 1, Decimal("11.00")),
        ("ignored", "STATUS", 1, Decimal("11.00")),
        ("posted", "", 2, Decimal("11.10")),
    ]
    assert (found.orders, found.unexplained) == (4, ())


def test_an_order_that_the_ledger_does_not_know_is_unexplained(
    session: Session, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverages, "AT_ONCE", 2)
    for number in (1, 2, 3, 4, 5):
        make_order(session, connection, number, "seen")

    found = of(session, connection, [5, 1, 2, 7, 3])

    assert (found.orders, found.unexplained) == (4, (7,))


@pytest.mark.parametrize(
    "broken",
    [
        {"state": "ignored"},
        {"state": "failed"},
        {"state": "posted"},
        {"state": "exists"},
    ],
)
def test_a_record_without_its_reason_is_unexplained(
    session: Session, connection: Connection, broken: dict[str, str]
) -> None:
    make_order(session, connection, 1, **broken)

    assert of(session, connection).unexplained == (1,)


def test_another_firms_orders_are_not_counted(session: Session, connection: Connection) -> None:
    make_order(session, connection, 1, "seen")

    found = coverage(session, "another firm", connection, NOON - DAY, NOON + DAY)

    assert (found.orders, found.unexplained) == (0, ())
