"""A run counts every order that it looks at once, under the last word for it, and the words come to what it looked at."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.ledger import SqlLedger
from portal.ledger.counting import moved
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.runs import Run, RunKind
from portal.services.run_counts import counted, looked_at
from portal.sync.evidence import Evidence, Why
from portal.sync.ports import Outcome, Recorded, State
from portal.sync.problems import Code, about_order
from tests.factories import NOON, make_run
from tests.fakes import FakeClock
from tests.ledger.keepers import ledger_under
from tests.ledger.one_order import BEGUN, INTENT, LEFT_OUT, MISSING, POSTED, known
from tests.posted_orders import judged, seen, shop_order

Begin = Callable[[], tuple[SqlLedger, Run]]


@pytest.mark.parametrize(
    ("before", "word", "changes"),
    [
        (None, "waiting", {"waiting": 1}),
        (("run", "waiting"), "posted", {"posted": 1, "waiting": -1}),
        (("run", "unchanged"), "again", {"again": 1, "unchanged": -1}),
        (("run", "again"), "failed", {"failed": 1, "again": -1}),
        (("run", "failed"), "again", {}),
        (("run", "failed"), "unchanged", {}),
        (("run", "posted"), "posted", {}),
        (("another", "posted"), "posted", {"posted": 1}),
        (("another", "failed"), "again", {"again": 1}),
    ],
)
def test_an_order_moves_to_its_new_word_and_is_counted_once(
    before: tuple[str, str] | None, word: str, changes: dict[str, int]
) -> None:
    row = Order(counted_in=before[0] if before else None, counted_as=before[1] if before else None)

    assert moved(row, "run", word) == changes
    assert row.counted_in == "run"
    assert row.counted_as == (word if changes or before is None else before[1])


@pytest.mark.parametrize(
    ("kept", "word", "decided", "changes"),
    [
        ("waiting", "posted", True, {"posted": 1, "waiting": -1, "done": 1}),
        ("waiting", "ignored", False, {"ignored": 1, "waiting": -1}),
        ("waiting", "waiting", True, {}),
        ("ignored", "waiting", True, {"waiting": 1, "ignored": -1}),
        ("ignored", "posted", True, {"posted": 1, "ignored": -1, "done": 1}),
        ("failed", "again", True, {"done": 1}),
        ("failed+", "again", True, {}),
        ("again+", "failed", True, {"failed": 1, "again": -1}),
        ("failed+", "unchanged", False, {}),
        ("failed+", "ignored", False, {"ignored": 1, "failed": -1}),
        ("unknown+", "waiting", True, {"waiting": 1, "unknown": -1, "done": -1}),
        ("failed+", "waiting", False, {"waiting": 1, "failed": -1, "done": -1}),
    ],
)
def test_done_rises_once_for_an_order_and_falls_only_where_it_rose(
    kept: str, word: str, decided: bool, changes: dict[str, int]
) -> None:
    row = Order(counted_in="run", counted_as=kept)

    assert moved(row, "run", word, decided=decided) == changes
    assert (row.counted_as or "").endswith("+") == (kept.endswith("+") + changes.get("done", 0) == 1)


@pytest.fixture
def begin(session: Session, connection: Connection, clock: FakeClock) -> Begin:
    """Begin another run: its ledger, and its row."""

    def built() -> tuple[SqlLedger, Run]:
        run = make_run(session, connection)
        run.state = "finished"
        session.commit()
        return ledger_under(session, connection, run, clock), run

    return built


def words_of(session: Session, run: Run) -> dict[str, int]:
    session.refresh(run)
    found = {one.name: one.orders for one in counted(run) if one.orders}
    assert looked_at(run) == sum(found.values())
    return found


def test_what_a_page_brings_is_counted_by_what_was_decided_of_it(session: Session, begin: Begin) -> None:
    ledger, run = begin()
    unread = Outcome(state=State.FAILED, problems=(about_order(Code.ORDER_UNREADABLE, 102, "no"),))
    ledger.record_page(
        [seen(100), replace(seen(101), outcome=LEFT_OUT), replace(seen(102), outcome=unread)], BEGUN
    )
    assert words_of(session, run) == {"waiting": 1, "ignored": 1, "failed": 1}

    ledger, run = begin()
    ledger.record_page([judged(ledger, Recorded(order=None, order_id=101, outcome=None)), seen(103)], BEGUN)
    assert words_of(session, run) == {"unchanged": 1, "waiting": 1}


def test_an_order_that_is_read_and_then_tried_again_is_still_failing_and_nothing_else(
    session: Session, begin: Begin
) -> None:
    ledger, run = begin()
    ledger.record_page([seen(100)], BEGUN)
    ledger.settle(known(ledger), MISSING)
    assert words_of(session, run) == {"failed": 1}
    ledger.settle(known(ledger), MISSING)
    assert words_of(session, run) == {"failed": 1}
    assert run.done == 1

    ledger, run = begin()
    ledger.record_page([judged(ledger, Recorded(order=None, order_id=100, outcome=None))], BEGUN)
    ledger.expect(1)
    ledger.settle(known(ledger), MISSING)
    assert words_of(session, run) == {"again": 1}
    assert (run.done, run.expected) == (1, 1)

    ledger.settle(known(ledger), Outcome(state=State.FAILED, problems=(about_order(Code.FLOOD, 100, "no"),)))
    assert words_of(session, run) == {"failed": 1}


def test_an_order_that_is_looked_up_and_then_sent_again_is_counted_as_posted_alone(
    session: Session, begin: Begin
) -> None:
    ledger, run = begin()
    ledger.record_page([seen(100), seen(101)], BEGUN)
    ledger.settle(ledger.sending(known(ledger), INTENT), Outcome(state=State.UNKNOWN))
    assert words_of(session, run) == {"unknown": 1, "waiting": 1}

    ledger, run = begin()
    ledger.settle(known(ledger), Outcome(state=State.SEEN))
    ledger.settle(known(ledger, 101), LEFT_OUT)
    ledger.expect(1)
    ledger.settle(ledger.sending(known(ledger), INTENT), POSTED)
    ledger.record_page(
        [judged(ledger, Recorded(order=shop_order(100, minutes=1), order_id=100, outcome=None))], BEGUN
    )
    assert words_of(session, run) == {"posted": 1, "ignored": 1}
    assert (run.done, run.expected) == (2, 2)


def test_an_order_of_which_it_is_certain_at_last_that_it_is_not_there_is_left_as_it_was(
    session: Session, begin: Begin
) -> None:
    ledger, _ = begin()
    ledger.record_page([seen(100)], BEGUN)
    ledger.settle(ledger.sending(known(ledger), INTENT), Outcome(state=State.SEEN, doubted_until=NOON))
    ledger.settle(known(ledger), MISSING)

    ledger, run = begin()
    ledger.not_there(known(ledger), Evidence(why=Why.LATE, sales=3))

    assert words_of(session, run) == {"unchanged": 1}


def test_orders_that_are_held_back_wait_whether_this_run_read_them_or_one_before(
    session: Session, begin: Begin
) -> None:
    ledger, run = begin()
    ledger.record_page([seen(100), seen(101)], BEGUN)
    ledger, run = begin()
    ledger.record_page([seen(102)], BEGUN)

    ledger.hold_back(ledger.due(NOON))

    assert words_of(session, run) == {"waiting": 3}
    assert ledger.due(NOON) == []


def test_orders_that_are_held_back_wait_whatever_this_run_counted_them_as(
    session: Session, begin: Begin, clock: FakeClock
) -> None:
    ledger, run = begin()
    ledger.record_page([seen(one) for one in (100, 101, 102)], BEGUN)
    ledger, run = begin()
    read = [judged(ledger, Recorded(order=None, order_id=one, outcome=None)) for one in (100, 101)]
    ledger.record_page(read, BEGUN)
    ledger.settle(known(ledger, 101), MISSING)
    assert words_of(session, run) == {"unchanged": 1, "failed": 1}
    row = session.scalars(select(Order).where(Order.order_id == 101)).one()
    row.state, row.decided_at = State.SEEN, NOON
    session.commit()

    ledger.hold_back(ledger.due(NOON))

    assert words_of(session, run) == {"waiting": 3}
    assert run.done == 0


def test_a_run_that_is_taken_up_again_ends_with_all_that_it_expects(session: Session, begin: Begin) -> None:
    ledger, run = begin()
    ledger.record_page([seen(one) for one in (100, 101, 102)], BEGUN)
    ledger.expect(3)
    ledger.settle(known(ledger, 100), MISSING)
    ledger.settle(known(ledger, 101), LEFT_OUT)

    ledger.expect(len(ledger.due(NOON)))
    for one in ledger.due(NOON):
        ledger.settle(known(ledger, one.order_id), MISSING)

    session.refresh(run)
    assert (run.done, run.expected) == (3, 3)


def test_a_retry_that_is_taken_up_again_expects_its_one_order(
    session: Session, connection: Connection, clock: FakeClock
) -> None:
    run = make_run(session, connection, RunKind.RETRY)
    run.only_order = 100
    session.commit()
    ledger = ledger_under(session, connection, run, clock)
    ledger.record_page([seen(100)], BEGUN)
    ledger.expect(1)
    ledger.settle(ledger.sending(known(ledger), INTENT), POSTED)

    ledger.expect(1)

    session.refresh(run)
    assert (run.done, run.expected) == (1, 1)


def test_an_order_that_a_page_left_out_and_a_person_takes_is_not_taken_from_what_is_done(
    session: Session, begin: Begin
) -> None:
    ledger, run = begin()
    ledger.record_page([replace(seen(100), outcome=LEFT_OUT)], BEGUN)
    row = session.scalars(select(Order)).one()
    row.state, row.ignored_reason, row.asked, row.run_id = State.SEEN, None, True, None
    session.commit()

    ledger.expect(1)
    ledger.settle(ledger.sending(known(ledger), INTENT), Outcome(state=State.SEEN, note="Not sent."))

    assert words_of(session, run) == {"waiting": 1}
    assert (run.done, run.expected) == (0, 1)
    ledger.settle(ledger.sending(known(ledger), INTENT), POSTED)
    session.refresh(run)
    assert (run.done, run.expected) == (1, 1)


def test_a_page_changes_rows_in_three_statements_however_many_orders_it_has(
    session: Session, begin: Begin
) -> None:
    few = written_for(session, begin, range(100, 103))
    many = written_for(session, begin, range(200, 250))

    assert few == many == [Counter({"runs": 1, "orders": 1, "connections": 1})] * 2


def written_for(session: Session, begin: Begin, ids: range) -> list[Counter[str]]:
    """The changes of rows by which a page of new orders is written, and those by which it is read again, unchanged, in the next run."""
    kept: list[Counter[str]] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        verb, table, *_ = statement.split()
        if verb == "UPDATE":
            kept[-1][table] += 1

    for _ in range(2):
        ledger, run = begin()
        found = ledger.known(ids)
        page = [
            replace(seen(one), known=found.get(one), outcome=None if one in found else seen(one).outcome)
            for one in ids
        ]
        kept.append(Counter())
        event.listen(session.get_bind(), "before_cursor_execute", note)
        ledger.record_page(page, BEGUN)
        event.remove(session.get_bind(), "before_cursor_execute", note)
        assert words_of(session, run) == {"unchanged" if found else "waiting": len(ids)}
        assert run.read == len(ids)
    return kept


def test_a_run_of_an_older_version_does_not_say_how_many_it_looked_at(session: Session, begin: Begin) -> None:
    _, run = begin()
    run.again = run.waiting = run.unchanged = None
    run.read, run.posted, run.exists = 9, 1200, 1
    session.commit()

    assert looked_at(run) is None
    assert [one.words for one in counted(run)] == ["1,200 posted", "1 already in Saasu", "0 failed"]
