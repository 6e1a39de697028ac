"""One shop order becomes one Saasu sale order, or the problems that stand against it (SYNC §5)."""

from dataclasses import dataclass
from datetime import date

from portal.sync.bridge import Bridge
from portal.sync.orders import CompleteOrder
from portal.sync.problems import Problem
from portal.sync.rules import Catalogue, Rules
from portal.sync.sale_orders import SaleLine, SaleOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """Everything of a sale order but its contacts. `notes` are for the order's page, `notes_external` for the sale."""

    lines: tuple[SaleLine, ...]
    bridge: Bridge
    on: date
    number: str
    marker: str
    summary: str
    notes: tuple[str, ...] = ()
    notes_external: str = ""


def map_order(complete: CompleteOrder, rules: Rules, catalogue: Catalogue) -> Mapped | tuple[Problem, ...]:
    """Map a complete order; all its problems together where there are any."""
    raise AssertionError((complete, rules, catalogue))


def sale_order(
    mapped: Mapped,
    billing_contact_id: int | None,
    shipping_contact_id: int | None,
    delivery_note: str = "",
) -> SaleOrder:
    """The sale order as it is sent, once its contacts are known."""
    return SaleOrder(
        number=mapped.number,
        marker=mapped.marker,
        on=mapped.on,
        summary=mapped.summary,
        lines=mapped.lines,
        notes="\n".join(filter(None, (mapped.notes_external, delivery_note))),
        billing_contact_id=billing_contact_id,
        shipping_contact_id=shipping_contact_id,
    )
