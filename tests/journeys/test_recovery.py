"""What becomes of a run whose worker is killed, or whose queue is wiped: no order lost, none twice."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import worker
from portal.models.backfills import Backfill, BackfillState
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.runs import OPEN, Run, RunState
from portal.services.runs import LOST_AFTER
from portal.sync.planning import SETTLE_WITH_NUMBER
from portal.sync.ports import State
from tests.journeys.connecting import FILE_ID, Desk, connected_shop
from tests.journeys.portal_house import Portal

MANY = 40
UNDECIDED = (State.SEEN, State.SENDING, State.UNKNOWN)
WITHIN = 60  # seconds


@pytest.fixture(scope="module")
def books(portal: Portal) -> Desk:
    portal.sandbox.add_item(FILE_ID, "sh-hoodie-with-logo", "Hoodie with Logo")
    portal.sandbox.make_orders(MANY)
    # Nothing in Saasu keeps a number from being used twice: only the ledger does.
    portal.sandbox.let_numbers_repeat()
    return connected_shop(portal)


def wait_for(what: str, ready: Callable[[], bool], seconds: int = WITHIN) -> None:
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            pytest.fail(f"{what} took more than {seconds} seconds")
        time.sleep(0.1)


def state_of(portal: Portal, run_id: str) -> str:
    return portal.ask(lambda session: session.get_one(Run, run_id).state)


def first_slice(portal: Portal, backfill_id: str) -> str:
    """The id of the first run of a backfill."""
    mine = select(Run.id).where(Run.backfill_id == backfill_id).order_by(Run.queued_at).limit(1)
    return portal.ask(lambda session: session.scalars(mine).one())


def is_finished(portal: Portal, backfill_id: str) -> bool:
    return portal.ask(lambda session: session.get_one(Backfill, backfill_id).state) == BackfillState.FINISHED


def nothing_waits(portal: Portal) -> bool:
    waiting = select(func.count(Order.id)).where(Order.state.in_(UNDECIDED))
    running = select(func.count(Run.id)).where(Run.state.in_(OPEN))
    return portal.ask(lambda session: not session.scalar(waiting) and not session.scalar(running))


def let_time_pass(session: Session) -> None:
    """What two minutes of waiting would do: the lease runs out, and a lost answer may be looked up for good."""
    connection = session.scalars(select(Connection)).one()
    connection.lease_until = datetime.now(UTC) - timedelta(seconds=1)
    for order in session.scalars(select(Order).where(Order.state.in_((State.SENDING, State.UNKNOWN)))):
        assert order.sent_at is not None
        order.sent_at -= SETTLE_WITH_NUMBER


def test_a_killed_worker_loses_no_order_and_posts_none_twice(portal: Portal, books: Desk) -> None:
    sandbox = portal.sandbox
    sandbox.slow_posts(0.2)
    backfill_id = books.start_processing()
    run_id = first_slice(portal, backfill_id)
    wait_for("the first orders", lambda: len(sandbox.sale_orders(FILE_ID)) >= 8)

    portal.kill_worker()
    assert state_of(portal, run_id) == RunState.RUNNING
    before = len(sandbox.sale_orders(FILE_ID))
    assert before < len(sandbox.shop_orders())
    sandbox.quicken_posts()
    # The sale that was on its way when the worker died arrives in Saasu all the same.
    time.sleep(0.5)

    portal.change(let_time_pass)
    portal.start_worker()
    wait_for("the rest of the backfill", lambda: nothing_waits(portal) and is_finished(portal, backfill_id))
    assert state_of(portal, run_id) == RunState.FINISHED
    assert portal.ask(lambda session: session.get_one(Run, run_id).attempt) > 1
    assert sorted(sandbox.sale_orders(FILE_ID)) == sandbox.expected_sales()


def test_a_wiped_queue_mends_itself_within_a_minute(portal: Portal, books: Desk, redis_url: str) -> None:
    assert LOST_AFTER + 2 * timedelta(seconds=worker.TICK_SECONDS) < timedelta(minutes=1)
    portal.kill_worker()
    backfill_id = books.start_processing(days=7)
    run_id = first_slice(portal, backfill_id)
    with Redis.from_url(redis_url) as redis:
        # The room of this process: the others of the test command keep theirs.
        redis.flushdb()
    portal.start_worker()
    assert state_of(portal, run_id) == RunState.QUEUED
    wait_for("the lost run", lambda: state_of(portal, run_id) == RunState.FINISHED)
    wait_for("the backfill", lambda: is_finished(portal, backfill_id))
    assert sorted(portal.sandbox.sale_orders(FILE_ID)) == portal.sandbox.expected_sales()


def test_a_worker_whose_queue_was_wiped_takes_the_next_run(
    portal: Portal, books: Desk, redis_url: str
) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
    run_id = first_slice(portal, books.start_processing(days=8))
    wait_for("the next run", lambda: state_of(portal, run_id) == RunState.FINISHED)
    assert sorted(portal.sandbox.sale_orders(FILE_ID)) == portal.sandbox.expected_sales()
