"""*Retry* of one order acts on that order alone, and what a person asks for while a run is at work is not forgotten (SYNC §2)."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import ORMExecuteState, Session

from portal.models.connections import Connection
from portal.models.orders import Attempt, Order
from portal.models.runs import Run, RunKind, RunState
from portal.services import runs, selection
from portal.services.orders import retry
from portal.sync.problems import Ignored
from tests.factories import NOON, make_backfill, make_connection, make_file, make_firm, make_order, make_run
from tests.selection_desk import Counter, silent

MINUTE = timedelta(minutes=1)
MUG = [{"sku": "mug-blue", "name": "Mug", "price": "5.00", "quantity": 1}]


def test_a_retry_of_one_order_attempts_that_one_and_says_so(shop: Counter) -> None:
    orders = [shop.place(lines=MUG) for _ in range(3)]
    shop.run()
    shop.desk.add_item("mug-blue")
    shop.forward(minutes=3)
    new = shop.place()
    reading = shop.connection.watermark

    run = retry(shop.desk.session, shop.order(orders[1]), "Alice", shop.clock.now(), silent)
    assert run is not None
    shop.carry_out(run)

    assert (run.kind, run.only_order, run.state) == ("retry", orders[1], "finished")
    assert (run.expected, run.done, run.read, run.posted) == (1, 1, 1, 1)
    assert [shop.state(number)[0] for number in orders] == ["failed", "posted", "failed"]
    assert shop.connection.watermark == reading
    assert new not in set(shop.desk.session.scalars(select(Order.order_id)))

    last_good = shop.connection.last_good_run_at
    assert None not in (last_good, run.finished_at)
    assert shop.clock.now() - timedelta(minutes=3) == last_good

    shop.run()
    assert [shop.state(number)[0] for number in (*orders, new)] == ["posted"] * 4


# --- over the database alone ------------------------------------------------------------------------------------------


@pytest.fixture
def connection(session: Session) -> Connection:
    return make_connection(session, make_file(session, make_firm(session)))


def failed(session: Session, connection: Connection, number: int) -> Order:
    return make_order(session, connection, number, "failed", document=b"sealed", turn="you")


def ask(session: Session, order: Order, at: datetime = NOON) -> Run:
    run = retry(session, order, "Alice", at, silent)
    assert run is not None
    session.refresh(run)
    return run


def test_the_same_retry_pressed_twice_is_one_run(session: Session, connection: Connection) -> None:
    order = failed(session, connection, 120)

    assert ask(session, order).id == ask(session, order).id
    assert [run.only_order for run in session.scalars(select(Run))] == [120]


def test_a_retry_of_another_order_makes_the_waiting_run_one_about_everything(
    session: Session, connection: Connection
) -> None:
    first = ask(session, failed(session, connection, 120))
    second = ask(session, failed(session, connection, 121))

    assert (second.id, second.only_order, second.kind) == (first.id, None, "retry")


@pytest.mark.parametrize("kind", [RunKind.MANUAL, RunKind.HOURLY])
def test_a_run_about_everything_takes_the_place_of_a_waiting_retry(
    session: Session, connection: Connection, kind: RunKind
) -> None:
    run = ask(session, failed(session, connection, 120))

    if kind is RunKind.HOURLY:
        assert runs.claim_due(session, NOON, silent) == 0
    else:
        runs.request_run(session, connection, kind, "Bob", NOON, silent)

    session.refresh(run)
    assert (run.kind, run.only_order) == (kind, None)


def test_an_hourly_run_that_is_due_waits_for_the_retry_at_work_and_is_not_lost(
    session: Session, connection: Connection
) -> None:
    run = ask(session, failed(session, connection, 120))
    runs.begin(session, run.id, 1, NOON)

    assert runs.claim_due(session, NOON, silent) == 0
    assert connection.next_run_at == NOON
    assert runs.finish(session, run, 1, RunState.FINISHED, None, NOON + MINUTE)
    assert runs.claim_due(session, NOON + MINUTE, silent) == 1


def test_a_retry_takes_the_place_of_a_slice_that_waits(session: Session, connection: Connection) -> None:
    backfill = make_backfill(session, connection)
    waiting = make_run(session, connection, RunKind.BACKFILL)
    waiting.backfill_id = backfill.id
    session.commit()

    run = ask(session, failed(session, connection, 120))

    assert (run.id, run.kind, run.backfill_id, run.only_order) == (waiting.id, "retry", None, 120)


def test_a_retry_beside_a_waiting_run_about_everything_is_that_run(
    session: Session, connection: Connection
) -> None:
    waiting = make_run(session, connection)

    run = ask(session, failed(session, connection, 120))

    assert (run.id, run.only_order, run.kind) == (waiting.id, None, "hourly")


@pytest.mark.parametrize("kind", [RunKind.HOURLY, RunKind.SWEEP])
@pytest.mark.parametrize("state", ["failed", "exists"])
def test_what_is_asked_for_while_a_run_is_at_work_is_decided_by_the_next_which_starts_when_it_ends(
    session: Session, connection: Connection, kind: RunKind, state: str
) -> None:
    order = make_order(session, connection, 120, state, document=b"sealed")
    run = make_run(session, connection, kind)
    runs.begin(session, run.id, 1, NOON)
    connection.next_run_at = NOON + 30 * MINUTE
    session.commit()

    assert ask(session, order, NOON + MINUTE).id == run.id
    runs.finish(session, run, 1, RunState.FINISHED, None, NOON + 2 * MINUTE)

    assert connection.next_run_at == NOON + 2 * MINUTE
    assert runs.claim_due(session, NOON + 2 * MINUTE, silent) == 1


def test_a_yes_to_a_flood_while_its_run_is_at_work_is_followed_by_a_run(
    session: Session, connection: Connection
) -> None:
    make_order(session, connection, 120, flood_at=NOON, turn="you")
    run = make_run(session, connection)
    runs.begin(session, run.id, 1, NOON)
    connection.next_run_at = NOON + 30 * MINUTE
    session.commit()

    selection.post_held(session, connection, NOON, "Alice", NOON + MINUTE, silent)
    runs.finish(session, run, 1, RunState.FINISHED, None, NOON + 2 * MINUTE)

    assert connection.next_run_at == NOON + 2 * MINUTE


def test_nothing_follows_where_the_run_decided_about_it_or_began_after_it_was_asked(
    session: Session, connection: Connection
) -> None:
    decided, before = failed(session, connection, 120), failed(session, connection, 121)
    before.asked, before.decided_at = True, NOON - MINUTE
    run = make_run(session, connection)
    runs.begin(session, run.id, 1, NOON)
    decided.asked, decided.decided_at, decided.run_id = True, NOON + MINUTE, run.id
    connection.next_run_at = NOON + 30 * MINUTE
    session.commit()

    runs.finish(session, run, 1, RunState.FINISHED, None, NOON + 2 * MINUTE)

    assert connection.next_run_at == NOON + 30 * MINUTE


def test_a_retry_speaks_for_its_connection_only_where_something_stopped_it(
    session: Session, connection: Connection
) -> None:
    connection.problem_code, connection.problem_sentence = "STORE_UNREACHABLE", "away"
    run = ask(session, failed(session, connection, 120))
    runs.begin(session, run.id, 1, NOON)

    runs.finish(session, run, 1, RunState.FINISHED, None, NOON + MINUTE)

    assert (connection.problem_code, connection.last_good_run_at) == ("STORE_UNREACHABLE", None)


def test_of_an_order_whose_answer_was_lost_only_the_asking_is_kept(
    session: Session, connection: Connection
) -> None:
    order = make_order(session, connection, 120, "unknown", turn="wait", retry_at=NOON, refusals=2)

    assert ask(session, order).only_order == 120
    session.refresh(order)
    assert (order.state, order.turn, order.retry_at, order.refusals) == ("unknown", "wait", NOON, 2)
    assert notes(session, order) == ["Asked to retry."]


def test_a_retry_forgets_what_was_said_of_the_sale_that_had_the_number(
    session: Session, connection: Connection
) -> None:
    order = make_order(
        session, connection, 120, "exists", look_once=True, dealt_with_at=NOON, dealt_with_by="Bob",
        books_total=Decimal("12.00"), books_tax=Decimal("1.00"),
    )  # fmt: skip

    ask(session, order)

    session.refresh(order)
    assert (order.state, order.look_once, order.dealt_with_at, order.dealt_with_by) == (
        "unknown",
        False,
        None,
        "",
    )
    assert (order.books_total, order.books_tax) == (None, None)


def test_a_retry_that_fails_for_the_same_reason_leaves_a_line_and_the_hourly_runs_after_it_none(
    shop: Counter,
) -> None:
    number = shop.place(lines=MUG)
    shop.run()
    for _ in range(2):
        run = retry(shop.desk.session, shop.order(number), "Alice", shop.clock.now(), silent)
        assert run is not None
        shop.carry_out(run)
        last = run.id
        for _ in range(2):
            shop.forward(minutes=60)
            shop.run()

    lines = [(one.state, one.note, one.run_id == last) for one in shop.order(number).attempts]
    again = [("failed", "Asked to retry.", False), ("failed", "Tried again: still not posted.", False)]
    assert lines == [
        ("seen", "", False),
        ("failed", "", False),
        *again,
        again[0],
        ("failed", "Tried again: still not posted.", True),
    ]


# --- what the history says --------------------------------------------------------------------------------------------


def notes(session: Session, order: Order) -> list[str]:
    return list(session.scalars(select(Attempt.note).where(Attempt.order_pk == order.id)))


def test_an_order_that_moves_at_the_very_moment_gets_no_line_that_says_it_was_taken(
    session: Session, connection: Connection
) -> None:
    taken, moved = (
        make_order(session, connection, number, "ignored", ignored_reason="DELETED") for number in (120, 121)
    )
    moves = [moved.id]

    def meanwhile(executing: ORMExecuteState) -> None:
        if executing.is_update and moves:
            here = executing.session.connection()
            here.execute(update(Order.__table__).where(Order.id == moves.pop()).values(state="posted"))  # type: ignore[arg-type]

    event.listen(session, "do_orm_execute", meanwhile)
    count, _run = selection.take_all(session, connection, Ignored.DELETED, "Alice", NOON, silent, shown=False)
    event.remove(session, "do_orm_execute", meanwhile)

    assert (count, moves) == (1, [])
    assert notes(session, taken) == ["Asked to take it."]
    assert notes(session, moved) == []


def test_a_retry_of_an_order_that_moved_meanwhile_changes_nothing_and_says_nothing(
    session: Session, connection: Connection
) -> None:
    order = make_order(session, connection, 120, "failed", document=b"sealed")
    assert order.state == "failed"
    session.execute(
        update(Order)
        .where(Order.id == order.id)
        .values(state="posted", invoice_id=1)
        .execution_options(synchronize_session=False)
    )

    assert retry(session, order, "Alice", NOON, silent) is None

    assert notes(session, order) == []
    assert session.scalars(select(Run)).all() == []
