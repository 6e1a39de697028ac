"""Carrying out one run: take the lease, build the clients, call the engine, write the run's end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import ledger as ledgers
from portal import mirrors
from portal.ledger import Seal, SqlKnownSales, SqlLedger, SqlSliceLedger
from portal.logs import bound, log
from portal.models.backfills import Backfill
from portal.models.connections import Connection, SaasuFile
from portal.models.orders import Order
from portal.models.runs import SYNCING, Run, RunKind, RunState
from portal.people import SqlPeople
from portal.services.allowances import Work, affording, spare_calls
from portal.services.notices import tell_of_run
from portal.services.remotes import Outside, books_for, firm_vault, seal_for, shop_for
from portal.services.runs import begin, finish, state_for
from portal.sync.backfilling import run_slice
from portal.sync.engine import run_settling, run_sync
from portal.sync.failures import RemoteFailure, shop_problem
from portal.sync.outfit import Sync
from portal.sync.people import KnownPeople
from portal.sync.ports import CatalogueToRead, Clock, LeaseLost, SliceOver, State, StopAsked
from portal.sync.problems import Code, Problem, RunStopped
from portal.sync.retrying import run_one
from portal.sync.rules import Catalogue, Existing, Item, Rules, Span
from portal.sync.sweeping import run_sweep

CLOCKS_DIFFER = timedelta(days=1)
"""No order can have been created later than this from now, however wrong a clock is."""
LONGEST_PAUSE = timedelta(hours=2)
"""Between two runs of a connection, hourly as they are, before its ledger is no longer trusted to know what was posted meanwhile."""
LAST_RUNS = 10
MOST_FAILED = 200
"""Failed orders of a connection, the newest ones, that are looked through for one that waits for a tax code."""
TAX_CODES_TRUSTED = {
    RunKind.HOURLY: timedelta(hours=36),
    RunKind.BACKFILL: timedelta(hours=36),
    RunKind.SWEEP: timedelta(hours=36),
    RunKind.MANUAL: timedelta(0),
    RunKind.RETRY: timedelta(0),
    RunKind.PREVIEW: timedelta(0),
}
"""For how long the tax codes that were read last are good enough; not at all where a person asks, who may have changed them a moment ago."""
FAULT = "Something went wrong on our side in this run. What was done is kept, and the next run goes on."


def carry_out(session: Session, outside: Outside, run_id: str, attempt: int, clock: Clock) -> RunState | None:
    """Carry out one delivery of a run; `None` when it was a duplicate or another run holds the connection."""
    run = begin(session, run_id, attempt, clock.now())
    if run is None:
        return None
    connection = run.connection
    with bound(run=run.id, connection=connection.id, firm=connection.firm_id):
        fence = ledgers.take_lease(session, run.id, connection.id, clock)
        if fence is None:
            log().warning("lease held by another run")
            return None
        doubt_after_gap(session, run, clock.now())
        return _under_lease(session, outside, run, attempt, fence, clock)


def doubt_after_gap(session: Session, run: Run, now: datetime) -> None:
    """Where nothing ran for this connection for long, the database may be an older copy: let what Saasu has be looked at first (SYNC §7.10).

    Commits.
    """
    earlier = session.execute(
        select(Run.started_at, Run.finished_at)
        .where(Run.connection_id == run.connection_id, Run.id != run.id, Run.started_at.is_not(None), SYNCING)
        .order_by(Run.queued_at.desc())
        .limit(LAST_RUNS)
    )
    last = max((moment for row in earlier for moment in row if moment is not None), default=None)
    if last is not None and now - last > LONGEST_PAUSE:
        ledgers.doubt(session, run.connection_id, last)
    session.commit()


def _under_lease(
    session: Session, outside: Outside, run: Run, attempt: int, fence: int, clock: Clock
) -> RunState | None:
    connection_id, run_id = run.connection_id, run.id
    problem: Problem | None = None
    again_at: datetime | None = None
    try:
        work_of(run)(build_sync(session, outside, run, fence, clock))
        state = RunState.FINISHED
    except SliceOver:
        state = RunState.FINISHED
    except RunStopped as stopped:
        problem, again_at = stopped.problem, stopped.again_at
        state = state_for(problem)
    except StopAsked:
        state = RunState.STOPPED
    except LeaseLost:
        session.rollback()
        log().warning("lease lost")
        return None
    except Exception as fault:
        log().error("fault in a run", exc_info=fault)
        problem = Problem(Code.ORDER_UNREADABLE, FAULT)
        state = RunState.FAILED
    session.rollback()

    def tell(ended: Run) -> None:
        tell_of_run(session, outside, ended, problem)

    if not finish(
        session, session.get_one(Run, run_id), attempt, state, problem, clock.now(), tell, again_at
    ):
        log().warning("run taken over by another worker")
        return None
    ledgers.release_lease(session, connection_id, fence)
    log().info("run ended", state=state, problem=str(problem.code) if problem else None)
    return state


def work_of(run: Run) -> Callable[[Sync], None]:
    """What a run does: while the connection is off, it only looks up what may have been sent (SYNC §3.1)."""
    if not run.connection.enabled:
        return run_settling
    if run.backfill_id is not None:
        return work_slice
    if run.only_order is not None:
        return partial(run_one, order_id=run.only_order)
    return run_sweep if run.kind == RunKind.SWEEP else run_sync


def work_slice(sync: Sync) -> None:
    """One slice of a backfill, which has a ledger of its own."""
    assert isinstance(sync.ledger, SqlSliceLedger)
    run_slice(sync, sync.ledger)


def build_sync(session: Session, outside: Outside, run: Run, fence: int, clock: Clock) -> Sync:
    """Everything one run works with. Raises `RunStopped` where the connection has no usable credentials."""
    connection = run.connection
    counted = counting(session, outside, run, fence)
    keys = firm_vault(session, outside.vault, connection.firm_id)
    try:
        shop = shop_for(session, counted, connection)
    except RemoteFailure as failure:
        raise RunStopped(shop_problem(failure)) from failure
    books = books_for(session, counted, connection.file)
    work = Work.HOURLY if run.backfill_id is None else Work.BACKFILL
    afford = affording(session, connection.file, clock, work)

    def rules_now() -> Rules:
        session.rollback()
        rules = rules_of(connection, clock.now())
        session.rollback()
        return rules

    return Sync(
        rules=rules_now(),
        rules_now=rules_now,
        shop=shop,
        books=KnownPeople(
            books=books,
            kept=SqlPeople(session, connection.file_pk, keys),
            clock=clock,
            spare=lambda: spare_calls(session, connection.file, clock.now()),
            refused=lambda: distrust_tax_codes(session, connection.file_pk),
        ),
        ledger=ledger_for(session, run, fence, clock, seal_for(keys)),
        sales=SqlKnownSales(session, connection, fence, clock),
        clock=clock,
        catalogue=lambda: fresh_catalogue(session, books, connection, clock, run.kind),
        parts=lambda combo: read_parts(session, books, connection.file_pk, combo),
        report=lambda fault: log().error("fault in one order", exc_info=fault),
        afford=afford,
    )


def ledger_for(session: Session, run: Run, fence: int, clock: Clock, seal: Seal) -> SqlLedger:
    """The rows as this kind of run writes them."""
    if run.backfill_id is None:
        return SqlLedger(session, run.connection, run, fence, clock, seal)
    backfill = session.get_one(Backfill, run.backfill_id)
    return SqlSliceLedger(session, run.connection, run, fence, clock, seal, backfill)


def counting(session: Session, outside: Outside, run: Run, fence: int) -> Outside:
    """The same outside, renewing the lease and counting on the run's row before every call. Raises `LeaseLost`."""
    run_id, connection_id = run.id, run.connection_id

    def on_call(remote: str, purpose: str) -> None:
        del purpose
        ledgers.renew_lease(session, connection_id, fence, outside.now())
        column = Run.saasu_calls if remote == "saasu" else Run.shop_calls
        session.execute(update(Run).where(Run.id == run_id).values({column: column + 1}))
        session.commit()

    return replace(outside, on_call=on_call)


def rules_of(connection: Connection, now: datetime) -> Rules:
    """A connection's choices as plain data."""
    return Rules(
        store_hash=connection.store_hash,
        zone=ZoneInfo(connection.file.time_zone),
        start=connection.start_at or now,
        prefix=connection.prefix,
        statuses=frozenset(connection.statuses),
        shipping_item=connection.shipping_item_id,
        discount_item=connection.discount_item_id,
        fee_item=connection.fee_item_id,
        tax_registered=connection.file.tax_registered,
        taxable_code=connection.taxable_code,
        free_code=connection.free_code,
        export_code=connection.export_code,
        aliases={alias.sku: alias.item_code for alias in connection.file.aliases},
        own_discounts=connection.own_discounts,
        off=tuple(Span(began=span.began_at, ended=span.ended_at) for span in connection.off_spans),
        latest=now + CLOCKS_DIFFER,
        whole_cent_prices=connection.whole_cent_prices,
        existing_contacts=Existing(connection.existing_contacts),
        nobodys_emails=tuple(filter(None, map(str.strip, connection.nobodys_emails.split(",")))),
    )


def read_parts(session: Session, books: CatalogueToRead, file_pk: str, combo: Item) -> Item:
    """A combo item with its parts, read from Saasu once and kept until the item changes. Raises a `RemoteFailure`."""
    found = books.item(combo.id)
    if found is None or not found.parts:
        return combo
    mirrors.keep_parts(session, file_pk, found)
    session.commit()
    return found


def fresh_catalogue(
    session: Session, books: CatalogueToRead, connection: Connection, clock: Clock, kind: str
) -> Catalogue:
    """The file's items and tax codes, brought up to date with one call where nothing much changed (SYNC §9).

    Tax codes have no list of what changed: they are read when an item changed, by a run that a person asked for, where Saasu refused a
    sale or an order waits for a code, else every 36 hours.
    """
    file = connection.file
    asked_at = clock.now()
    trusted = file.tax_codes_read_at is not None
    if file.tax_codes_read_at is not None:
        trusted = asked_at - file.tax_codes_read_at < TAX_CODES_TRUSTED[RunKind(kind)]
    trusted = trusted and not waits_for_tax_code(session, connection.id)
    session.commit()
    items, tax_codes = mirrors.read_catalogue(books, file.items_read_to, tax_codes_too=not trusted)
    mirrors.write_catalogue(session, file, items, tax_codes, asked_at)
    session.commit()
    found = mirrors.catalogue(session, file.id)
    session.commit()
    return found


def waits_for_tax_code(session: Session, connection_id: str) -> bool:
    """Whether one of the newest orders that failed did so for a tax code that was not known, or had another rate."""
    failed = (
        select(Order.problems)
        .where(Order.connection_id == connection_id, Order.state == State.FAILED)
        .order_by(Order.order_id.desc())
    )
    codes = {
        problem["code"] for problems in session.scalars(failed.limit(MOST_FAILED)) for problem in problems
    }
    return bool(codes & {Code.TAX_CODE_MISSING, Code.TAX_RATE_UNKNOWN})


def distrust_tax_codes(session: Session, file_pk: str) -> None:
    """Have the tax codes read by the next run that posts: Saasu refused a sale. Commits."""
    session.execute(
        update(SaasuFile)
        .where(SaasuFile.id == file_pk)
        .values(tax_codes_read_at=None)
        .execution_options(synchronize_session=False)
    )
    session.commit()
