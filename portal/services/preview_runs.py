"""Carrying out a preview: read the shop page by page, say of each order what a run would do, write nothing to Saasu or the ledger.

A page's orders and the place reached are one transaction under the run's attempt, so a preview whose worker was killed goes on from
there, and one that was taken over by another worker writes no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Update, delete, select, update
from sqlalchemy.orm import Session

from portal.database import changed_rows
from portal.ledger import listed_sales, write_listed
from portal.logs import bound, log
from portal.models.previews import Preview, PreviewedOrder
from portal.models.runs import OPEN, Run, RunKind, RunState
from portal.services.preview_basis import Basis, basis_of
from portal.services.preview_rows import previewed_row
from portal.services.remotes import Outside
from portal.services.runs import Ring, begin, state_for
from portal.services.syncing import FAULT
from portal.sync.failures import RemoteFailure, Unreachable, books_problem, shop_problem
from portal.sync.orders import OrderPage, ShopOrder
from portal.sync.ports import Clock, LeaseLost, OrderRecord, StopAsked
from portal.sync.previewing import (
    Previewed,
    as_started,
    faulty,
    judge,
    not_whole,
    preview,
    unless_there,
    unreadable,
    with_parts,
)
from portal.sync.problems import Code, Problem, RunStopped
from portal.sync.reading import LONGEST_READ, MISSED_LIMIT
from portal.sync.sale_orders import InvoiceSummary

KEPT = 5
"""Previews of a connection whose orders are kept, the newest."""
SLICE = timedelta(minutes=2)
"""After so long a preview goes to the end of the queue, so that the hourly runs behind it have their turn."""


MOST_SALES = 10_000
"""Sales of a file that a preview compares its orders with, or a few more: a hundred calls."""
TOO_MANY_SALES = f"Saasu has more than {MOST_SALES:,} sales since the first day; only those were looked through for orders that are there already."


class SliceOver(Exception):
    """The preview gives way; it goes on from where it is when its turn comes again."""


def carry_out_preview(
    session: Session, outside: Outside, run_id: str, attempt: int, clock: Clock, ring: Ring | None = None
) -> RunState | None:
    """Carry out one delivery of a preview; `None` when it was a duplicate, was taken over, or gave way.

    With `ring` it gives way after a slice and rings for itself; without, it works to its end.
    """
    run = begin(session, run_id, attempt, clock.now())
    if run is None:
        return None
    with bound(run=run.id, connection=run.connection_id, firm=run.firm_id):
        work = Delivery(session, outside, run_id, attempt, clock)
        if ring is not None:
            work.slice_ends = clock.now() + SLICE
        problem: Problem | None = None
        try:
            work.read_to_the_end()
            state = RunState.FINISHED
        except SliceOver:
            give_way(session, run_id, attempt, ring)
            return None
        except RunStopped as stopped:
            problem, state = stopped.problem, state_for(stopped.problem)
        except StopAsked:
            state = RunState.STOPPED
        except LeaseLost:
            session.rollback()
            log().warning("preview taken over by another worker")
            return None
        except Exception as fault:
            log().error("fault in a preview", exc_info=fault)
            problem, state = Problem(Code.ORDER_UNREADABLE, FAULT), RunState.FAILED
        session.rollback()
        return state if finish_preview(session, run_id, attempt, state, problem, clock.now()) else None


def give_way(session: Session, run_id: str, attempt: int, ring: Ring | None) -> None:
    """Put the preview at the end of the queue. Commits, then rings."""
    changed = session.execute(held_by(run_id, attempt).values(state=RunState.QUEUED, attempt=attempt + 1))
    session.commit()
    if ring is not None and changed_rows(changed) == 1:
        ring(run_id, attempt + 1)


def finish_preview(
    session: Session, run_id: str, attempt: int, state: RunState, problem: Problem | None, now: datetime
) -> bool:
    """Write a preview's end and prune the older ones; nothing of its connection changes. Commits; false when it was taken over."""
    values = {
        "state": state,
        "finished_at": now,
        "problem_code": str(problem.code) if problem else None,
        "problem_sentence": problem.sentence[:1000] if problem else None,
    }
    changed = session.execute(held_by(run_id, attempt).values(**values))
    if changed_rows(changed) != 1:
        session.rollback()
        return False
    prune(session, session.get_one(Preview, run_id).connection_id)
    session.commit()
    log().info("preview ended", state=state, problem=str(problem.code) if problem else None)
    return True


def held_by(run_id: str, attempt: int) -> Update:
    """A change of a run that only the attempt which works on it may make."""
    mine = (Run.id == run_id, Run.attempt == attempt, Run.state == RunState.RUNNING)
    return update(Run).where(*mine).execution_options(synchronize_session=False)


def prune(session: Session, connection_id: str) -> None:
    """Forget the orders of all but the newest previews of a connection. The caller commits."""
    found = session.execute(
        select(Run.id, Run.state)
        .where(Run.connection_id == connection_id, Run.kind == RunKind.PREVIEW)
        .order_by(Run.queued_at.desc(), Run.id)
    ).all()
    old = [run_id for run_id, state in found[KEPT:] if state not in OPEN]
    session.execute(delete(PreviewedOrder).where(PreviewedOrder.run_id.in_(old)))
    session.execute(update(Preview).where(Preview.run_id.in_(old)).values(kept=False))


@dataclass(slots=True)
class Delivery:
    """One delivery of a preview at work. Every write asks whether this attempt still holds the run."""

    session: Session
    outside: Outside
    run_id: str
    attempt: int
    clock: Clock
    slice_ends: datetime | None = None
    missed: list[RemoteFailure] = field(default_factory=list)
    sales_read: bool = False
    asked_at: datetime | None = None

    def read_to_the_end(self) -> None:
        """Read every page that is left. Raises `RunStopped`, `StopAsked`, `LeaseLost` or `SliceOver`."""
        period = self.session.get_one(Preview, self.run_id)
        since, until, cursor = period.since, period.until, period.cursor
        basis = basis_of(
            self.session, replace(self.outside, on_call=self.on_call, previewing=True), period, self.clock
        )
        for _ in range(LONGEST_READ):
            self.hold()
            try:
                page = basis.shop.created(since=since, until=until, after_id=cursor)
                found = self.previewed(basis, page)
            except RemoteFailure as failure:
                raise RunStopped(shop_problem(failure)) from failure
            cursor = max([cursor, *(one.tally.order_id for one in found)])
            self.keep(found, cursor, basis)
            if page.last:
                return
            self.give_way_in_time()
        raise RunStopped(Problem(Code.STORE_UNREACHABLE, "The shop's list of orders does not end."))

    def previewed(self, basis: Basis, page: OrderPage) -> list[Previewed]:
        """What would become of each order of a page."""
        ids = [*(one.id for one in page.orders), *(one.id for one in page.unreadable)]
        known = {number: as_started(record) for number, record in basis.ledger.known(ids).items()}
        now = self.clock.now()
        found = [unreadable(one, known.get(one.id), now) for one in page.unreadable]
        for order in page.orders:
            record = known.get(order.id)
            found.append(judge(order, basis.rules, record) or self.mapped(basis, page, order, record))
        return found

    def mapped(
        self, basis: Basis, page: OrderPage, order: ShopOrder, record: OrderRecord | None
    ) -> Previewed:
        """An order that would be taken, mapped; one whose parts the shop will not give, or with a fault of ours, is a problem alone."""
        try:
            complete = page.complete.get(order.id) or basis.shop.complete(order)
        except Unreachable as failure:
            self.missed.append(failure)
            if len(self.missed) >= MISSED_LIMIT:
                raise
            return not_whole(order, "the shop did not answer for this order")
        try:
            basis.catalogue = with_parts(complete, basis.rules, basis.catalogue, basis.parts)
            found = preview(complete, basis.rules, basis.catalogue, record, basis.standing)
            if found.sale is None:
                return found
            self.read_sales(basis)
            return unless_there(found, partial(self.listed, basis.file_pk))
        except (LeaseLost, RunStopped, SliceOver):
            raise
        except RemoteFailure as failure:
            raise RunStopped(books_problem(failure)) from failure
        except Exception as fault:
            log().error("fault in one previewed order", exc_info=fault)
            return faulty(order)

    def read_sales(self, basis: Basis) -> None:
        """List the sales that Saasu wrote since the preview's first day, once in its life: no order's sale is older than the order.

        Each listing is kept with the place reached, so that the next delivery goes on from there. Raises a `RemoteFailure`,
        `RunStopped`, `LeaseLost` or `SliceOver`.
        """
        if self.sales_read:
            return
        period, now = self.session.get_one(Preview, self.run_id), self.clock.now()
        begin, seen, asked_at = period.sales_to or period.since, period.sales_seen, period.run.queued_at
        self.asked_at, self.sales_read = asked_at, begin >= asked_at
        self.session.rollback()
        if self.sales_read:
            return
        for listing in basis.listings(begin, now):
            seen += len(listing.rows)
            enough = seen >= MOST_SALES or listing.end is None
            remark = {} if listing.end is None or not enough else {"remark": TOO_MANY_SALES}
            self._hold(**remark)
            write_listed(self.session, basis.file_pk, listing.rows, self.clock.now())
            reached = {"sales_to": now if enough else listing.end, "sales_seen": seen}
            self.session.execute(update(Preview).where(Preview.run_id == self.run_id).values(**reached))
            self.session.commit()
            if enough:
                break
            self.give_way_in_time()
        self.sales_read = True

    def listed(self, file_pk: str, mark: str, number: str) -> list[InvoiceSummary]:
        """The sales with that marker or number, of those that were listed since this preview was asked for."""
        found = listed_sales(self.session, file_pk, mark, number, self.asked_at)
        self.session.rollback()
        return found

    def give_way_in_time(self) -> None:
        """Raises `SliceOver` where this delivery's time is up."""
        if self.slice_ends is not None and self.clock.now() >= self.slice_ends:
            raise SliceOver

    def keep(self, found: Sequence[Previewed], cursor: int, basis: Basis) -> None:
        """Keep a page and the place reached, in one transaction; an order that is there already stays.

        Raises `LeaseLost` when another worker has the run.
        """
        self._hold(read=Run.read + len(found), done=Run.done + len(found))
        ids = [one.tally.order_id for one in found]
        there = set(
            self.session.scalars(
                select(PreviewedOrder.order_id).where(
                    PreviewedOrder.run_id == self.run_id, PreviewedOrder.order_id.in_(ids)
                )
            )
        )
        fresh = {one.tally.order_id: one for one in found if one.tally.order_id not in there}
        codes = {item.id: item.code for item in basis.catalogue.items}
        self.session.add_all(
            previewed_row(one, basis.firm_id, self.run_id, basis.keys, codes) for one in fresh.values()
        )
        values: dict[str, object] = {"cursor": cursor}
        if found:
            values["reached"] = max(one.tally.created_at for one in found)
        self.session.execute(update(Preview).where(Preview.run_id == self.run_id).values(**values))
        self.session.commit()

    def hold(self) -> None:
        """Say that this preview lives. Commits. Raises `LeaseLost`, or `StopAsked` when a person wants it to end."""
        self._hold()
        stop = self.session.scalar(select(Run.stop_asked).where(Run.id == self.run_id))
        self.session.commit()
        if stop:
            raise StopAsked("The preview was asked to stop.")

    def on_call(self, remote: str, purpose: str) -> None:
        """Count a call on the run's row before it is sent, and say that the preview lives."""
        del purpose
        column = Run.saasu_calls if remote == "saasu" else Run.shop_calls
        self._hold(**{column.key: column + 1})
        self.session.commit()

    def _hold(self, **values: object) -> None:
        mine = held_by(self.run_id, self.attempt).values(alive_at=self.clock.now(), **values)
        if changed_rows(self.session.execute(mine)) != 1:
            self.session.rollback()
            raise LeaseLost("another worker has this preview")
