"""The BigCommerce connector of a file: test it and save it (source document, steps 1 to 11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import mirrors
from portal.clients.bigcommerce_store import StoreFound, shop_code
from portal.models.connections import Connection, SaasuFile
from portal.models.orders import Order
from portal.services import addresses, notices
from portal.services.choices import Choices, faults_of_choices, keep_choices
from portal.services.remotes import Outside, books_for, firm_vault, new_shop
from portal.services.runs import minute_for, next_slot, settle_later
from portal.services.selection import note_switch
from portal.services.sweeps import quiet_moment
from portal.sync.failures import RemoteFailure, books_problem, shop_problem
from portal.sync.notices import When
from portal.sync.ports import State
from portal.sync.problems import Ignored, Problem
from portal.sync.rules import INCOMPLETE, Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The connector page as filled in. A blank secret keeps the one that is set, and without `choices` those stay as they are."""

    enabled: bool
    store_hash: str
    client_id: str
    client_secret: str
    access_token: str
    prefix: str
    shipping_item_id: int | None
    discount_item_id: int | None
    notify: bool
    notification_email: str
    notify_when: str = When.CHANGED
    statuses: tuple[int, ...]
    choices: Choices | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What *Test Connection* found. `problem` is `None` when both sides answered."""

    file_name: str
    store: StoreFound | None = None
    problem: Problem | None = None
    side: str = ""


ITEMS_FRESH = timedelta(minutes=1)
"""Item lists younger than this are shown as they are; an item just made in Saasu is there a minute later at most."""


class NotSaved(Exception):
    """The draft cannot be saved; `faults` maps a field to a sentence."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = faults


def connection_of(session: Session, firm_id: str, connection_id: str) -> Connection | None:
    """A firm's connection, or `None`."""
    return session.scalar(
        select(Connection).where(Connection.firm_id == firm_id, Connection.id == connection_id)
    )


def file_of(session: Session, firm_id: str, file_pk: str) -> SaasuFile | None:
    """A firm's file, or `None`."""
    return session.scalar(select(SaasuFile).where(SaasuFile.firm_id == firm_id, SaasuFile.id == file_pk))


def test_connection(
    session: Session, outside: Outside, file: SaasuFile, connection: Connection | None, draft: Draft
) -> Tested:
    """Try both sides with what the page holds; nothing is saved (source document, step 9)."""
    token = draft.access_token or saved_token(session, outside, connection)
    session.commit()
    try:
        store = new_shop(session, outside, shop_code(draft.store_hash), token).test_connection()
    except ValueError as error:
        raise NotSaved({"store_hash": str(error)}) from error
    except RemoteFailure as failure:
        return Tested(file_name=file.name, problem=shop_problem(failure), side="BigCommerce")
    try:
        books_for(session, outside, file).tax_codes()
    except RemoteFailure as failure:
        return Tested(file_name=file.name, store=store, problem=books_problem(failure), side="Saasu")
    return Tested(file_name=file.name, store=store)


def saved_token(session: Session, outside: Outside, connection: Connection | None) -> str:
    """The Access Token that is set, or blank."""
    if connection is None or connection.access_token is None:
        return ""
    keys = firm_vault(session, outside.vault, connection.firm_id)
    return keys.open(connection.id, "access_token", connection.access_token)


def refused_by_shop(session: Session, outside: Outside, connection: Connection) -> Problem | None:
    """Why the shop does not take what is saved, by asking it once; `None` where it does, or no token is set."""
    token = saved_token(session, outside, connection)
    store_hash = connection.store_hash
    session.commit()
    if not token:
        return None
    try:
        new_shop(session, outside, store_hash, token).test_connection()
    except RemoteFailure as failure:
        return shop_problem(failure)
    return None


def save_connection(
    session: Session, outside: Outside, file: SaasuFile, connection: Connection | None, draft: Draft
) -> Connection:
    """Save the page. Commits. Raises `NotSaved` with a sentence for each field that is wrong."""
    faults = faults_of(session, file, connection, draft)
    if faults:
        raise NotSaved(faults)
    now = outside.now()
    if connection is None:
        connection = Connection(
            firm_id=file.firm_id, file_pk=file.id, store_hash=shop_code(draft.store_hash), created_at=now
        )
        session.add(connection)
        session.flush()
        connection.minute = minute_for(connection.id)
    else:
        # A run that records a page meanwhile comes before all of this or after it.
        session.expire(connection)
        session.refresh(connection, with_for_update=True)
    was_on = connection.enabled
    widened = set(draft.statuses) - set(connection.statuses or draft.statuses)
    keep_fields(connection, draft)
    if draft.choices is not None:
        keep_choices(connection, draft.choices)
    take_again(session, connection, widened)
    keep_secrets(session, outside, connection, draft)
    note_switch(connection, was_on, now)
    keep_schedule(session, connection, now)
    notices.choice_saved(session, outside, connection)
    session.commit()
    return connection


def faults_of(
    session: Session, file: SaasuFile, connection: Connection | None, draft: Draft
) -> dict[str, str]:
    """What is wrong with a draft, by field."""
    others = [one for one in file.connections if connection is None or one.id != connection.id]
    found = {
        "store_hash": "" if connection else fault_of_store(session, file, others, draft),
        "prefix": fault_of_prefix(others, draft.prefix),
        "access_token": fault_of_token(connection, draft),
        "notification_email": addresses.fault_of(draft.notification_email, wanted=draft.notify),
        "statuses": "Incomplete orders cannot be synced: the customer has not finished paying."
        if INCOMPLETE in draft.statuses
        else "",
    }
    faults = {field: sentence for field, sentence in found.items() if sentence}
    faults |= faults_of_choices(draft.choices) if draft.choices else {}
    if faults:
        session.rollback()
    return faults


def fault_of_prefix(others: Sequence[Connection], prefix: str) -> str:
    """A sentence when another store of the file could make the same numbers, or blank."""
    clash = next((one for one in others if prefixes_clash(one.prefix, prefix)), None)
    if clash is None:
        return ""
    return f"The store {clash.store_name or clash.store_hash} uses the prefix “{clash.prefix}”: numbers could collide."


def fault_of_store(session: Session, file: SaasuFile, others: Sequence[Connection], draft: Draft) -> str:
    """What is wrong with the Shop Code, or blank. A store that another firm syncs into this file would arrive twice."""
    try:
        code = shop_code(draft.store_hash)
    except ValueError as error:
        return str(error)
    if any(one.store_hash == code for one in others):
        return "This file already has a connection to that store."
    elsewhere = session.scalar(
        select(Connection.id)
        .join(SaasuFile, SaasuFile.id == Connection.file_pk)
        .where(
            SaasuFile.file_id == file.file_id,
            Connection.store_hash == code,
            Connection.firm_id != file.firm_id,
        )
    )
    return (
        "Another firm already syncs this store into this Saasu file; it has to stop first."
        if elsewhere
        else ""
    )


def fault_of_token(connection: Connection | None, draft: Draft) -> str:
    """What is wrong with the secrets, or blank."""
    if not draft.access_token.isascii() or not draft.client_secret.isascii():
        return "A secret holds a character that BigCommerce never gives out; copy it once more."
    if draft.enabled and not (draft.access_token or (connection and connection.access_token)):
        return "Paste the Access Token before you enable the connection."
    return ""


def prefixes_clash(one: str, other: str) -> bool:
    """Whether two prefixes of a file could make the same number: equal, or equal but for digits at the end (SYNC §3.8)."""
    if not one or not other:
        return False
    short, long = sorted((one.casefold(), other.casefold()), key=len)
    return long.startswith(short) and (long == short or long[len(short) :].isdigit())


def keep_fields(connection: Connection, draft: Draft) -> None:
    """Copy the plain fields."""
    connection.enabled = draft.enabled
    connection.client_id = draft.client_id[:200]
    connection.prefix = draft.prefix[:20]
    connection.shipping_item_id = draft.shipping_item_id
    connection.discount_item_id = draft.discount_item_id
    connection.notify = draft.notify
    connection.notification_email = ", ".join(addresses.addresses_in(draft.notification_email))
    connection.notify_when = When(draft.notify_when)
    connection.statuses = sorted(draft.statuses)


def take_again(session: Session, connection: Connection, statuses: set[int]) -> None:
    """Orders ignored for a status that is now synced are decided again (SYNC §2)."""
    if statuses:
        session.execute(
            update(Order)
            .where(
                Order.connection_id == connection.id,
                Order.state == State.IGNORED,
                Order.ignored_reason == Ignored.STATUS,
                Order.status_id.in_(statuses),
            )
            .values(
                state=State.SEEN, ignored_reason=None, document=None, look_once=False, turn=None, run_id=None
            )
            .execution_options(synchronize_session=False)
        )


def keep_secrets(session: Session, outside: Outside, connection: Connection, draft: Draft) -> None:
    """Seal the secrets that were given; a blank one keeps what is set."""
    keys = firm_vault(session, outside.vault, connection.firm_id)
    now = outside.now()
    if draft.client_secret:
        connection.client_secret = keys.seal(connection.id, "client_secret", draft.client_secret)
        connection.client_secret_set_at = now
    if draft.access_token:
        connection.access_token = keys.seal(connection.id, "access_token", draft.access_token)
        connection.access_token_set_at = now


def keep_schedule(session: Session, connection: Connection, now: datetime) -> None:
    """Orders are taken from the first enabling on; while a connection is off, only lost answers are looked up (SYNC §3.1, §3.3)."""
    if not connection.enabled:
        settle_later(session, connection, now)
        return
    if connection.start_at is None:
        connection.start_at = now
        connection.watermark = now
    if connection.next_run_at is None:
        back_again = bool(connection.off_spans)
        connection.next_run_at = now if back_again else next_slot(connection.minute, now)
    if connection.next_sweep_at is None:
        connection.next_sweep_at = quiet_moment(connection, now)


def file_items(session: Session, outside: Outside, file: SaasuFile) -> tuple[Item, ...]:
    """The file's items for the item fields, read from Saasu when there is no copy yet. Raises a `RemoteFailure`."""
    now = outside.now()
    if file.items_read_to is None or now - file.items_read_to > ITEMS_FRESH:
        items, tax_codes = mirrors.read_catalogue(books_for(session, outside, file), file.items_read_to)
        mirrors.write_catalogue(session, file, items, tax_codes, now)
        session.commit()
    return known_items(session, file)


def known_items(session: Session, file: SaasuFile) -> tuple[Item, ...]:
    """The file's active items as they were last read, by their codes."""
    found = mirrors.catalogue(session, file.id).items
    return tuple(sorted((item for item in found if item.is_active), key=lambda item: item.code.casefold()))
