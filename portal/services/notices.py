"""Notices: what a run came to is put into the outbox in the transaction that ends the run, as the connection's choice says (SYNC §10)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from portal import reports
from portal.logs import log
from portal.models.accounts import Firm
from portal.models.backfills import UNFINISHED, Backfill
from portal.models.connections import Connection
from portal.models.mails import Mail, MailAddress, MailMemory
from portal.models.orders import IN_QUESTION, Order
from portal.models.runs import Run, RunKind, RunState
from portal.money import ZERO
from portal.services import addresses, mail_links, outbox
from portal.services.remotes import Outside, firm_vault
from portal.services.runs import syncs
from portal.sync import notices as deciding
from portal.sync.letters import Letter, Line
from portal.sync.notice_words import Place, notice
from portal.sync.notices import Asked, ChangedOrder, Kind, Memory, Report, ToldOrder, When
from portal.sync.planning import FINISHED
from portal.sync.ports import State
from portal.sync.problems import Code, Ignored, Problem, Turn

CHOICES = {
    When.CHANGED: "when something changed",
    When.EVERY: "after every run",
    When.NEEDED: "when something needs somebody",
    When.DAILY: "every day at 7 am",
}
CAUSES = {
    RunKind.HOURLY: "Hourly run",
    RunKind.MANUAL: "Run by hand",
    RunKind.BACKFILL: "Orders From, all taken",
    RunKind.RETRY: "Retry",
}
OF_A_LOGIN = frozenset({Code.SAASU_CREDENTIALS, Code.SAASU_TWO_FACTOR})
"""Problems of a Saasu login: all its files stand still together, and one mail says so."""

TOLD_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One connection about to be told of: its memory, its choice, who may be mailed, and what there is to say."""

    connection: Connection
    memory: Memory
    when: When
    to: Sequence[MailAddress]
    report: Report
    cause: str
    main: Line
    run_id: str | None = None


def tell_of_run(session: Session, outside: Outside, run: Run, problem: Problem | None) -> None:
    """Put the mails of a run that ends now into the outbox; the caller commits both together.

    A fault of ours here costs the mail and never the run's end.
    """
    if outside.silent or not syncs(run) or not run.connection.notify:
        return
    try:
        with session.begin_nested():
            _tell(session, outside, run, problem)
    except Exception as fault:
        log().error("fault in a notice", exc_info=fault)


def _tell(session: Session, outside: Outside, run: Run, problem: Problem | None) -> None:
    connection = run.connection
    to = addresses.open_to(session, connection)
    row = memory_row(session, connection)
    if not to:
        # Nobody is told, so nothing is remembered as told; a standstill that nobody heard of ends unheard.
        row.alarm = "" if run.state == RunState.FINISHED else row.alarm
        return
    telling = Telling(
        connection=connection,
        memory=Memory(problems=frozenset(row.problems), alarm=row.alarm),
        when=When(connection.notify_when),
        to=to,
        report=report_of_run(session, outside, run, problem, row.told_at),
        cause=CAUSES.get(RunKind(run.kind), "Run"),
        main=way_in(outside, run),
        run_id=run.id,
    )
    if is_open_slice(session, run):
        telling = replace(telling, when=When.DAILY)
    told = put_notices(session, outside, telling)
    keep_memory(row, telling, told, outside.now())


def put_notices(session: Session, outside: Outside, telling: Telling) -> Kind | None:
    """One mail to each address that gets one; the kind of mail that was reason for it, or `None`."""
    report, memory = telling.report, telling.memory
    kind = deciding.verdict(report, memory, telling.when)
    calm = replace(memory, alarm=deciding.remembered(report, memory, None, telling.when).alarm)
    otherwise = deciding.verdict(report, calm, telling.when)
    topic = topic_of(deciding.new_alarm(report, memory) or memory.alarm, telling.connection)
    told = None
    for address in telling.to:
        one = kind if wants(session, telling.connection, address, kind, topic, report.at) else otherwise
        if one is not None:
            put_notice(session, outside, telling, address, one, topic if one is kind else "")
            told = told or one
    return told


def put_notice(
    session: Session, outside: Outside, telling: Telling, address: MailAddress, kind: Kind, topic: str
) -> None:
    """One mail about a run or a day."""
    place = place_of(session, outside, telling.connection, address, telling.cause, telling.main)
    letter = notice(kind, telling.report, place, deciding.solved(telling.report, telling.memory))
    put_letter(session, outside, telling.connection, address, kind, letter, telling.run_id, topic)


def put_letter(
    session: Session,
    outside: Outside,
    connection: Connection,
    address: MailAddress,
    kind: Kind,
    letter: Letter,
    run_id: str | None = None,
    topic: str = "",
) -> None:
    """A mail of a connection to one of its addresses. The caller commits."""
    outbox.put(
        session,
        outside,
        firm_id=connection.firm_id,
        to=address.address,
        kind=kind,
        letter=letter,
        connection_id=connection.id,
        run_id=run_id,
        topic=topic,
    )


def wants(
    session: Session,
    connection: Connection,
    address: MailAddress,
    kind: Kind | None,
    topic: str,
    now: datetime,
) -> bool:
    """Whether an alarm, or its end, is news to an address: what several connections have in common is told once.

    The end is told by the connection that told the alarm; where none did, by the first that works again.
    """
    if not topic or kind not in (Kind.STOPPED, Kind.MISSED, Kind.RESUMED):
        return True
    last = session.scalars(
        select(Mail)
        .where(
            Mail.firm_id == connection.firm_id,
            Mail.to_address == address.address,
            Mail.topic == topic,
            Mail.created_at > now - TOLD_FOR,
        )
        .order_by(Mail.created_at.desc(), Mail.id)
        .limit(1)
    ).first()
    if last is None:
        return True
    if kind is Kind.RESUMED:
        return last.kind != Kind.RESUMED and last.connection_id == connection.id
    return last.kind == Kind.RESUMED


def topic_of(alarm: str, connection: Connection) -> str:
    """What several connections' alarms have in common: the Saasu login, or that no run happens; blank where it is one's own."""
    if alarm == deciding.MISSED:
        return deciding.MISSED
    return f"{alarm} {connection.file.login_id}" if alarm in OF_A_LOGIN else ""


def memory_row(session: Session, connection: Connection) -> MailMemory:
    """What the last mails told; made where none was sent yet."""
    row = session.get(MailMemory, connection.id)
    if row is None:
        row = MailMemory(connection_id=connection.id, problems=[], alarm="")
        session.add(row)
        session.flush()
    return row


def keep_memory(row: MailMemory, telling: Telling, told: Kind | None, now: datetime) -> None:
    """Remember what was told. The caller commits."""
    after = deciding.remembered(telling.report, telling.memory, told, telling.when)
    row.problems, row.alarm = sorted(after.problems), after.alarm
    if told is not None:
        row.told_at = now


def is_open_slice(session: Session, run: Run) -> bool:
    """Whether a run was a slice of a backfill that goes on: it is told when all is taken, and only an alarm before."""
    if run.backfill_id is None:
        return False
    # Its end may have been written a moment ago, past the session.
    backfill = session.get(Backfill, run.backfill_id, populate_existing=True)
    return backfill is not None and backfill.state in UNFINISHED


def report_of_run(
    session: Session, outside: Outside, run: Run, problem: Problem | None, told_at: datetime | None
) -> Report:
    """What a run came to, with what is open on its connection now."""
    mine = Order.backfill_id == run.backfill_id if run.backfill_id else Order.run_id == run.id
    dollars = session.scalars(select(Order.total).where(mine, Order.state == State.POSTED)).all()
    slices = select(func.sum(Run.ignored)).where(Run.backfill_id == run.backfill_id)
    report = Report(
        at=outside.now(),
        finished=run.state == RunState.FINISHED,
        posted=len(dollars) if run.backfill_id else run.posted,
        posted_dollars=sum(dollars, ZERO),
        ignored=(session.scalar(slices) or 0) if run.backfill_id else run.ignored,
        problem=problem,
        last_good=last_good_before(session, run),
    )
    return with_open_orders(session, outside, report, run.connection, told_at or run.queued_at)


def last_good_before(session: Session, run: Run) -> datetime | None:
    """When the last run before this one finished."""
    return session.scalar(
        select(func.max(Run.finished_at)).where(
            Run.connection_id == run.connection_id, Run.state == RunState.FINISHED, Run.id != run.id
        )
    )


def with_open_orders(
    session: Session, outside: Outside, report: Report, connection: Connection, since: datetime
) -> Report:
    """The report with the connection's orders that need somebody, that mend themselves, and that are news since a moment."""
    base_url = outside.settings.base_url
    unsettled = Order.state.in_((State.SENDING, State.UNKNOWN))
    failed = Order.state == State.FAILED
    posted = and_(Order.state == State.POSTED, Order.look_once)
    found = orders_in(session, base_url, connection, or_(failed, unsettled, posted, IN_QUESTION))
    settled = and_(Order.state == State.EXISTS, Order.turn.is_(None), Order.dealt_with_at.is_(None))
    news = and_(settled, Order.decided_at > since)
    needs = [order for order in found if not mends(order)]
    counted = (
        reports.needing(session, connection.firm_id, connection.id).get(connection.id, reports.Figure()).count
    )
    return replace(
        report,
        waiting=counted.orders,
        waiting_dollars=counted.dollars,
        needs=tuple(needs),
        mends=tuple(order for order in found if mends(order)),
        news=tuple(orders_in(session, base_url, connection, news)),
        changed=changed_orders(session, base_url, connection),
        asks=questions_of(session, connection),
        flooded=has_flood(session, connection),
    )


def changed_orders(session: Session, base_url: str, connection: Connection) -> tuple[ChangedOrder, ...]:
    """The orders in Saasu that changed in the shop since, and whose change somebody should look at."""
    found = session.execute(
        select(Order.id, Order.order_id, Order.total, Order.changes)
        .where(
            Order.connection_id == connection.id,
            Order.state.in_((State.POSTED, State.EXISTS)),
            Order.look_once,
            Order.changes.is_not(None),
        )
        .order_by(Order.order_id)
    )
    return tuple(
        ChangedOrder(
            order_id=order_id,
            dollars=total,
            url=f"{base_url}/orders/{order_pk}",
            means=tuple(changes["means"]),
        )
        for order_pk, order_id, total, changes in found
        if changes["means"]
    )


def questions_of(session: Session, connection: Connection) -> tuple[Asked, ...]:
    """What was left out of a connection's orders and is to be looked at once, by reason."""
    found: dict[Ignored, list[Decimal]] = {}
    for reason, total in session.execute(
        select(Order.ignored_reason, Order.total).where(
            Order.connection_id == connection.id, Order.state == State.IGNORED, Order.look_once
        )
    ):
        found.setdefault(Ignored(str(reason)), []).append(total)
    return tuple(
        Asked(reason=reason, orders=len(found[reason]), dollars=sum(found[reason], ZERO))
        for reason in Ignored
        if reason in found
    )


def has_flood(session: Session, connection: Connection) -> bool:
    """Whether orders of a flood wait for a person's word."""
    waiting = exists().where(Order.connection_id == connection.id, Order.flood_at.is_not(None))
    return bool(session.scalar(select(waiting)))


def mends(order: ToldOrder) -> bool:
    """Whether the first problem of an order, which says whose turn it is, mends itself."""
    return order.problems[0].turn is Turn.WAIT


def orders_in(
    session: Session, base_url: str, connection: Connection, condition: ColumnElement[bool]
) -> list[ToldOrder]:
    """A connection's orders with their problems, by number; orders without a problem have nothing to tell."""
    found = session.execute(
        select(Order.id, Order.order_id, Order.total, Order.problems, Order.state, IN_QUESTION)
        .where(Order.connection_id == connection.id, condition)
        .order_by(Order.order_id)
    )
    return [
        ToldOrder(
            order_id=order_id,
            dollars=total,
            url=f"{base_url}/orders/{order_pk}",
            problems=tuple(Problem(Code(one["code"]), one["sentence"], one["subject"]) for one in problems),
            is_there=state in FINISHED and not in_question,
        )
        for order_pk, order_id, total, problems, state, in_question in found
        if problems
    ]


def way_in(outside: Outside, run: Run) -> Line:
    """Where the mail about a run leads: to the run, or to the backfill it was a slice of."""
    base_url = outside.settings.base_url
    if run.backfill_id is not None:
        return Line("Open the backfill", f"{base_url}/backfills/{run.backfill_id}")
    return Line("Open the run", f"{base_url}/runs/{run.id}")


def history_of(outside: Outside, connection: Connection, words: str) -> Line:
    """The way to a connection's runs."""
    return Line(words, f"{outside.settings.base_url}/runs?connection={connection.id}")


def place_of(
    session: Session,
    outside: Outside,
    connection: Connection,
    address: MailAddress,
    cause: str,
    main: Line,
) -> Place:
    """What a mail to one address is about, and where it leads."""
    base_url = outside.settings.base_url
    keys = firm_vault(session, outside.vault, connection.firm_id)
    return Place(
        firm=session.get_one(Firm, connection.firm_id).name,
        file=connection.file.name,
        shop=connection.store_name or connection.store_hash,
        cause=cause,
        zone=ZoneInfo(connection.file.time_zone),
        main=main,
        needs_url=f"{base_url}/orders?state=needs_you&connection={connection.id}",
        choice_url=f"{base_url}/connections/{connection.id}",
        stop_url=mail_links.stop_url(outside.settings, keys, address.id),
        choice=CHOICES[When(connection.notify_when)],
    )


def choice_saved(session: Session, outside: Outside, connection: Connection) -> None:
    """What saving a connection's choice means for its mails: new addresses are asked, a digest no longer chosen is not due. The caller commits."""
    if connection.notify:
        addresses.ask_new(session, outside, connection.firm_id, addresses.kept(connection))
    row = session.get(MailMemory, connection.id)
    if row is not None and (not connection.notify or connection.notify_when != When.DAILY):
        row.next_digest_at = None
    if row is not None and not connection.notify:
        row.alarm = ""
