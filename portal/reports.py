"""The read side for pages: every function takes the firm first, and writes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, defer, joinedload

from portal.models.connections import Connection, SaasuFile
from portal.models.mails import Mail
from portal.models.orders import NEEDS_YOU, Attempt, LineShape, Order, numbered
from portal.models.runs import OPEN, SYNCING, Run, RunState
from portal.money import ZERO
from portal.sync.ports import State
from portal.sync.problems import Code, Turn

STRIP_DAYS = 14
PAGE = 100
SHOWN = 500
"""Outcomes a run's page shows: the newest."""
LAST_PAGE = 10_000
LOOK_ONCE = Order.look_once & (
    (Order.state == State.POSTED) | ((Order.state == State.EXISTS) & Order.turn.is_(None))
)
"""Orders that are in Saasu and ask for one look (SCREENS: the language); those in question need somebody instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many orders, and their dollars."""

    orders: int = 0
    dollars: Decimal = ZERO


@dataclass(slots=True, kw_only=True)
class BoardRow:
    """One connection of the files board. `days` are run outcomes of the last 14 days, oldest first."""

    file: SaasuFile
    connection: Connection | None
    state: str
    needs_you: Count = Count()
    mends_itself: Count = Count()
    posted: Count = Count()
    look_once: Count = Count()
    days: list[str] = field(default_factory=list)
    oldest: datetime | None = None
    open_run: Run | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The files board: rows worst first, and the firm's totals."""

    rows: tuple[BoardRow, ...]
    needs_you: Count
    mends_itself: Count
    look_once: Count = Count()


def chip(state: str, turn: str | None) -> str:
    """The word of the ledger for a state, as a page shows it (SCREENS: the language)."""
    if state == State.FAILED:
        return "mends" if turn == Turn.WAIT else "needs_you"
    if state in (State.SEEN, State.IGNORED, State.EXISTS) and turn == Turn.YOU:
        return "needs_you"
    return {State.SEEN: "waiting", State.SENDING: "waiting"}.get(State(state), state)


def board(session: Session, firm_id: str, now: datetime) -> Board:
    """The firm's files with the figures of each connection, worst first."""
    files = session.scalars(
        select(SaasuFile)
        .where(SaasuFile.firm_id == firm_id)
        .order_by(SaasuFile.name)
        .options(joinedload(SaasuFile.connections))
    ).unique()
    figures = order_figures(session, firm_id, now - timedelta(days=30))
    for connection_id, figure in needing(session, firm_id).items():
        figures.setdefault(connection_id, {})["needs_you"] = figure
    days = run_days(session, firm_id, now)
    open_runs = {run.connection_id: run for run in open_runs_of(session, firm_id)}
    pairs = [(file, one) for file in files for one in connections_or_none(file)]
    rows = [board_row(file, one, figures, days, open_runs) for file, one in pairs]
    rows.sort(key=lambda row: (rank(row.state), row.file.name.casefold()))
    return Board(
        rows=tuple(rows),
        needs_you=total(row.needs_you for row in rows),
        mends_itself=total(row.mends_itself for row in rows),
        look_once=total(row.look_once for row in rows),
    )


def connections_or_none(file: SaasuFile) -> list[Connection | None]:
    """A file's connections; a file without one still has its row."""
    return list(file.connections) or [None]


def board_row(
    file: SaasuFile,
    connection: Connection | None,
    figures: dict[str, dict[str, "Figure"]],
    days: dict[str, list[str]],
    open_runs: dict[str, Run],
) -> BoardRow:
    """One row of the board."""
    if connection is None:
        return BoardRow(file=file, connection=None, state="unconnected")
    mine = figures.get(connection.id, {})
    needs = mine.get("needs_you", Figure())
    return BoardRow(
        file=file,
        connection=connection,
        state=board_state(connection, needs.count, mine.get("mends", Figure()).count),
        needs_you=needs.count,
        mends_itself=mine.get("mends", Figure()).count,
        posted=mine.get("posted", Figure()).count,
        look_once=mine.get("posted_look", Figure()).count,
        days=days.get(connection.id, [""] * STRIP_DAYS),
        oldest=needs.oldest,
        open_run=open_runs.get(connection.id),
    )


def board_state(connection: Connection, needs_you: Count, mends: Count) -> str:
    """The one word for a connection: what needs somebody stands before everything else."""
    if not connection.enabled:
        return switched_off(connection)
    if connection.problem_code and connection.problem_code not in MENDING:
        return "needs_you"
    if needs_you.orders:
        return "needs_you"
    if connection.problem_code or mends.orders:
        return "mends"
    return "posted" if connection.last_good_run_at else "waiting"


def switched_off(connection: Connection) -> str:
    """The word for a connection that is off: one that was never on is not paused."""
    return "unstarted" if connection.start_at is None else "paused"


MENDING = frozenset({"STORE_UNREACHABLE", "SAASU_UNREACHABLE", "SAASU_QUOTA"})
RANKS = {"needs_you": 0, "mends": 1, "waiting": 2, "posted": 3, "unstarted": 4, "unconnected": 5, "paused": 6}


def rank(state: str) -> int:
    """Worst first."""
    return RANKS.get(state, 9)


@dataclass(frozen=True, slots=True)
class Figure:
    """A count with the oldest order in it."""

    count: Count = Count()
    oldest: datetime | None = None

    def with_order(self, dollars: Decimal, created: datetime) -> "Figure":
        """The same with one more order."""
        count = Count(orders=self.count.orders + 1, dollars=self.count.dollars + dollars)
        return Figure(count, min(created, self.oldest) if self.oldest else created)


def order_figures(session: Session, firm_id: str, posted_since: datetime) -> dict[str, dict[str, Figure]]:
    """Per connection and word of the ledger: how many orders, their dollars, the oldest; an order to look at counts as posted too.

    What needs somebody is counted by `needing`.
    """
    recent = (Order.state == State.POSTED) & (Order.posted_at >= posted_since)
    columns = (Order.connection_id, Order.state, Order.turn, Order.total, Order.order_created_at)
    found = session.execute(
        select(*columns, recent, LOOK_ONCE).where(
            Order.firm_id == firm_id,
            Order.state.in_((State.FAILED, State.SEEN, State.SENDING, State.UNKNOWN)) | recent | LOOK_ONCE,
        )
    )
    figures: dict[str, dict[str, Figure]] = {}
    for connection_id, state, turn, dollars, created, is_recent, look_once in found:
        mine = figures.setdefault(connection_id, {})
        words = ["posted_look"] if look_once else []
        if is_recent or state not in (State.POSTED, State.EXISTS):
            words.append("mends" if state == State.UNKNOWN else chip(state, turn))
        for word in words:
            mine[word] = mine.get(word, Figure()).with_order(dollars, created)
    return figures


def needing(session: Session, firm_id: str, connection_id: str | None = None) -> dict[str, Figure]:
    """The orders that need somebody, per connection of the firm, or of one: what the board shows and what a mail counts."""
    query = select(Order.connection_id, Order.total, Order.order_created_at).where(
        Order.firm_id == firm_id, NEEDS_YOU
    )
    if connection_id is not None:
        query = query.where(Order.connection_id == connection_id)
    found: dict[str, Figure] = {}
    for owner, dollars, created in session.execute(query):
        found[owner] = found.get(owner, Figure()).with_order(dollars, created)
    return found


def run_days(session: Session, firm_id: str, now: datetime) -> dict[str, list[str]]:
    """Per connection, one word for each of the last 14 days, oldest first: the worst run of the day, slices apart, or blank."""
    since = now - timedelta(days=STRIP_DAYS)
    found = session.execute(
        select(Run.connection_id, Run.queued_at, Run.state, Run.failed).where(
            Run.firm_id == firm_id,
            Run.queued_at > since,
            Run.state.not_in(OPEN),
            SYNCING,
            Run.backfill_id.is_(None),
        )
    )
    worse = ("", "idle", "good", "incomplete", "needs", "failed")
    days: dict[str, list[str]] = {}
    for connection_id, queued_at, state, failed in found:
        place = STRIP_DAYS - 1 - min((now - queued_at).days, STRIP_DAYS - 1)
        strip = days.setdefault(connection_id, [""] * STRIP_DAYS)
        word = run_word(state, failed)
        strip[place] = max(strip[place], word, key=worse.index)
    return days


def run_word(state: str, failed: int) -> str:
    """The one word for a finished run, in which so many orders failed that had not before."""
    if state == RunState.FAILED:
        return "failed"
    if state in (RunState.INCOMPLETE, RunState.STOPPED):
        return "incomplete"
    return "needs" if failed else "good"


def total(counts: Iterable[Count]) -> Count:
    """The sum of counts."""
    rows = list(counts)
    return Count(orders=sum(row.orders for row in rows), dollars=sum((row.dollars for row in rows), ZERO))


def open_runs_of(session: Session, firm_id: str) -> list[Run]:
    """The firm's runs queued or running; previews apart, which sync nothing."""
    return list(session.scalars(select(Run).where(Run.firm_id == firm_id, Run.state.in_(OPEN), SYNCING)))


def runs_of(session: Session, firm_id: str, connection_id: str | None = None, page: int = 1) -> list[Run]:
    """Run history, newest first, 100 a page."""
    query = (
        select(Run)
        .where(Run.firm_id == firm_id)
        .options(joinedload(Run.connection).joinedload(Connection.file))
    )
    if connection_id:
        query = query.where(Run.connection_id == connection_id)
    return list(session.scalars(paged(query.order_by(Run.queued_at.desc(), Run.id), page)))


def run_of(session: Session, firm_id: str, run_id: str) -> Run | None:
    """A firm's run, or `None`."""
    return session.scalar(select(Run).where(Run.firm_id == firm_id, Run.id == run_id))


def run_outcomes(session: Session, firm_id: str, run_id: str) -> list[Attempt]:
    """What a run decided, order by order, in the order in which it happened; the lines before a post are left out."""
    return latest_outcomes(session, firm_id, Attempt.run_id == run_id)


def latest_outcomes(session: Session, firm_id: str, *conditions: Any, most: int = SHOWN) -> list[Attempt]:
    """The newest decisions, oldest of them first; the lines before a post are left out."""
    return list(
        session.scalars(
            select(Attempt)
            .where(
                Attempt.firm_id == firm_id,
                *conditions,
                Attempt.state.not_in((State.SENDING, State.SEEN)),
            )
            .order_by(Attempt.id.desc())
            .options(joinedload(Attempt.order).defer(Order.document))
            .limit(most)
        )
    )[::-1]


def orders_of(
    session: Session,
    firm_id: str,
    *,
    words: Sequence[str] = (),
    connection_id: str | None = None,
    backfill_id: str | None = None,
    number: str = "",
    reason: str | None = None,
    asked: bool = False,
    page: int = 1,
) -> list[Order]:
    """The firm's orders by word of the ledger, newest first, 100 a page.

    `number` keeps those with it, as a person writes it. `reason` keeps those ignored for it, or with FLOOD those held back; with `asked`
    only those that wait for a person's word.
    """
    query = (
        select(Order)
        .where(Order.firm_id == firm_id)
        .options(joinedload(Order.connection).joinedload(Connection.file), defer(Order.document))
        .order_by(Order.order_created_at.desc(), Order.id)
    )
    if connection_id:
        query = query.where(Order.connection_id == connection_id)
    if backfill_id:
        query = query.where(Order.backfill_id == backfill_id)
    if number:
        query = query.where(numbered(number))
    for condition in (*word_conditions(words), *reason_conditions(reason, asked=asked)):
        query = query.where(condition)
    return list(session.scalars(paged(query, page)))


def word_conditions(words: Sequence[str]) -> list[Any]:
    """The SQL for words of the ledger."""
    if not words:
        return []
    states = {
        "needs_you": NEEDS_YOU,
        "mends": (Order.state == State.FAILED) & (Order.turn == Turn.WAIT),
        "waiting": Order.state.in_((State.SEEN, State.SENDING)),
        "posted_look": LOOK_ONCE,
    }
    either = [states.get(word, Order.state == word) for word in words]
    joined = either[0]
    for one in either[1:]:
        joined = joined | one
    return [joined]


def reason_conditions(reason: str | None, *, asked: bool) -> list[Any]:
    """The SQL for orders ignored for a reason, or held back as a flood."""
    if reason is None:
        return []
    if reason == Code.FLOOD:
        return [Order.state == State.SEEN, Order.flood_at.is_not(None)]
    mine = [Order.state == State.IGNORED, Order.ignored_reason == reason]
    return [*mine, Order.look_once] if asked else mine


def paged(query: Select[Any], page: int) -> Select[Any]:
    """One page of a query."""
    return query.limit(PAGE).offset((min(max(page, 1), LAST_PAGE) - 1) * PAGE)


def order_of(session: Session, firm_id: str, order_pk: str) -> Order | None:
    """A firm's order, or `None`."""
    return session.scalar(select(Order).where(Order.firm_id == firm_id, Order.id == order_pk))


def line_shapes(session: Session, firm_id: str, file_pk: str) -> dict[str, LineShape]:
    """What is known of the shapes of lines in a firm's file, by shape, each with its order."""
    found = session.scalars(
        select(LineShape)
        .where(LineShape.firm_id == firm_id, LineShape.file_pk == file_pk)
        .options(joinedload(LineShape.order).defer(Order.document))
    )
    return {row.shape: row for row in found}


def needs_you_count(session: Session, firm_id: str) -> int:
    """How many orders need somebody, for the frame."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Order)
            .where(Order.firm_id == firm_id, *word_conditions(["needs_you"]))
        )
        or 0
    )


def mails_of(session: Session, firm_id: str, connection_id: str | None = None, page: int = 1) -> list[Mail]:
    """The firm's mails, newest first, 100 a page; their words stay where they are but for whether there are any."""
    query = select(Mail).where(Mail.firm_id == firm_id).options(defer(Mail.html))
    if connection_id:
        query = query.where(Mail.connection_id == connection_id)
    return list(session.scalars(paged(query.order_by(Mail.created_at.desc(), Mail.id), page)))


def mail_of(session: Session, firm_id: str, mail_id: str) -> Mail | None:
    """A firm's mail, or `None`."""
    return session.scalar(select(Mail).where(Mail.firm_id == firm_id, Mail.id == mail_id))
