"""Previewed orders as rows keep them, and the ledger as a preview reads it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.database import new_id
from portal.ledger import SqlLedger
from portal.ledger.rows import bridge_rows, problem_rows
from portal.models.connections import Connection
from portal.models.previews import PreviewedOrder
from portal.models.runs import Run
from portal.services.remotes import seal_for
from portal.sync.bridge import line_total
from portal.sync.contacts import ByEmail, Search
from portal.sync.ports import Clock
from portal.sync.previewing import Previewed, Tally, Verdict
from portal.sync.problems import Code, Ignored, Problem
from portal.sync.sale_orders import SaleOrder
from portal.vault import FirmVault

NO_FENCE = -1
Codes = Mapping[int, str]
"""The codes of the file's items by their ids."""


def reading_ledger(
    session: Session, connection: Connection, run: Run, clock: Clock, keys: FirmVault
) -> SqlLedger:
    """The ledger of a connection to be read only: under this fence every write is refused."""
    return SqlLedger(session, connection, run, NO_FENCE, clock, seal_for(keys))


def previewed_row(one: Previewed, firm_id: str, run_id: str, keys: FirmVault, codes: Codes) -> PreviewedOrder:
    """A previewed order as it is kept; its sale is sealed, since the customer's own words stand in it."""
    row_id, tally = new_id(), one.tally
    sale = json.dumps(sale_fields(one.sale, codes)) if one.sale else ""
    return PreviewedOrder(
        id=row_id,
        firm_id=firm_id,
        run_id=run_id,
        order_id=tally.order_id,
        order_created_at=tally.created_at,
        status=one.status[:100],
        currency=tally.currency[:10],
        total=tally.total,
        books_total=tally.books_total,
        verdict=tally.verdict,
        ignored_reason=tally.ignored,
        problems=problem_rows(tally.problems),
        notes=list(one.notes),
        bridge=bridge_rows(one.bridge) if one.bridge else [],
        sale=keys.seal(row_id, "sale", sale) if sale else None,
        sought=[(contact_digest(contact.search, keys), contact.calls) for contact in one.sought],
    )


def contact_digest(search: Search, keys: FirmVault) -> str:
    """A keyed digest of whom a contact is looked up by, so that nobody reads it and equal ones count once."""
    if isinstance(search, ByEmail):
        return keys.digest(f"email {search.email.strip()}")
    return keys.digest(f"name {search.given_name.strip()} {search.family_name.strip()}")


def sale_fields(sale: SaleOrder, codes: Codes) -> dict[str, Any]:
    """A sale order as a page shows it: the header and its lines with what Saasu makes of each; amounts as text."""
    lines = [
        {
            "description": line.description,
            "item": codes.get(line.item_id, str(line.item_id)),
            "quantity": str(line.quantity),
            "price": str(line.unit_price),
            "discount": str(line.percentage_discount),
            "tax_code": line.tax_code or "",
            "amount": str(line_total(line)),
        }
        for line in sale.lines
    ]
    return {
        "number": sale.number,
        "marker": sale.marker,
        "on": sale.on.isoformat(),
        "summary": sale.summary,
        "notes": sale.notes,
        "lines": lines,
    }


def opened_sale(row: PreviewedOrder, keys: FirmVault) -> dict[str, Any]:
    """The sale order of a kept preview; empty where it has none."""
    if row.sale is None:
        return {}
    fields: dict[str, Any] = json.loads(keys.open(row.id, "sale", row.sale))
    return fields


def tallies(session: Session, run_id: str) -> list[Tally]:
    """Every previewed order of a preview as far as it is counted, in ascending id."""
    rows = session.execute(
        select(
            PreviewedOrder.order_id,
            PreviewedOrder.verdict,
            PreviewedOrder.order_created_at,
            PreviewedOrder.total,
            PreviewedOrder.currency,
            PreviewedOrder.ignored_reason,
            PreviewedOrder.problems,
            PreviewedOrder.books_total,
        )
        .where(PreviewedOrder.run_id == run_id)
        .order_by(PreviewedOrder.order_id)
    )
    return [
        Tally(
            order_id=row.order_id,
            verdict=Verdict(row.verdict),
            created_at=row.order_created_at,
            total=row.total,
            currency=row.currency,
            ignored=Ignored(row.ignored_reason) if row.ignored_reason else None,
            problems=kept_problems(row.problems),
            books_total=row.books_total,
        )
        for row in rows
    ]


def kept_problems(rows: Iterable[dict[str, str]]) -> tuple[Problem, ...]:
    """Problems as they were before they were kept."""
    return tuple(Problem(Code(row["code"]), row["sentence"], row["subject"]) for row in rows)
