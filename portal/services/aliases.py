"""Other names of a file's items: what the shop sells as one SKU, Saasu knows under another code (SYNC §5 Lines)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer, joinedload

from portal import mirrors
from portal.models.connections import Connection, ItemAlias, SaasuFile
from portal.models.orders import Order
from portal.models.runs import Run, RunKind
from portal.money import ZERO
from portal.services.runs import Ring, request_run
from portal.services.selection import change
from portal.sync.items import Shelf, bare, why_unusable
from portal.sync.likeness import Likely, likely_item
from portal.sync.ports import State
from portal.sync.problems import Code
from portal.sync.rules import Item

LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A SKU that no item of the file has: the item it most likely means, and the orders that wait for it with their dollars.

    `named` is the code of the item that somebody named for it already; the next run decides about those orders again. `there` is the
    code of the item that the file has for it by now: it needs no name.
    """

    sku: str
    likely: Likely | None
    waiting: int
    dollars: Decimal
    named: str = ""
    there: str = ""

    @property
    def likely_to_name(self) -> Likely | None:
        """The likely item where naming it is what helps."""
        return None if self.named or self.there else self.likely


class NotNamed(Exception):
    """An alias that cannot be kept; the message says why."""


def alias_of(session: Session, file: SaasuFile, alias_id: str) -> ItemAlias | None:
    """One of a file's aliases, or `None`."""
    return session.scalar(
        select(ItemAlias).where(
            ItemAlias.firm_id == file.firm_id, ItemAlias.file_pk == file.id, ItemAlias.id == alias_id
        )
    )


def items_by_code(session: Session, file: SaasuFile) -> dict[str, Item]:
    """The file's items as last read, by code."""
    return {item.code: item for item in mirrors.catalogue(session, file.id).items}


def missing_items(session: Session, order: Order) -> tuple[Missing, ...]:
    """The SKUs for which an order waits, each once, with the likely item of the file."""
    skus = dict.fromkeys(
        one["subject"] for one in order.problems if one["code"] == Code.ITEM_NOT_FOUND and one["subject"]
    )
    if not skus or order.state != State.FAILED:
        return ()
    return missing_among(session, order.connection.file, skus)


def missing_in(session: Session, file: SaasuFile) -> tuple[Missing, ...]:
    """Every SKU for which orders of a file wait, those of most orders first."""
    skus: dict[str, str] = {}
    for order in waiting_orders(session, file):
        for problem in order.problems:
            if problem["code"] == Code.ITEM_NOT_FOUND and problem["subject"]:
                skus.setdefault(bare(problem["subject"]), problem["subject"])
    found = missing_among(session, file, skus.values())
    return tuple(sorted(found, key=lambda one: (-one.waiting, bare(one.sku))))


def missing_among(session: Session, file: SaasuFile, skus: Iterable[str]) -> tuple[Missing, ...]:
    """What is known of some missing SKUs."""
    items = mirrors.catalogue(session, file.id).items
    usable = {item.code for item in items if not why_unusable(item)}
    named = {bare(one.sku): one.item_code for one in file.aliases if one.item_code in usable}
    there = items_there(file, items, skus := list(skus))
    waiting = waiting_orders(session, file)
    found = [(sku, waiting_for(sku, waiting)) for sku in skus]
    return tuple(
        Missing(
            sku=sku,
            likely=likely_item(sku, items),
            waiting=len(orders),
            dollars=sum((one.total for one in orders), ZERO),
            named=named.get(bare(sku), ""),
            there=there.get(sku, ""),
        )
        for sku, orders in found
    )


def items_there(file: SaasuFile, items: Sequence[Item], skus: Iterable[str]) -> dict[str, str]:
    """The codes of the items that the file has by now for some SKUs without a name, by SKU."""
    aliased = {bare(one.sku) for one in file.aliases}
    shelf = Shelf.of(tuple(items))
    found = {sku: shelf.coded(sku) for sku in skus if bare(sku) not in aliased}
    return {sku: item.code for sku, item in found.items() if item is not None and not why_unusable(item)}


def waiting_orders(session: Session, file: SaasuFile) -> Sequence[Order]:
    """The orders of a file that failed for an item that is not there, whichever connection they came by."""
    found = session.scalars(
        select(Order)
        .join(Connection, Connection.id == Order.connection_id)
        .where(Order.firm_id == file.firm_id, Connection.file_pk == file.id, Order.state == State.FAILED)
        .order_by(Order.order_id)
        .options(defer(Order.document), joinedload(Order.connection))
    )
    return [one for one in found if any(problem["code"] == Code.ITEM_NOT_FOUND for problem in one.problems)]


def waiting_for(sku: str, orders: Iterable[Order]) -> list[Order]:
    """Those of some orders that wait for one SKU; case and outer blanks do not count."""
    return [
        one
        for one in orders
        if any(
            problem["code"] == Code.ITEM_NOT_FOUND and bare(problem["subject"]) == bare(sku)
            for problem in one.problems
        )
    ]


def name_item(
    session: Session, file: SaasuFile, sku: str, item_code: str, actor: str, now: datetime, ring: Ring
) -> tuple[int, list[Run]]:
    """Take a SKU of the shop as an item of the file from now on, and decide again about every order that waits for it.

    Commits; how many orders are decided again, and the runs that do it. Orders of a paused connection wait until it goes on.
    Raises `NotNamed` for a SKU or an item that cannot be meant.
    """
    sku, item = sku.strip(), items_by_code(session, file).get(item_code)
    if not sku or len(sku) > LONGEST:
        raise NotNamed(f"Give the SKU as the shop has it, {LONGEST} characters at most.")
    if item is None:
        raise NotNamed("Choose an item of the file. One that was just made in Saasu is here a minute later.")
    if why_unusable(item):
        raise NotNamed(f"{item.code} is {why_unusable(item)} in Saasu, so it cannot stand on a sale.")
    keep_alias(file, sku, item, actor, now)
    return retry_waiting(session, file, sku, f"{sku} is the item {item.code} from now on.", actor, now, ring)


def retry_waiting(
    session: Session, file: SaasuFile, sku: str, note: str, actor: str, now: datetime, ring: Ring
) -> tuple[int, list[Run]]:
    """Decide again about every order of the file that waits for a SKU, as `name_item` does. Commits."""
    waiting = waiting_for(sku, waiting_orders(session, file))
    connections = {one.connection_id: one.connection for one in waiting if one.connection.enabled}
    for connection in connections.values():
        decide_again(session, connection, waiting, note, actor, now)
    session.commit()
    runs = [request_run(session, one, RunKind.RETRY, actor, now, ring) for one in connections.values()]
    return sum(one.connection_id in connections for one in waiting), runs


def keep_alias(file: SaasuFile, sku: str, item: Item, actor: str, now: datetime) -> ItemAlias:
    """Write an alias in place of the one a SKU has; the caller commits."""
    found = next((one for one in file.aliases if bare(one.sku) == bare(sku)), None)
    if found is None:
        found = ItemAlias(firm_id=file.firm_id, file_pk=file.id, sku=sku)
        file.aliases.append(found)
    found.item_code = item.code
    found.created_at = now
    found.created_by = actor[:200]
    return found


def decide_again(
    session: Session, connection: Connection, waiting: Sequence[Order], note: str, actor: str, now: datetime
) -> None:
    """Let the next run decide about the waiting orders of one connection; the caller commits."""
    ids = [one.id for one in waiting if one.connection_id == connection.id]
    again: dict[str, Any] = {"retry_at": None, "refusals": 0, "asked": True, "flood_at": None, "run_id": None}
    mine = (Order.id.in_(ids), Order.state == State.FAILED)
    change(session, connection, (*mine, Order.document.is_not(None)), again, actor, now, note)
    # What was not kept is read afresh.
    afresh = again | {"state": State.SEEN, "turn": None}
    change(session, connection, (*mine, Order.document.is_(None)), afresh, actor, now, note)


def forget_alias(session: Session, file: SaasuFile, alias: ItemAlias) -> None:
    """Take an alias away; what was posted under it stays as it is. Commits."""
    file.aliases.remove(alias)
    session.commit()
