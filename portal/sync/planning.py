"""What to do with an order the shop shows: take it, ignore it with a reason, or leave its record as it is (SYNC §2, §3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.sync.orders import ShopOrder
from portal.sync.ports import OrderRecord, State
from portal.sync.problems import Code, Ignored, Problem, about_order
from portal.sync.rules import INCOMPLETE, Rules

FINISHED = frozenset({State.POSTED, State.EXISTS})
UNSETTLED = frozenset({State.SENDING, State.UNKNOWN})
NOT_THERE = frozenset(State) - FINISHED - UNSETTLED
"""What Saasu does not have, as far as the ledger knows."""
LOOKED_AT_ONCE = frozenset({13, 14})
"""Disputed and Partially Refunded: sales that were made and then questioned before we ever took them (SYNC §3.4)."""
REFUSAL_WAITS = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
SETTLE_WITH_NUMBER = timedelta(seconds=120)
SETTLE_WITHOUT_NUMBER = timedelta(hours=1)
SURE_AFTER = SETTLE_WITHOUT_NUMBER
"""After this an absence is certain, whether the number protects the order or not."""
LONGEST_INTENT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Take:
    """Record it as `seen` and map it."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """Record it as `ignored`, for this reason; `look_once` when a person should see it once."""

    reason: Ignored
    look_once: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the record as it is; `changed` when the shop shows another order than the record knows."""

    changed: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """Leave the record in its state, and add this problem to it."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Reject:
    """Record it as `failed`, with this problem."""

    problem: Problem


Decision = Take | Ignore | Leave | Mark | Reject


def decide(order: ShopOrder, rules: Rules, record: OrderRecord | None) -> Decision:
    """Decide about one order of a page, given the ledger's record of it if there is one."""
    if record is None:
        return by_rules(order, rules, None)
    if is_another(order, record):
        return about_another(order, record)
    changed = differs(order, record)
    if record.state in FINISHED or record.state in UNSETTLED or stays_ignored(record):
        return Leave(changed)
    if not changed and not (record.state is State.IGNORED and reason_to_ignore(order, rules) is None):
        return Leave(changed=False)
    return by_rules(order, rules, record)


def by_rules(order: ShopOrder, rules: Rules, record: OrderRecord | None) -> Decision:
    """What a connection's rules say of an order, whatever became of it before."""
    nonsense = nonsense_of(order, rules)
    if nonsense:
        return Reject(about_order(Code.ORDER_UNREADABLE, order.id, nonsense))
    reason = reason_to_ignore(order, rules, released=record is not None and still_released(order, record))
    return Take() if reason is None else Ignore(reason, wants_a_look(order, rules, record, reason))


def nonsense_of(order: ShopOrder, rules: Rules) -> str:
    """What cannot be meant of an order that could be read, in words; blank where nothing speaks against it."""
    if not order.currency.strip():
        return "the shop does not say in what currency it was paid"
    if order.created_at > rules.latest:
        return f"its date, {order.created_at.astimezone(rules.zone):%d/%m/%Y}, lies in the future"
    return ""


def still_released(order: ShopOrder, record: OrderRecord) -> bool:
    """Whether a person's *Take* still holds: it was said of the order as it then stood, not of one cancelled or archived since."""
    return record.release and (order.status_id, order.is_deleted) == (record.status_id, record.is_deleted)


def differs(order: ShopOrder, record: OrderRecord) -> bool:
    """Whether the shop shows anything of an order otherwise than its record knows it (SYNC §3.2)."""
    shown = (order.modified_at, order.status_id, order.total.inc_tax, order.is_deleted)
    return shown != (record.modified_at, record.status_id, record.total, record.is_deleted)


def is_another(order: ShopOrder, record: OrderRecord) -> bool:
    """Whether this is another order under a number that was recorded before (SYNC §3.6).

    Until a checkout is finished there is no sale whose date could be told from another; and of an order that could not be
    read the date was never known.
    """
    unfinished = record.state is State.IGNORED and record.status_id == INCOMPLETE
    if unfinished or Code.ORDER_UNREADABLE in record.codes:
        return False
    return order.created_at != record.created_at


def about_another(order: ShopOrder, record: OrderRecord) -> Decision:
    """Say once that the number was used again; what Saasu has, or may have, stays what it is, and so do the figures of its row."""
    if Code.ORDER_ID_REUSED in record.codes:
        return Leave(changed=False)
    words = f"the shop created another order under this number on {order.created_at:%d/%m/%Y}"
    problem = about_order(Code.ORDER_ID_REUSED, order.id, words)
    return Mark(problem) if record.state in FINISHED | UNSETTLED else Reject(problem)


def stays_ignored(record: OrderRecord) -> bool:
    """Whether only a person takes this order: somebody said no, or it came while the connection was off (SYNC §3.1)."""
    by_choice = record.ignored in {Ignored.BY_PERSON, Ignored.WHILE_OFF}
    return record.state is State.IGNORED and by_choice and not record.release


def reason_to_ignore(order: ShopOrder, rules: Rules, *, released: bool = False) -> Ignored | None:
    """The first rule that says no, or `None`. A person's release lifts all but the currency (SYNC §3.1 to §3.6)."""
    if order.currency.strip().upper() != rules.expected_currency:
        return Ignored.CURRENCY
    if released:
        return None
    if order.is_deleted:
        return Ignored.DELETED
    if order.status_id not in rules.statuses - {INCOMPLETE}:
        return Ignored.STATUS
    if order.created_at < rules.start:
        return Ignored.BEFORE_START
    return Ignored.WHILE_OFF if came_while_off(order, rules) else None


def came_while_off(order: ShopOrder, rules: Rules) -> bool:
    """Whether the order was created or changed while the connection was switched off (SYNC §3.1)."""
    return any(span.holds(order.created_at) or span.holds(order.modified_at) for span in rules.off)


def wants_a_look(order: ShopOrder, rules: Rules, record: OrderRecord | None, reason: Ignored) -> bool:
    """Whether an order that is being ignored is to be shown to a person, once (SYNC §3.1, §3.3, §3.4)."""
    before = record.ignored if record is not None and record.state is State.IGNORED else None
    if reason is Ignored.WHILE_OFF:
        return before is not Ignored.WHILE_OFF
    if reason is Ignored.BEFORE_START:
        known = record is not None and before is Ignored.BEFORE_START and record.modified_at >= rules.start
        return order.modified_at >= rules.start and not known
    if reason is Ignored.STATUS and order.status_id in LOOKED_AT_ONCE and order.created_at >= rules.start:
        return not (record is not None and before is Ignored.STATUS and record.status_id in LOOKED_AT_ONCE)
    return False


def settle_time(number_is_ours: bool) -> timedelta:
    """How long after a lost answer an absence in Saasu means absent (SYNC §7.5)."""
    return SETTLE_WITH_NUMBER if number_is_ours else SETTLE_WITHOUT_NUMBER


def next_try(refusals: int, now: datetime) -> datetime:
    """When an order Saasu refused `refusals` times before is sent again: after 1, 4 and then every 24 hours (SYNC §2)."""
    return now + REFUSAL_WAITS[min(refusals, len(REFUSAL_WAITS) - 1)]
