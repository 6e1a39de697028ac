"""What is to be recorded of one order of a page: what was decided of it, as an entry for the ledger (SYNC §2, §3)."""

from portal.sync.orders import ShopOrder, UnreadableOrder
from portal.sync.planning import FINISHED, UNSETTLED, Ignore, Leave, Mark, Reject, Take, decide
from portal.sync.ports import OrderRecord, Outcome, Recorded, State
from portal.sync.problems import Code, about_order
from portal.sync.rules import Rules


def unreadable_entry(broken: UnreadableOrder, record: OrderRecord | None) -> Recorded:
    """An order that cannot be read fails with that; one that Saasu has or may have, or that failed so before, stays."""
    if record is not None and (
        record.state in FINISHED | UNSETTLED or (record.state is State.FAILED and is_known_so(broken, record))
    ):
        return Recorded(order=None, order_id=broken.id, outcome=None, known=record)
    words = f"the shop's data could not be read: {broken.reason}"
    problem = about_order(Code.ORDER_UNREADABLE, broken.id, words)
    outcome = Outcome(state=State.FAILED, problems=(problem,))
    return Recorded(
        order=None, order_id=broken.id, outcome=outcome, modified_at=broken.modified_at, known=record
    )


def is_known_so(broken: UnreadableOrder, record: OrderRecord) -> bool:
    """Whether the record says already that the order cannot be read, and it did not change since."""
    same = broken.modified_at is None or broken.modified_at == record.modified_at
    return same and Code.ORDER_UNREADABLE in record.codes


def entry_for(rules: Rules, order: ShopOrder, record: OrderRecord | None) -> Recorded:
    """Decide about one order of a page."""
    match decide(order, rules, record):
        case Ignore(reason, look_once):
            outcome = Outcome(state=State.IGNORED, ignored=reason, look_once=look_once)
            return Recorded(order=order, order_id=order.id, outcome=outcome)
        case Reject(problem):
            outcome = Outcome(state=State.FAILED, problems=(problem,))
            return Recorded(order=order, order_id=order.id, outcome=outcome)
        case Mark(problem):
            return Recorded(order=None, order_id=order.id, outcome=None, mark=problem)
        case Leave(changed):
            return Recorded(order=order if changed else None, order_id=order.id, outcome=None)
        case Take() | _:
            return Recorded(order=order, order_id=order.id, outcome=Outcome(state=State.SEEN))
