"""What a preview stands on: the shop, the ledger to be read only, and the file's items and tax codes as they are now."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from portal import mirrors
from portal.ledger import SqlLedger
from portal.models.connections import Connection
from portal.models.previews import Preview
from portal.models.runs import RunKind
from portal.services.allowances import Work, affording
from portal.services.preview_rows import reading_ledger
from portal.services.remotes import Outside, books_for, firm_vault, shop_for
from portal.services.syncing import fresh_catalogue, read_parts, rules_of
from portal.sync.already import Listing, listings
from portal.sync.failures import RemoteFailure, books_problem, shop_problem
from portal.sync.ports import CatalogueToRead, Clock
from portal.sync.problems import RunStopped
from portal.sync.rules import Catalogue, Item, Rules
from portal.sync.shapes import Standing
from portal.sync.shop_port import Shop
from portal.vault import FirmVault


@dataclass(slots=True, kw_only=True)
class Basis:
    """What a preview reads from. `catalogue` learns the parts of a combo item when an order depends on them."""

    firm_id: str
    file_pk: str
    keys: FirmVault
    shop: Shop
    ledger: SqlLedger
    rules: Rules
    catalogue: Catalogue
    standing: Standing
    parts: Callable[[Item], Item]
    listings: Callable[[datetime, datetime], Iterator[Listing]]
    """What Saasu wrote since a moment, as of another; stops where the day's calls are used up."""


def basis_of(session: Session, outside: Outside, period: Preview, clock: Clock) -> Basis:
    """What a preview reads from, the file's items and tax codes as they are now.

    Raises `RunStopped`, also where the day's calls of Saasu are used up (SYNC §9).
    """
    connection = period.run.connection
    afford = affording(session, connection.file, clock, Work.PREVIEW)
    keys = firm_vault(session, outside.vault, connection.firm_id)
    ledger = reading_ledger(session, connection, period.run, clock, keys)
    rules = rules_from(connection, period.since, clock.now())
    try:
        shop = shop_for(session, outside, connection)
    except RemoteFailure as failure:
        raise RunStopped(shop_problem(failure)) from failure
    books = books_for(session, outside, connection.file)
    firm_id, file_pk = connection.firm_id, connection.file_pk
    afford()
    try:
        catalogue = current_catalogue(session, books, connection, clock)
    except RemoteFailure as failure:
        raise RunStopped(books_problem(failure)) from failure

    def affordable_parts(combo: Item) -> Item:
        afford()
        return read_parts(session, books, file_pk, combo)

    return Basis(
        firm_id=firm_id,
        file_pk=file_pk,
        keys=keys,
        shop=shop,
        ledger=ledger,
        rules=rules,
        catalogue=catalogue,
        standing=ledger.standing(),
        parts=affordable_parts,
        listings=lambda begin, now: listings(books, begin, now, afford),
    )


def rules_from(connection: Connection, since: datetime, now: datetime) -> Rules:
    """The connection's rules as they would be after *Start Processing* from this moment (SYNC §3.1, §3.3).

    It takes what was created since then, also while the connection was off.
    """
    rules = rules_of(connection, now)
    return replace(rules, start=min(rules.start, since), off=())


def current_catalogue(
    session: Session, books: CatalogueToRead, connection: Connection, clock: Clock
) -> Catalogue:
    """The file's items and tax codes brought up to date; where a run does the same at this moment, as that one leaves them."""
    try:
        return fresh_catalogue(session, books, connection, clock, RunKind.PREVIEW)
    except (IntegrityError, StaleDataError):
        session.rollback()
        found = mirrors.catalogue(session, connection.file_pk)
        session.commit()
        return found
