"""What a preview stands on: the shop, the ledger to be read only, and the file's items and tax codes as they are now."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from portal import mirrors
from portal.ledger import SqlLedger
from portal.models.connections import Connection
from portal.models.previews import Preview
from portal.services.preview_rows import reading_ledger
from portal.services.remotes import Outside, books_for, firm_vault, shop_for
from portal.services.syncing import fresh_catalogue, read_parts, rules_of
from portal.sync.failures import RemoteFailure, books_problem, shop_problem
from portal.sync.ports import CatalogueToRead, Clock, SalesToRead
from portal.sync.previewing import SalesThere
from portal.sync.problems import RunStopped
from portal.sync.rules import Catalogue, Item, Rules
from portal.sync.settling import AHEAD, MARGIN
from portal.sync.shapes import Standing
from portal.sync.shop_port import Shop
from portal.vault import FirmVault

MOST_SALES = 10_000
"""Sales of a file that a preview compares its orders with: a hundred calls."""


@dataclass(slots=True, kw_only=True)
class Basis:
    """What a preview reads from. `catalogue` learns the parts of a combo item when an order depends on them."""

    firm_id: str
    keys: FirmVault
    shop: Shop
    ledger: SqlLedger
    rules: Rules
    catalogue: Catalogue
    standing: Standing
    parts: Callable[[Item], Item]
    list_sales: Callable[[], SalesThere]
    sales: SalesThere | None = None

    def sales_there(self) -> SalesThere:
        """What Saasu has already, listed when first asked for. Raises a `RemoteFailure`."""
        if self.sales is None:
            self.sales = self.list_sales()
        return self.sales


def basis_of(session: Session, outside: Outside, period: Preview, clock: Clock) -> Basis:
    """What a preview reads from, the file's items and tax codes as they are now. Raises `RunStopped`."""
    connection = period.run.connection
    keys = firm_vault(session, outside.vault, connection.firm_id)
    ledger = reading_ledger(session, connection, period.run, clock, keys)
    rules = rules_from(connection, period.since, clock.now())
    try:
        shop = shop_for(session, outside, connection)
    except RemoteFailure as failure:
        raise RunStopped(shop_problem(failure)) from failure
    books = books_for(session, outside, connection.file)
    firm_id, file_pk, since = connection.firm_id, connection.file_pk, period.since
    try:
        catalogue = current_catalogue(session, books, connection, clock)
    except RemoteFailure as failure:
        raise RunStopped(books_problem(failure)) from failure
    return Basis(
        firm_id=firm_id,
        keys=keys,
        shop=shop,
        ledger=ledger,
        rules=rules,
        catalogue=catalogue,
        standing=ledger.standing(),
        parts=lambda combo: read_parts(session, books, file_pk, combo),
        list_sales=lambda: sales_since(books, since, clock.now()),
    )


def sales_since(books: SalesToRead, since: datetime, now: datetime) -> SalesThere:
    """The sales that Saasu wrote or changed since a moment: no order's sale is older than the order (SYNC §7.7)."""
    return SalesThere.of(books.invoices_modified(since=since - MARGIN, until=now + AHEAD), MOST_SALES)


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
        return fresh_catalogue(session, books, connection, clock)
    except (IntegrityError, StaleDataError):
        session.rollback()
        found = mirrors.catalogue(session, connection.file_pk)
        session.commit()
        return found
