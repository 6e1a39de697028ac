"""What to do with an order the shop shows: take it, ignore it with a reason, or leave its record as it is (SYNC §2, §3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.sync.orders import ShopOrder
from portal.sync.ports import OrderRecord, State
from portal.sync.problems import Code, Ignored, Problem, about_order
from portal.sync.rules import Rules

FINISHED = frozenset({State.POSTED, State.EXISTS})
UNSETTLED = frozenset({State.SENDING, State.UNKNOWN})
REFUSAL_WAITS = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
SETTLE_WITH_NUMBER = timedelta(seconds=120)
SETTLE_WITHOUT_NUMBER = timedelta(hours=1)
LONGEST_INTENT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Take:
    """Record it as `seen` and map it."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """Record it as `ignored`, for this reason."""

    reason: Ignored


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the record as it is; `changed` when the shop shows a newer order than the record knows."""

    changed: bool


@dataclass(frozen=True, slots=True)
class Reject:
    """Record it as `failed`, with this problem."""

    problem: Problem


Decision = Take | Ignore | Leave | Reject


def decide(order: ShopOrder, rules: Rules, record: OrderRecord | None) -> Decision:
    """Decide about one order of a page, given the ledger's record of it if there is one."""
    if record is not None:
        changed = order.modified_at != record.modified_at
        if record.state in FINISHED or record.state in UNSETTLED or stays_ignored(record):
            return Leave(changed)
        if not changed and not (record.state is State.IGNORED and reason_to_ignore(order, rules) is None):
            return Leave(changed=False)
        if order.created_at != record.created_at:
            words = f"the shop created another order under this number on {order.created_at:%d/%m/%Y}"
            return Reject(about_order(Code.ORDER_ID_REUSED, order.id, words))
    reason = reason_to_ignore(order, rules, released=record is not None and record.release)
    return Take() if reason is None else Ignore(reason)


def stays_ignored(record: OrderRecord) -> bool:
    """Whether only a person takes this order: somebody said no, or it came while the connection was off (SYNC §3.1)."""
    by_choice = record.ignored in {Ignored.BY_PERSON, Ignored.WHILE_OFF}
    return record.state is State.IGNORED and by_choice and not record.release


def reason_to_ignore(order: ShopOrder, rules: Rules, *, released: bool = False) -> Ignored | None:
    """The first rule that says no, or `None`. A person's release lifts all but the currency (SYNC §3.3 to §3.6)."""
    if order.currency.strip().upper() != rules.expected_currency:
        return Ignored.CURRENCY
    if released:
        return None
    if order.is_deleted:
        return Ignored.DELETED
    if order.status_id not in rules.statuses:
        return Ignored.STATUS
    if order.created_at < rules.start:
        return Ignored.BEFORE_START
    return None


def settle_time(number_is_ours: bool) -> timedelta:
    """How long after a lost answer an absence in Saasu means absent (SYNC §7.5)."""
    return SETTLE_WITH_NUMBER if number_is_ours else SETTLE_WITHOUT_NUMBER


def next_try(refusals: int, now: datetime) -> datetime:
    """When an order Saasu refused `refusals` times before is sent again: after 1, 4 and then every 24 hours (SYNC §2)."""
    return now + REFUSAL_WAITS[min(refusals, len(REFUSAL_WAITS) - 1)]
