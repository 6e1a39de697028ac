"""The demo's firm: signed up, connected and replayed through the engine, so that no row exists which no run made."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clients.rehearsal import PretendStore, PretendWorld, Rehearsal
from portal.clients.transport import Transport
from portal.models.accounts import Membership, Person
from portal.models.backfills import BackfillState
from portal.models.connections import Connection, SaasuFile
from portal.models.runs import Run, RunKind
from portal.services import addresses, outbox
from portal.services.accounts import sign_up
from portal.services.backfills import start_processing
from portal.services.connections import Draft, file_items, save_connection
from portal.services.files import add_files, choices, sign_in_to_saasu
from portal.services.remotes import Outside
from portal.services.runs import next_slot
from portal.services.slices import run_slice_here
from portal.services.sweeps import quiet_moment
from portal.services.syncing import carry_out
from portal.sync.rules import SYNCED_BY_DEFAULT, Item

FIRM = "Wren & Wattle Accountants"
PERSON = "Robin Carter"
EMAIL = "demo@example.com"
MOST_SLICES = 10
CAME_LATE = timedelta(days=7)
"""So long before the present the first shop is enabled; its older orders come with *Start Processing*."""
CONFIRM_LINK = re.compile(r"/mail-addresses/(?P<address>[\w-]{22})/confirm/(?P<token>[\w-]{22})")
LIVE_RATE = 5


class ReplayClock:
    """A clock that the replay sets, and that goes on from there as time does: each step of a run has its own moment."""

    def __init__(self, moment: datetime) -> None:
        self.set(moment)

    def set(self, moment: datetime) -> None:
        """Put it to a moment."""
        self._moment, self._set_at = moment, time.monotonic()

    def now(self) -> datetime:
        """The replayed moment."""
        return self._moment + timedelta(seconds=time.monotonic() - self._set_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """What the demo shows a newcomer: the sign-in, and the pretend logins to try by herself."""

    email: str
    world: PretendWorld
    fresh: bool
    runs: int


def seed(
    session: Session, outside: Outside, password: str, say: Callable[[str], None], mailbox: str = ""
) -> Seeded:
    """Sign up the demo's firm, connect its files and replay the weeks before; nothing is done when it is there already.

    Only the last day's runs are mailed: nobody wants the mails of weeks gone by. Raises a `RemoteFailure` when the sandbox does not answer.
    """
    settings = outside.settings
    rehearsal = Rehearsal(Transport(), settings.bigcommerce_api_url, settings.saasu_api_url, mailbox)
    world = rehearsal.world()
    if session.scalar(select(Person).where(Person.email == EMAIL)) is not None:
        rehearsal.set_saasu_rate(LIVE_RATE)
        return Seeded(email=EMAIL, world=world, fresh=False, runs=0)
    days = max(store.history_days for store in world.stores if store.seeded)
    begin = world.began - timedelta(days=days)
    clock = ReplayClock(begin)
    past = replace(outside, now=clock.now, unpaced=True, silent=True)
    rehearsal.set_saasu_rate(None)
    rehearsal.set_clock(begin)
    connections = connect_all(session, past, world, password)
    if mailbox:
        confirm_address(session, past, rehearsal)
    runs, first = 0, begin.date()
    for moment in moments(begin, world.began):
        rehearsal.set_clock(moment)
        clock.set(moment)
        today = replace(past, silent=moment < world.began)
        late = connections[0]
        if not late.enabled and moment > world.began - CAME_LATE:
            take_from(session, past, late, world, first, clock)
        for connection in filter(lambda one: one.enabled, connections):
            replay_run(session, today, connection, clock)
            runs += 1
        say(f"  replayed {moment:%d/%m/%Y}")
    rehearsal.set_clock(None)
    rehearsal.set_saasu_rate(LIVE_RATE)
    for connection in connections:
        connection.next_run_at = next_slot(connection.minute, outside.now())
        connection.next_sweep_at = quiet_moment(connection, outside.now())
    session.commit()
    return Seeded(email=EMAIL, world=world, fresh=True, runs=runs)


def confirm_address(session: Session, outside: Outside, rehearsal: Rehearsal) -> None:
    """Deliver the question to the demo's address, and follow the link in the mail that came, as its reader would."""
    questions: list[tuple[str, int]] = []
    outbox.claim_due(session, outside.now(), lambda mail_id, attempt: questions.append((mail_id, attempt)))
    for mail_id, attempt in questions:
        outbox.deliver(session, outside, mail_id, attempt)
    links = [CONFIRM_LINK.search(text) for text in rehearsal.mails(EMAIL)]
    for link in links:
        if link is not None:
            addresses.confirm(session, link["address"], link["token"], outside.now())


def moments(first: datetime, last: datetime) -> Iterator[datetime]:
    """One moment a day, the last of them the present."""
    moment = first + timedelta(days=1)
    while moment < last:
        yield moment
        moment += timedelta(days=1)
    yield last


def connect_all(session: Session, outside: Outside, world: PretendWorld, password: str) -> list[Connection]:
    """Sign the firm up, add its files and connect every seeded shop; the first of them is enabled later, by `take_from`."""
    person = sign_up(
        session, outside.vault, firm_name=FIRM, name=PERSON, email=EMAIL, password=password, now=outside.now()
    )
    firm_id = session.scalars(select(Membership.firm_id).where(Membership.person_id == person.id)).one()
    seeded = {store.file_id: store for store in world.stores if store.seeded}
    connections: list[Connection] = []
    for pretend in world.logins:
        if pretend.two_factor_code or not seeded.keys() & set(pretend.file_ids):
            continue
        login = sign_in_to_saasu(session, outside, firm_id, pretend.username, pretend.password)
        wanted = [
            choice.identity
            for choice in choices(session, outside, login)
            if choice.identity.file_id in seeded and choice.usable
        ]
        for file in add_files(session, outside, login, wanted, "Australia/Sydney"):
            store = seeded[file.file_id]
            file.time_zone = store.timezone
            session.commit()
            connections.append(connect(session, outside, file, store, enabled=bool(connections)))
    return connections


def connect(
    session: Session, outside: Outside, file: SaasuFile, store: PretendStore, *, enabled: bool
) -> Connection:
    """Connect one shop as a person would on the connector page."""
    connection = save_connection(
        session, outside, file, None, draft_of(session, outside, file, store, enabled=enabled)
    )
    connection.store_name = store.name
    session.commit()
    return connection


def draft_of(
    session: Session, outside: Outside, file: SaasuFile, store: PretendStore, *, enabled: bool
) -> Draft:
    """The connector page of a shop as it is filled in."""
    items = file_items(session, outside, file)
    return Draft(
        enabled=enabled,
        store_hash=store.hash,
        client_id=store.client_id,
        client_secret=store.client_secret,
        access_token=store.token,
        prefix=store.prefix,
        shipping_item_id=item_id(items, store.shipping_item),
        discount_item_id=item_id(items, store.discount_item),
        notify=True,
        notification_email=EMAIL,
        statuses=tuple(sorted(SYNCED_BY_DEFAULT)),
    )


def take_from(
    session: Session,
    outside: Outside,
    connection: Connection,
    world: PretendWorld,
    day: date,
    clock: ReplayClock,
) -> None:
    """Enable a connection and take its orders back to a day with *Start Processing*, as a person would."""
    store = next(store for store in world.stores if store.hash == connection.store_hash)
    draft = draft_of(session, outside, connection.file, store, enabled=True)
    save_connection(session, outside, connection.file, connection, draft)
    backfill = start_processing(session, outside, connection, day, PERSON, lambda *_: None)
    for _ in range(MOST_SLICES):
        if backfill.state == BackfillState.RUNNING:
            run_slice_here(session, outside, backfill, clock)


def item_id(items: tuple[Item, ...], code: str) -> int | None:
    """The id of the item with a code, or `None`."""
    return next((item.id for item in items if code and item.code == code), None)


def replay_run(session: Session, outside: Outside, connection: Connection, clock: ReplayClock) -> None:
    """One day's run of one connection, at the replayed moment."""
    run = Run(
        firm_id=connection.firm_id,
        connection_id=connection.id,
        kind=RunKind.HOURLY,
        queued_at=clock.now() - timedelta(seconds=5),
    )
    session.add(run)
    session.commit()
    carry_out(session, outside, run.id, run.attempt, clock)
