"""The shop as the engine needs it; `clients` implement it, tests bring a fake of it."""

from datetime import datetime
from typing import Protocol

from portal.sync.orders import CompleteOrder, OrderPage, ShopOrder


class Shop(Protocol):
    """The store's orders. Every method raises a `RemoteFailure` where no answer came."""

    def changed(self, *, since: datetime, until: datetime, after_id: int) -> OrderPage:
        """The next page, in ascending id, of orders modified within the window, with an id above `after_id`."""
        ...

    def created(self, *, since: datetime, until: datetime, after_id: int) -> OrderPage:
        """The next page, in ascending id, of orders created within the window (backfill)."""
        ...

    def listed(self, *, below_id: int) -> OrderPage:
        """The next page, in descending id, of all orders with an id below `below_id`, whatever their dates; 0 begins with the newest.

        The orders come without their lines.
        """
        ...

    def complete(self, order: ShopOrder) -> CompleteOrder:
        """The order with all its lines, destinations, coupons and fees."""
        ...

    def one(self, order_id: int) -> CompleteOrder | None:
        """One order read afresh with all that belongs to it; `None` when the shop does not have it."""
        ...

    def reopen(self, document: str) -> CompleteOrder:
        """An order from the text that was kept when it was read; costs no call."""
        ...
