"""What a ledger refuses to write because a person decided otherwise since it was read; the run judges again (SYNC §2, §7.1)."""

from collections.abc import Collection


class PageMoved(Exception):
    """Orders of a page are not as they were when it was judged: a person decided about them. Nothing of the page is recorded."""

    def __init__(self, order_ids: Collection[int]) -> None:
        super().__init__(f"decided meanwhile: {sorted(order_ids)}")
        self.order_ids = frozenset(order_ids)


class RulesChanged(Exception):
    """A person changed which orders are taken since the rules were read by which an order was judged. Nothing of it is written."""
