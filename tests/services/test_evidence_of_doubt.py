"""The proof of an order whose number was taken, or that was not found at first, in sentences (SYNC §7.4, §7.5)."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from tests.factories import NOON, make_order
from tests.proof_lines import LOST, SENT, SETTLED, line, perth_connection, words


@pytest.fixture
def connection(session: Session) -> Connection:
    return perth_connection(session)


def test_a_refused_number_tells_sending_refusal_and_look_up_one_by_one(
    session: Session, connection: Connection
) -> None:
    order = make_order(session, connection, 120, "exists", **SENT)
    line(session, order, "sending", "About to send as SHO120.", number="SHO120")
    line(
        session, order, "exists", "Saasu has this number on another sale.", 2,
        why="taken", sales=4, sale_there=4711, left_at=(NOON + timedelta(seconds=1)).isoformat(), number="SHO120", **SETTLED,
    )  # fmt: skip
    assert words(session, order)[1] == [
        "10:00:00 am AWST Written down as SHO120 before it was sent.",
        "10:00:01 am AWST Sent to Saasu.",
        "10:00:02 am AWST Saasu answered that it did not take it: its number SHO120 is taken.",
        "10:00:02 am AWST Looked up in Saasu among 4 sales, because Saasu said its number was taken. Its number stands on a sale without its marker, so it was not sent again.",
    ]


def test_a_taken_number_that_no_late_sale_has_is_an_older_ones(
    session: Session, connection: Connection
) -> None:
    order = make_order(session, connection, 120, "exists", **SENT)
    line(session, order, "sending", "About to send as SHO120.", number="SHO120")
    line(session, order, "exists", "Saasu has a sale with this number.", 2, why="taken", sales=3)
    assert words(session, order)[1][-1].endswith(
        "Looked up in Saasu among 3 sales, because Saasu said its number was taken. None of those has it, so an older sale must: it was not sent again."
    )


def test_a_refused_number_that_could_not_be_looked_up_is_no_lost_answer_then_nor_later(
    session: Session, connection: Connection
) -> None:
    order = make_order(session, connection, 120, "posted", invoice_id=77, **SENT)
    line(session, order, "sending", "About to send as SHO120.", number="SHO120")
    line(session, order, "unknown", "Saasu says the number is taken.", 2, why="taken", problems=[LOST])
    line(session, order, "unknown", "Not in Saasu yet.", 60, why="lost", sales=1, **SETTLED)
    line(session, order, "posted", "Found.", 3600, why="lost", sales=2, invoice_id=77, number="SHO120")
    assert words(session, order)[1][1:] == [
        "10:00:02 am AWST Saasu answered that it did not take it: its number is taken.",
        "10:00:02 am AWST By which sale could not be looked up then. Nothing is sent again before that is known.",
        "10:01:00 am AWST Looked up in Saasu among 1 sale, because Saasu said its number was taken. None of those has it. Nothing was sent.",
        "11:00:00 am AWST Looked up in Saasu among 2 sales, because Saasu said its number was taken. Found by its marker as transaction 77, number SHO120: it is posted, and was not sent again.",
    ]


def test_what_an_earlier_try_came_to_is_not_said_of_the_next(
    session: Session, connection: Connection
) -> None:
    order = make_order(session, connection, 120, "unknown", **SENT)
    line(session, order, "sending", "About to send as SHO120.", number="SHO120")
    line(session, order, "unknown", "Saasu says the number is taken.", 2, why="taken")
    line(session, order, "seen", "Not in Saasu.", 3600, why="lost", sales=2, **SETTLED)
    line(session, order, "sending", "About to send as SHO120.", 3601, number="SHO120")
    line(session, order, "unknown", "broke off", 3602, problems=[LOST])
    line(session, order, "unknown", "Not in Saasu yet.", 3660, why="lost", sales=2)
    assert words(session, order)[1][-1].startswith(
        "11:01:00 am AWST Looked up in Saasu among 2 sales, because the answer was lost. Not there yet"
    )


def test_an_order_that_was_not_sent_again_says_until_when_its_sale_may_turn_up(
    session: Session, connection: Connection
) -> None:
    order = make_order(session, connection, 120, "ignored", doubted_until=NOON + timedelta(hours=1), **SENT)
    line(session, order, "sending", "About to send as SHO120.", number="SHO120")
    line(session, order, "unknown", "broke off", 1, problems=[LOST])
    line(session, order, "seen", "Not in Saasu.", 150, why="lost", sales=2, **SETTLED)
    line(session, order, "ignored", "", 151, ignored="status")
    assert words(session, order)[0] == (
        "Sent once, and not there when it was looked up. A sale may still turn up until 22/05/2026 11:00:00 am AWST: "
        "the first run after that looks it up once more, unless it is posted before."
    )

    order.doubted_until = None
    line(session, order, "ignored", "Looked up once more: not in Saasu.", 3700, why="late", sales=3)
    summary, steps = words(session, order)
    assert summary == "Tried 1 time, and Saasu did not take it: no sale there comes from this order."
    assert steps[-1] == (
        "11:01:40 am AWST Looked up in Saasu among 3 sales, because a sale may turn up late, and this order was not posted since. "
        "Not there: now it is certain that Saasu never took it."
    )


def test_a_sale_that_turned_up_late_says_so(session: Session, connection: Connection) -> None:
    order = make_order(session, connection, 120, "posted", invoice_id=77, **SENT)
    line(session, order, "sending", "About to send as SHO120.", number="SHO120")
    line(session, order, "unknown", "broke off", 1, problems=[LOST])
    line(session, order, "posted", "Late.", 3700, why="late", sales=3, invoice_id=77, number="SHO120")
    summary, steps = words(session, order)
    assert summary == "Saasu took it later than it should have. It is transaction 77 in Saasu."
    assert steps[-1].endswith(
        "Found by its marker as transaction 77, number SHO120: it is posted, and was not sent again."
    )


def test_a_sale_of_one_of_two_tries_that_turned_up_late_is_not_said_to_have_been_certain_before(
    session: Session, connection: Connection
) -> None:
    order = make_order(session, connection, 120, "posted", invoice_id=77, **SENT)
    line(session, order, "sending", "About to send as SHO120.", number="SHO120")
    line(session, order, "seen", "Not in Saasu.", 150, why="lost", sales=2, **SETTLED)
    line(session, order, "sending", "About to send as SHO120.", 151, number="SHO120")
    line(session, order, "failed", "refused", 152)
    line(session, order, "posted", "Late.", 3700, why="late", sales=3, invoice_id=77, number="SHO120")
    assert words(session, order)[0] == (
        "Saasu took it later than it should have. 2 tries were made; it took one of them alone. It is transaction 77 in Saasu."
    )


def test_a_taken_number_that_no_listing_shows_is_said_to_be_tried_once_more(
    session: Session, connection: Connection
) -> None:
    order = make_order(session, connection, 120, "seen", **SENT)
    line(session, order, "sending", "About to send as SHO120.", number="SHO120")
    line(session, order, "unknown", "Saasu says the number is taken.", 2, why="taken")
    line(session, order, "seen", "Not in Saasu.", 3600, why="lost", sales=2, **SETTLED)
    assert words(session, order)[1][-1].endswith(
        "because Saasu said its number was taken. None of those has it: it may be sent once more, and Saasu says again whether the number is taken."
    )
