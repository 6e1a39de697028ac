"""What an operator does from the command line, with the app at hand."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal import database
from portal.clients.rehearsal import PretendLogin, PretendWorld
from portal.models.connections import Connection
from portal.models.previews import Preview
from portal.models.runs import Run, RunKind, RunState
from portal.services import backup as backups
from portal.services import demo, keys, previews, run_counts
from portal.services.connection_text import connection_lines
from portal.services.history import COMMAND_LINE
from portal.services.life_text import life_lines, order_numbered
from portal.services.preview_orders import preview_number
from portal.services.preview_reports import report_of
from portal.services.preview_text import effort_line, order_lines, period_lines
from portal.services.remotes import Outside
from portal.services.runs import SystemClock, request_run
from portal.services.syncing import carry_out
from portal.sync.failures import RemoteFailure
from portal.sync.problems import RunStopped
from portal.vault import VaultError

PATIENCE_SECONDS = 600
KEYS_FILE = "keys.env"
"""Where a data folder keeps its key ring."""
LISTED = "`python3 -m portal connections` lists those there are, with their ids."


class OperationFailed(Exception):
    """The command could not be carried out; the message is for a person."""


def sync_now(app: Flask, wanted: str) -> Iterator[tuple[str, bool]]:
    """Run one connection (by id or Shop Code) or `all` here; yields a line and whether all was well."""
    session = database.session()
    query = select(Connection).where(Connection.enabled)
    if wanted != "all":
        query = query.where(or_(Connection.id == wanted, Connection.store_hash == wanted))
    found = session.scalars(query).all()
    if not found:
        raise OperationFailed(why_none_runs(session, wanted))
    for connection in found:
        run = sync_one(session, Outside.of(app), connection)
        ending = "".join(f" {one}" for one in (run.problem_sentence, run_counts.newest_left(run)) if one)
        counts = ", ".join(one.words for one in run_counts.counted(run))
        counts = f"{run_counts.looked_at(run)} looked at: {counts}"
        yield f"{connection.file.name}: {run.state}; {counts}.{ending}", run.state == RunState.FINISHED


def why_none_runs(session: Session, wanted: str) -> str:
    """Why there is no connection to run, and what to do."""
    if wanted == "all":
        return f"No connection is enabled. {LISTED}"
    connection = the_connection(session, wanted)
    return f"The connection {wanted} of {connection.file.name} is off: tick Enable BigCommerce on its page, and save."


def sync_one(session: Session, outside: Outside, connection: Connection) -> Run:
    """One run by hand; where one is under way elsewhere, wait for that one. A slice of a backfill, and a run about one order, are waited for first."""
    clock = SystemClock()
    waited = 0
    while True:
        run = request_run(session, connection, RunKind.MANUAL, COMMAND_LINE, clock.now(), lambda *_: None)
        if not is_part(run):
            carry_out(session, outside, run.id, run.attempt, clock)
        while run.finished_at is None and waited < PATIENCE_SECONDS:
            session.rollback()
            time.sleep(1)
            waited += 1
            session.refresh(run)
        if not is_part(run) or waited >= PATIENCE_SECONDS:
            return run


def is_part(run: Run) -> bool:
    """Whether a run reads only a part of what is new: a slice of a backfill, or one order."""
    return run.backfill_id is not None or run.only_order is not None


def wait_for(session: Session, run: Run) -> None:
    """Wait until a run is over that another worker has under way, or patience is."""
    waited = 0
    while run.finished_at is None and waited < PATIENCE_SECONDS:
        session.rollback()
        time.sleep(1)
        waited += 1
        session.refresh(run)


def the_connection(session: Session, wanted: str) -> Connection:
    """The one connection of that id or Shop Code, enabled or not. Raises `OperationFailed`."""
    found = session.scalars(
        select(Connection).where(or_(Connection.id == wanted, Connection.store_hash == wanted))
    ).all()
    if not found:
        raise OperationFailed(f"There is no connection {wanted}. {LISTED}")
    if len(found) > 1:
        ids = ", ".join(f"{one.id} ({one.file.name})" for one in found)
        raise OperationFailed(f"Several connections have the Shop Code {wanted}. Name one by its id: {ids}.")
    return found[0]


def preview(app: Flask, wanted: str, day_from: date | None, day_to: date | None) -> list[str]:
    """Preview the orders of some days here and now; the lines that tell it. Raises `OperationFailed`.

    Without a first day, from the connection's *Orders From*; without a last one, up to today by the file's calendar.
    """
    session, outside, clock = database.session(), Outside.of(app), SystemClock()
    connection = the_connection(session, wanted)
    begin = day_from or connection.orders_from
    if begin is None:
        raise OperationFailed(
            "Say from which day: --from 2026-07-01. This connection has no Orders From yet."
        )
    end = day_to or previews.day_of(clock.now(), connection)
    try:
        run = previews.preview_now(session, outside, connection, begin, end, COMMAND_LINE, clock)
    except previews.NotPreviewed as refusal:
        raise OperationFailed(str(refusal)) from refusal
    wait_for(session, run)
    if run.state != RunState.FINISHED:
        raise OperationFailed(run.problem_sentence or f"The preview is {run.state}.")
    kept = session.get_one(Preview, run.id)
    lines = list(period_lines(report_of(session, outside, kept), ZoneInfo(connection.file.time_zone)))
    ended = run.finished_at or clock.now()
    took = (ended - (run.started_at or run.queued_at)).total_seconds()
    return [*lines, "", effort_line(run.saasu_calls, run.shop_calls, took)]


def preview_order(app: Flask, wanted: str, number: int) -> list[str]:
    """One order as it would be posted now; the lines that tell it. Raises `OperationFailed`."""
    session, clock = database.session(), SystemClock()
    connection = the_connection(session, wanted)
    calls: Counter[str] = Counter()
    outside = replace(Outside.of(app), on_call=lambda remote, _: calls.update([remote]))
    began = clock.now()
    try:
        found = preview_number(session, outside, connection, number, clock)
    except RunStopped as stopped:
        raise OperationFailed(stopped.problem.sentence) from stopped
    if found is None:
        raise OperationFailed(f"BigCommerce has no order #{number} in the shop {connection.store_hash}.")
    took = (clock.now() - began).total_seconds()
    return [*order_lines(found), "", effort_line(calls["saasu"], calls["bigcommerce"], took)]


def connections() -> list[str]:
    """Every connection of every firm, a line each below a heading; a sentence where there is none."""
    lines = list(connection_lines(database.begin_reading()))
    return lines or [
        "There is no connection yet. Add a Saasu file on a page of the portal, and connect a shop."
    ]


def life(wanted: str, number: int) -> list[str]:
    """One order's whole life from the ledger; the lines that tell it. Raises `OperationFailed`."""
    session = database.begin_reading()
    connection = the_connection(session, wanted)
    order = order_numbered(session, connection, number)
    if order is None:
        raise OperationFailed(
            f"The ledger has no order #{number} of {connection.store_hash} in {connection.file.name}: no run has read it yet."
        )
    return list(life_lines(session, order, datetime.now(UTC)))


def backup(app: Flask, path: Path, *, force: bool = False) -> int:
    """Write a backup, over a file that is there only by force; how many rows."""
    del app
    try:
        return backups.write_backup(database.session(), path, datetime.now(UTC), force=force)
    except backups.BackupRefused as error:
        raise OperationFailed(str(error)) from error


def restore(app: Flask, path: Path) -> int:
    """Restore a backup into an empty database; how many rows."""
    database.upgrade(app)
    session = database.session()
    try:
        return backups.restore_backup(session, path, app.extensions["vault"])
    except backups.RestoreRefused as error:
        raise OperationFailed(str(error)) from error
    except VaultError as error:
        session.rollback()
        raise OperationFailed(f"Nothing was restored. {wrong_ring(app, error)}") from error


def try_ring(app: Flask) -> None:
    """Make sure that the key ring is this database's. Raises `OperationFailed`."""
    session = database.session()
    try:
        keys.try_ring(session, app.extensions["vault"])
    except VaultError as error:
        raise OperationFailed(wrong_ring(app, error)) from error
    finally:
        session.rollback()


def wrong_ring(app: Flask, error: VaultError) -> str:
    """That the key ring is another database's, and where the right one must lie."""
    file = app.extensions["settings"].data_dir / KEYS_FILE
    place = f"{file}, as CREDENTIAL_KEYS" if file.exists() else "CREDENTIAL_KEYS of the environment"
    return (
        f"The key ring at hand does not open what is sealed in this database: {error}. "
        f"The ring that was in use when it was sealed must stand in {place}; put it there, and start the portal again."
    )


def rotate(app: Flask) -> int:
    """Rotate the key ring; how many firms."""
    try:
        return keys.rotate_keys(database.session(), app.extensions["vault"])
    except VaultError as error:
        raise OperationFailed(
            f"Some firm's key does not open: {error}. Put the older key back on the ring."
        ) from error


def migrate(app: Flask) -> None:
    """Bring the tables up to date, and make sure that the key ring is this database's. Raises `OperationFailed`."""
    database.upgrade(app)
    try_ring(app)


def seed_demo(app: Flask, password: str, mailbox: str, say: Callable[[str], None]) -> dict[str, Any]:
    """Fill the demo; what a newcomer is told. `mailbox` is the address of the pretend mailbox's page; blank: there is none."""
    try:
        seeded = demo.seed(database.session(), Outside.of(app), password, say, mailbox)
    except RemoteFailure as failure:
        raise OperationFailed(f"The sandbox does not answer: {failure.sentence}") from failure
    world = seeded.world
    settings = app.extensions["settings"]
    pages = {"Look into Saasu": settings.saasu_api_url, "Into the shops": settings.bigcommerce_api_url}
    if mailbox:
        pages["Into the mails"] = mailbox
    return {
        "email": seeded.email,
        "stores": free_stores(world),
        "logins": [pretend_login(login, world) for login in world.logins],
        "pages": pages,
    }


def free_stores(world: PretendWorld) -> list[dict[str, str]]:
    """The pretend shops that a newcomer can connect, each with the Saasu file it belongs to and the login that reaches it."""
    return [
        {
            "name": store.name,
            "saasu_file": world.files[store.file_id],
            "saasu_login": world.login_of(store.file_id),
            "shop_code": store.hash,
            "client_id": store.client_id,
            "client_secret": store.client_secret,
            "access_token": store.token,
        }
        for store in world.stores
        if not store.seeded
    ]


def pretend_login(login: PretendLogin, world: PretendWorld) -> dict[str, Any]:
    """A pretend Saasu login with the files it reaches; `taken` where the demo's firm has all of them already."""
    taken = {store.file_id for store in world.stores if store.seeded}
    return {
        "username": login.username,
        "password": login.password,
        "code": login.two_factor_code,
        "files": [world.files[one] for one in login.file_ids],
        "taken": taken >= set(login.file_ids),
    }
