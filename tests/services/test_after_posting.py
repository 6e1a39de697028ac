"""What a person does about orders that are in Saasu, and how their text is forgotten, over the database alone (SYNC §2, §7.8)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import reports
from portal.models.connections import Connection
from portal.models.orders import Attempt, LineShape, Order
from portal.models.runs import Run, RunKind
from portal.services import after_posting, line_prices
from portal.sync.shapes import Shape
from tests.factories import NOON, make_connection, make_file, make_firm, make_order

AT = (NOON + timedelta(hours=1)).isoformat()
CHANGES = {
    "at": AT,
    "what": ["Status changed from Shipped to Cancelled"],
    "means": ["Delete JT100 in Saasu."],
}


def silent(_run_id: str, _attempt: int) -> None:
    """A bell that nobody hears."""


@pytest.fixture
def connection(session: Session) -> Connection:
    return make_connection(session, make_file(session, make_firm(session)))


def posted(session: Session, connection: Connection, number: int = 100, **more: Any) -> Order:
    values: dict[str, Any] = {"posted_at": NOON, "number": f"JT{number}", "look_once": True}
    return make_order(session, connection, number, **({"state": "posted"} | values | more))


def test_what_a_person_dealt_with_is_kept_with_name_and_time(
    session: Session, connection: Connection
) -> None:
    order = posted(session, connection, changes=CHANGES)

    assert after_posting.deal_with(session, order, AT, "Alice", NOON) is True

    session.refresh(order)
    assert (order.look_once, order.dealt_with_at, order.dealt_with_by) == (False, NOON, "Alice")
    (line,) = session.scalars(select(Attempt)).all()
    assert (line.actor, line.state, line.note, line.run_id) == (
        "Alice",
        "posted",
        "I have dealt with it.",
        None,
    )


def test_a_total_that_differs_is_dealt_with_without_any_change_in_the_shop(
    session: Session, connection: Connection
) -> None:
    order = posted(session, connection)

    assert after_posting.deal_with(session, order, "", "Alice", NOON) is True


def test_a_change_that_came_while_the_person_read_is_not_dealt_with(
    session: Session, connection: Connection
) -> None:
    order = posted(session, connection, changes=CHANGES)

    assert after_posting.deal_with(session, order, "", "Alice", NOON) is False
    assert after_posting.deal_with(session, order, NOON.isoformat(), "Alice", NOON) is False

    session.refresh(order)
    assert (order.look_once, order.dealt_with_at) == (True, None)
    assert session.scalars(select(Attempt)).all() == []


@pytest.mark.parametrize("more", [{"look_once": False}, {"state": "ignored"}, {"state": "failed"}])
def test_an_order_that_asks_for_nothing_cannot_be_dealt_with(
    session: Session, connection: Connection, more: dict[str, Any]
) -> None:
    order = posted(session, connection, **more)

    assert after_posting.deal_with(session, order, "", "Alice", NOON) is False


def test_a_person_says_that_the_sale_with_the_number_is_the_order_and_nothing_needs_anybody_any_more(
    session: Session, connection: Connection
) -> None:
    order = posted(session, connection, state="exists", turn="you", posted_at=None)
    firm_id = connection.firm_id
    before = reports.board(session, firm_id, NOON)
    listed = reports.orders_of(session, firm_id, words=["needs_you"])

    assert after_posting.deal_with(session, order, "", "Alice", NOON) is True

    assert [one.order_id for one in listed] == [100]
    assert (before.needs_you.orders, before.look_once.orders, before.rows[0].state) == (1, 0, "needs_you")
    after = reports.board(session, firm_id, NOON)
    assert (after.needs_you.orders, after.look_once.orders) == (0, 0)
    assert reports.needs_you_count(session, firm_id) == 0
    session.refresh(order)
    assert (order.state, order.turn, order.dealt_with_by) == ("exists", None, "Alice")
    (line,) = session.scalars(select(Attempt)).all()
    assert line.note == "The sale in Saasu is this order."


def test_two_people_deal_with_an_order_once(session: Session, connection: Connection) -> None:
    order = posted(session, connection, state="exists")

    assert after_posting.deal_with(session, order, "", "Alice", NOON) is True
    assert after_posting.deal_with(session, order, "", "Pat", NOON) is False

    session.refresh(order)
    assert order.dealt_with_by == "Alice"


def texts(session: Session) -> list[int]:
    return sorted(session.scalars(select(Order.order_id).where(Order.document.is_not(None))))


@pytest.mark.parametrize("state", ["posted", "exists", "ignored"])
def test_the_text_of_an_order_is_forgotten_ninety_days_after_it_was_done_with(
    session: Session, connection: Connection, state: str
) -> None:
    old, young = NOON - timedelta(days=90, seconds=1), NOON - timedelta(days=90)
    bridge = [{"name": "Total", "shop": "11.00", "books": "11.00", "words": ""}]
    kept = {"document": b"sealed", "fingerprint": "f" * 64, "bridge": bridge}
    posted(session, connection, 100, state=state, decided_at=old, **kept)
    posted(session, connection, 101, state=state, decided_at=young, **kept)

    assert after_posting.forget_texts(session, NOON) == 1

    assert texts(session) == [101]
    row = session.scalars(select(Order).where(Order.order_id == 100)).one()
    assert (row.bridge, row.fingerprint) == (bridge, "f" * 64)


def test_names_and_addresses_are_forgotten_with_the_text(session: Session, connection: Connection) -> None:
    old = NOON - timedelta(days=91)
    both, alone, young = (
        posted(session, connection, number, decided_at=at, document=text, in_full=b"sealed", changes=CHANGES)
        for number, at, text in ((100, old, b"sealed"), (101, old, None), (102, NOON, b"sealed"))
    )

    assert after_posting.forget_texts(session, NOON) == 2

    session.expire_all()
    assert [(row.document, row.in_full) for row in (both, alone)] == [(None, None)] * 2
    assert (young.in_full, both.changes) == (b"sealed", CHANGES)
    assert after_posting.forget_texts(session, NOON) == 0


@pytest.mark.parametrize("state", ["seen", "sending", "unknown", "failed"])
def test_the_text_of_an_order_that_is_not_done_with_stays(
    session: Session, connection: Connection, state: str
) -> None:
    posted(session, connection, state=state, decided_at=NOON - timedelta(days=400), document=b"sealed")

    assert after_posting.forget_texts(session, NOON) == 0
    assert texts(session) == [100]


def test_texts_are_forgotten_in_bounded_batches(
    session: Session, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(after_posting, "FORGOTTEN_AT_ONCE", 2)
    for number in (100, 101, 102):
        posted(session, connection, number, decided_at=NOON - timedelta(days=91), document=b"sealed")

    assert [after_posting.forget_texts(session, NOON) for _ in range(3)] == [2, 1, 0]
    assert texts(session) == []


def shape(session: Session, order: Order, name: Shape, *, good: bool) -> None:
    session.add(
        LineShape(
            file_pk=order.connection.file_pk,
            shape=name,
            firm_id=order.firm_id,
            order_pk=order.id,
            proved_at=NOON if good else None,
            failed_at=None if good else NOON,
        )
    )
    session.commit()


def test_the_choice_of_whole_cents_is_kept_and_takes_the_orders_that_waited(
    session: Session, connection: Connection
) -> None:
    run = line_prices.choose(session, connection, "Alice", NOON, silent, whole_cents=True)

    session.refresh(connection)
    assert connection.whole_cent_prices is True
    assert run is not None
    assert (run.kind, run.actor) == (RunKind.RETRY, "Alice")
    line_prices.choose(session, connection, "Alice", NOON, silent, whole_cents=False)
    assert connection.whole_cent_prices is False


def test_a_shape_that_differed_is_open_again_once_a_person_says_so(
    session: Session, connection: Connection
) -> None:
    order = posted(session, connection)
    shape(session, order, Shape.PERCENTAGE, good=False)
    shape(session, order, Shape.FINE_PRICE, good=True)
    other = make_connection(session, make_file(session, make_firm(session, "Banksia Books")))
    shape(session, posted(session, other, 7), Shape.PERCENTAGE, good=False)

    run = line_prices.try_again(session, connection, "Alice", NOON, silent)

    assert run is not None
    known = reports.line_shapes(session, connection.firm_id, connection.file_pk)
    assert [(name, row.order.order_id) for name, row in known.items()] == [("fine_price", 100)]
    assert list(reports.line_shapes(session, other.firm_id, other.file_pk)) == ["percentage"]
    assert reports.line_shapes(session, other.firm_id, connection.file_pk) == {}


def test_a_connection_that_is_off_takes_the_choice_and_runs_nothing(
    session: Session, connection: Connection
) -> None:
    connection.enabled = False
    session.commit()

    assert line_prices.choose(session, connection, "Alice", NOON, silent, whole_cents=True) is None
    assert line_prices.try_again(session, connection, "Alice", NOON, silent) is None
    assert session.scalars(select(Run)).all() == []


def test_the_board_counts_orders_to_look_at_beside_the_posted_ones(
    session: Session, connection: Connection
) -> None:
    posted(session, connection, 100)
    posted(session, connection, 101, look_once=False)
    posted(session, connection, 102, posted_at=NOON - timedelta(days=40))
    posted(session, connection, 103, state="exists", posted_at=None)
    posted(session, connection, 104, state="ignored", ignored_reason="STATUS")

    board = reports.board(session, connection.firm_id, NOON)

    (row,) = board.rows
    assert (row.posted.orders, row.look_once.orders, board.look_once.orders) == (2, 3, 3)
    found = reports.orders_of(session, connection.firm_id, words=["posted_look"])
    assert sorted(order.order_id for order in found) == [100, 102, 103]
