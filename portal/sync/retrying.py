"""One order, because a person asked for it: it is read afresh, decided and posted, and no other is touched (SYNC §2, §7)."""

from functools import partial

from portal.sync.engine import post_each, settle_each, whole_or_failed
from portal.sync.failures import RemoteFailure, shop_problem
from portal.sync.orders import OrderPage
from portal.sync.outfit import Sync
from portal.sync.ports import OrderMoved, OrderRecord, State
from portal.sync.problems import RunStopped
from portal.sync.reading import page_entries, write_page

NOT_SENT = frozenset({State.SEEN, State.FAILED})


def run_one(sync: Sync, order_id: int) -> None:
    """Carry out a run about one order. Raises `RunStopped`, `LeaseLost` or `StopAsked`; whatever was done before is recorded.

    Where its answer was lost it is looked up first, and sent again only if Saasu does not have it. What Saasu has already is looked
    for as before every post (SYNC §7.7).
    """
    sync.ledger.expect(1)
    settle_each(sync, [record for record in sync.ledger.unsettled() if record.order_id == order_id])
    record = sync.ledger.known([order_id]).get(order_id)
    if record is not None and record.state in NOT_SENT:
        read_one(sync, record)
    now = sync.clock.now()
    records = sync.ledger.taken_up([order_id], now)
    if records and sync.looker.look(records[0].created_at):
        records = sync.ledger.taken_up([order_id], now)
    if records:
        post_each(sync, records)


def read_one(sync: Sync, record: OrderRecord) -> None:
    """Record what the shop shows of one order now, as if it stood alone on a page; the reading stays where it is."""
    sync.ledger.heartbeat()
    try:
        found = sync.shop.one(record.order_id)
        complete = whole_or_failed(sync, record, found)
        if complete is None:
            return
        page = OrderPage(orders=(complete.order,), complete={complete.order.id: complete})
        entries = page_entries(sync, page)
    except OrderMoved:
        # A person decided about it while the shop was asked, and that stands.
        return
    except RemoteFailure as failure:
        raise RunStopped(shop_problem(failure)) from failure
    write_page(sync, page, entries, partial(sync.ledger.record_page, reading=sync.ledger.reading()))
