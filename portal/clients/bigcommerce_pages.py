"""One page of the order list: rows in order, each once, within the window, and what came with them; pure (SYNC §3.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from portal.clients.bigcommerce_payloads import included, read_order
from portal.clients.rows import Nonsense
from portal.sync.failures import Unreachable
from portal.sync.orders import CompleteOrder, OrderPage, ShopOrder, UnreadableOrder


class Garbled(Unreachable):
    """An answer that is no JSON and no web page: what was asked for may itself be spoilt. `text` is the answer."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__("BigCommerce sent something else instead of data.", status=status)
        self.text = text


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of a page, as it came and as it was read."""

    value: object
    order: ShopOrder | UnreadableOrder

    @classmethod
    def of(cls, value: object) -> "Listed":
        """A row read."""
        return cls(value, read_order(value))

    @classmethod
    def spoilt(cls, order_id: int) -> "Listed":
        """A row whose text is no JSON, neither in the list nor by itself."""
        return cls({}, UnreadableOrder(id=order_id, reason="what the shop sends for it is no JSON"))

    def is_within(self, start: datetime, end: datetime, dated: Callable[[ShopOrder], datetime]) -> bool:
        """Whether the row belongs to the window; one that cannot be read does, so that it is not lost."""
        return isinstance(self.order, UnreadableOrder) or start <= dated(self.order) <= end


def above(listed: Sequence[Listed], after_id: int) -> list[Listed]:
    """The rows above an id in ascending id, each once; a row without an id is kept, first."""
    unique: dict[int, Listed] = {}
    for row in listed:
        if row.order.id > after_id or row.order.id == 0:
            unique.setdefault(row.order.id, row)
    return [unique[order_id] for order_id in sorted(unique)]


def below(listed: Sequence[Listed], below_id: int) -> list[Listed]:
    """The rows below an id, or all where that is 0, in ascending id, each once; a row without an id is kept, first."""
    return [row for row in above(listed, 0) if not below_id or row.order.id < below_id]


def page_of(rows: Sequence[Listed], *, last: bool, outside: int, shop_time: datetime | None) -> OrderPage:
    """The page as the engine reads it; an order whose included lines make no sense is unreadable."""
    orders: list[ShopOrder] = []
    unreadable: list[UnreadableOrder] = []
    whole: dict[int, CompleteOrder] = {}
    for row in rows:
        if isinstance(row.order, UnreadableOrder):
            unreadable.append(row.order)
            continue
        try:
            found = included(row.value, row.order)
        except Nonsense as fault:
            unreadable.append(
                UnreadableOrder(id=row.order.id, reason=str(fault), modified_at=row.order.modified_at)
            )
            continue
        orders.append(row.order)
        if found is not None:
            whole[row.order.id] = found
    return OrderPage(
        orders=tuple(orders),
        unreadable=tuple(unreadable),
        last=last,
        outside_window=outside,
        shop_time=shop_time,
        complete=whole,
    )


def whole_second(moment: datetime) -> datetime:
    """The moment in UTC without its fraction: the shop's times have none."""
    return moment.astimezone(UTC).replace(microsecond=0)


def shop_date(moment: datetime) -> str:
    """A time as the shop's filters take it, with `Z` and no plus sign, which a shop once ignored silently (BC §3)."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
