"""Orders that a run posted, over the SQL ledger: how they get there, and how their rows look afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.ledger import Seal, SqlLedger
from portal.models.connections import Connection
from portal.models.orders import Attempt, Order
from portal.sync.bridge import Bridge, Span
from portal.sync.orders import Address, ShopOrder, Taxed
from portal.sync.ports import Intent, OrderRecord, Outcome, Reading, Recorded, State
from portal.sync.problems import Code, about_order
from portal.sync.sale_orders import InvoiceSummary, PostedOrder
from tests.factories import NOON

SEAL = Seal(
    seal=lambda record, field, text: f"{record}|{field}|{text}".encode()[::-1],
    open=lambda _record, _field, sealed: sealed[::-1].decode().split("|", 2)[2],
)


def shop_order(number: int, minutes: int = 0, status: int = 11) -> ShopOrder:
    amount = Taxed(ex_tax=Decimal("10.0000"), inc_tax=Decimal("11.0000"), tax=Decimal("1.0000"))
    nothing = Taxed()
    return ShopOrder(
        id=number, created_at=NOON, modified_at=NOON + timedelta(minutes=minutes), status_id=status,
        status="Awaiting Fulfillment", currency="AUD", subtotal=amount, shipping=nothing, handling=nothing,
        wrapping=nothing, total=amount, billing=Address(email="pat@example.com"),
    )  # fmt: skip


def seen(number: int) -> Recorded:
    return Recorded(
        order=shop_order(number),
        order_id=number,
        outcome=Outcome(state=State.SEEN),
        document=f"order {number}",
    )


def judged(ledger: SqlLedger, entry: Recorded) -> Recorded:
    """An entry that was judged by the record there is of its order."""
    return replace(entry, known=ledger.known([entry.order_id]).get(entry.order_id))


def due(ledger: SqlLedger, now: datetime = NOON) -> list[OrderRecord]:
    """The records of the orders that are due, as a run takes them up."""
    return ledger.taken_up([one.order_id for one in ledger.due(now)], now)


BRIDGE = Bridge(
    spans=(
        Span(name="Total", shop=Decimal("11.00"), books=Decimal("11.00")),
        Span(name="GST", shop=Decimal("1.00"), books=Decimal("1.00")),
    )
)
DIFFERS = about_order(Code.POSTED_TOTAL_DIFFERS, 100, "Saasu shows $10.99 for JT100; it should be $11.00")
Build = Callable[[Connection], SqlLedger]


def row_of(record: OrderRecord, total: str = "11.00", tax: str | None = "1.00") -> InvoiceSummary:
    return InvoiceSummary(
        invoice_id=9000 + record.order_id,
        number=record.number,
        purchase_order_number="",
        invoice_type="Sale Order",
        total=Decimal(total),
        tax=None if tax is None else Decimal(tax),
        modified_at=NOON,
    )


def posted(ledger: SqlLedger, number: int = 100) -> OrderRecord:
    ledger.record_page([seen(number)], Reading(watermark=NOON))
    (record,) = [one for one in due(ledger) if one.order_id == number]
    intent = Intent(number=f"JT{number}", marker="m", fingerprint="f", sent_at=NOON, bridge=BRIDGE)
    sent = ledger.sending(record, intent)
    answer = PostedOrder(invoice_id=9000 + number, number=f"JT{number}")
    ledger.settle(sent, Outcome(state=State.POSTED, posted=answer))
    return ledger.known([number])[number]


def stored(session: Session, number: int = 100) -> Order:
    row = session.scalars(select(Order).where(Order.order_id == number)).one()
    session.refresh(row)
    return row


def attempts(session: Session) -> list[Attempt]:
    return list(session.scalars(select(Attempt).order_by(Attempt.id)))
