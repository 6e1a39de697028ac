"""One order in the contract tests of the ledgers: the page that brings it, what is sent, and what becomes of it."""

from collections.abc import Sequence
from datetime import timedelta

from portal.sync.ports import Intent, Ledger, OrderRecord, Outcome, Reading, State, Waiting
from portal.sync.problems import Ignored, item_not_found
from portal.sync.sale_orders import PostedOrder
from tests.factories import NOON
from tests.posted_orders import BRIDGE, seen

A_MOMENT = timedelta(microseconds=1)
LATER = NOON + timedelta(minutes=1)
BEGUN = Reading(watermark=NOON)
WINDOW = Reading(watermark=NOON, until=LATER, cursor=101)
MARK = "BC-jamtin-100"
INTENT = Intent(number="JT100", marker=MARK, fingerprint="f", sent_at=NOON, bridge=BRIDGE)
LEFT_OUT = Outcome(state=State.IGNORED, ignored=Ignored.STATUS)
MISSING = Outcome(state=State.FAILED, problems=(item_not_found(100, "sh-hat"),))
SALE = PostedOrder(invoice_id=9100, number="JT100")
POSTED = Outcome(state=State.POSTED, posted=SALE)


def known(ledger: Ledger, number: int = 100) -> OrderRecord:
    return ledger.known([number])[number]


def recorded(ledger: Ledger, *numbers: int) -> OrderRecord:
    """The record of the first of these orders, which one page brought."""
    ledger.record_page([seen(number) for number in numbers or (100,)], BEGUN)
    return known(ledger, numbers[0] if numbers else 100)


def ids(found: Sequence[Waiting]) -> list[int]:
    return [one.order_id for one in found]
