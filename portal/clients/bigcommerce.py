"""One BigCommerce store, read only: the orders of a window by keyset, each with all that belongs to it (SYNC §3.2, §4; BC §1 to §5).

Addresses are built here; links inside answers are never followed, since each call carries the Access Token (BC §4).
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from portal.clients.answers import Answer, remote_time
from portal.clients.bigcommerce_pages import Garbled, Listed, above, below, page_of, shop_date, whole_second
from portal.clients.bigcommerce_payloads import (
    evidently_short,
    fee_rows,
    fees_matter,
    hollow,
    included,
    read_coupon,
    read_fee,
    read_order,
    read_shipping_address,
    reopened,
    sealed,
    unique_lines,
)
from portal.clients.bigcommerce_store import (
    STORE_HASH,
    StoreFound,
    failure_of,
    is_closed,
    pause_after,
    shop_code,
    store_of,
)
from portal.clients.exact_json import JsonUnreadable, load
from portal.clients.rows import Nonsense, Row
from portal.clients.salvage import Broken, salvage
from portal.clients.transport import Patience, Transport
from portal.sync.failures import (
    Denied,
    Unreachable,
)
from portal.sync.orders import CompleteOrder, Fee, OrderPage, ShopOrder, UnreadableOrder

__all__ = ["BIGCOMMERCE_URL", "BigCommerce", "StoreFound", "shop_code"]

BIGCOMMERCE_URL = "https://api.bigcommerce.com"
PAGE = 250
SMALLEST_PAGE = 50
"""The shop's own default. A page shorter than this is surely the last; a longer one may be one the shop cut at its own size."""
LONGEST_LIST = 1_000
PATIENCE = Patience(longest_ms=30_000, unasked=True)
"""The shop's quota is counted in windows of 30 seconds, and a store under load sends a 429 that names no time (BC §2)."""
WITH_LINES = {"include": "consignments.line_items,fees", "consignment_structure": "object"}
NOT_WITH_LINES = frozenset({400, 413, 414, 422, 500, 504})

Read = TypeVar("Read")


class BigCommerce:
    """The shop of one connection; implements `portal.sync.ports.Shop`."""

    def __init__(
        self, transport: Transport, *, store_hash: str, access_token: str, base_url: str = BIGCOMMERCE_URL
    ) -> None:
        if not STORE_HASH.fullmatch(store_hash):
            raise ValueError("a store hash is 1 to 32 lower-case letters and digits")
        self._transport = transport
        self._root = f"{base_url.rstrip('/')}/stores/{store_hash}/v2"
        self._token = access_token.strip()
        self._store_hash = store_hash
        self._pause_ms = 0
        self._lines_included = True

    def __repr__(self) -> str:
        return f"BigCommerce(store_hash={self._store_hash!r})"

    def changed(self, *, since: datetime, until: datetime, after_id: int) -> OrderPage:
        """The next page of orders modified within the window, in ascending id (SYNC §3.2). Raises a `RemoteFailure`."""
        return self._window("modified", since, until, after_id, lambda order: order.modified_at)

    def created(self, *, since: datetime, until: datetime, after_id: int) -> OrderPage:
        """The next page of orders created within the window, in ascending id (SYNC §3.3). Raises a `RemoteFailure`."""
        return self._window("created", since, until, after_id, lambda order: order.created_at)

    def listed(self, *, below_id: int) -> OrderPage:
        """The next page of all orders in descending id, without dates and without lines (SYNC §3.2). Raises a `RemoteFailure`."""
        query = {"sort": "id:desc", "limit": str(PAGE)} | ({"max_id": str(below_id)} if below_id > 0 else {})
        found, mended, _ = self._rows(lambda: self._ask("/orders", "orders", query))
        rows = below(found, below_id)
        moves_on = any(row.order.id for row in rows)
        last = not moves_on if mended else len(found) < SMALLEST_PAGE
        if not last and not moves_on:
            raise Unreachable("The shop's list of orders does not move on.")
        return page_of(rows, last=last, outside=0, shop_time=None)

    def complete(self, order: ShopOrder) -> CompleteOrder:
        """The order with all lines, destinations, coupons and fees, read one by one; `complete` is false where lines are missing."""
        path = f"/orders/{order.id}"
        try:
            lines = unique_lines(list(self._listed(f"{path}/products", "order lines")))
            addresses = self._read_all(f"{path}/shipping_addresses", read_shipping_address)
            coupons = self._read_all(f"{path}/coupons", read_coupon) if order.coupon_discount > 0 else ()
            fees = self._fees(order.id) if fees_matter(order, lines) else ()
        except Garbled:
            return sealed(order, (), complete=False)
        except Nonsense as fault:
            return sealed(order, (), complete=False, nonsense=str(fault))
        short = evidently_short(order, lines)
        return sealed(order, lines, addresses, coupons=coupons, fees=fees, complete=not short)

    def one(self, order_id: int) -> CompleteOrder | None:
        """One order read afresh; `None` when the shop does not have it, an incomplete one when it cannot be read."""
        answer = self._with_lines(f"/orders/{order_id}", "order", {})
        if answer.status == 404:
            return None
        try:
            value = self._value(answer)
        except Garbled:
            return hollow(order_id)
        order = read_order(value)
        if isinstance(order, UnreadableOrder):
            return hollow(order_id, order.reason)
        try:
            return included(value, order) or self.complete(order)
        except Nonsense as fault:
            return sealed(order, (), complete=False, nonsense=str(fault))

    def reopen(self, document: str) -> CompleteOrder:
        """An order from its document; from a spoilt one an incomplete order, so that it is read afresh."""
        try:
            return reopened(document)
        except Nonsense:
            return hollow(0)

    def test_connection(self) -> StoreFound:
        """Prove Shop Code, token and the Orders scope, and learn what the token may tell of the store (BC §1).

        Raises `CredentialsRefused`, `Denied` with the likelier cause, `StoreClosed` or `Unreachable`.
        """
        answer = self._ask("/orders", "test", {"limit": "1"})
        if answer.status in {403, 404}:
            raise self._why_denied(answer.status)
        self._value(answer)
        found = self._ask("/store", "test", {})
        if not found.ok:
            return StoreFound(
                notes=("The token may not read the store's settings (Information & settings: read-only).",)
            )
        return store_of(self._value(found))

    def _why_denied(self, status: int) -> Denied:
        """Whether the Shop Code or the scope is at fault: any valid token may ask a store for its time."""
        if self._ask("/time", "test", {}).ok:
            words = "The Access Token is good, but may not read orders. Make a token with Orders: read-only."
        else:
            words = "The Shop Code is not this token's store, or the token may not read orders."
        return Denied(words, status=status)

    def _window(
        self,
        field: str,
        since: datetime,
        until: datetime,
        after_id: int,
        dated: Callable[[ShopOrder], datetime],
    ) -> OrderPage:
        """The next page with a row inside the window; pages wholly outside, which a shop that ignores the filter sends, are passed over."""
        start, end = whole_second(since), whole_second(until)
        query = {
            "sort": "id:asc",
            f"min_date_{field}": shop_date(start),
            f"max_date_{field}": shop_date(end),
            "limit": str(PAGE),
        }
        outside = 0
        nameless: list[Listed] = []
        for _ in range(LONGEST_LIST):
            rows, last, shop_time = self._page(query, after_id)
            inside = [row for row in rows if row.is_within(start, end, dated)]
            outside += len(rows) - len(inside)
            # A row without an id cannot move the cursor; it waits for rows that can, so that it still shows.
            nameless = nameless or [row for row in inside if row.order.id == 0]
            inside = [row for row in inside if row.order.id]
            if inside or last:
                return page_of([*nameless, *inside], last=last, outside=outside, shop_time=shop_time)
            after_id = rows[-1].order.id
        raise Unreachable("The shop's list of orders does not end.")

    def _page(self, query: dict[str, str], after_id: int) -> tuple[list[Listed], bool, datetime | None]:
        """The rows above `after_id` of one page, whether it is the last, and the shop's time.

        A full page out of order is asked for once more: the cursor could pass orders that a later page holds.
        """
        query = query | ({"min_id": str(after_id)} if after_id > 0 else {})
        for _ in range(2):
            listed, mended, answer = self._rows(lambda: self._with_lines("/orders", "orders", query))
            ids = [row.order.id for row in listed if row.order.id]
            moves_on = max(ids, default=0) > after_id
            # Of a list that was taken apart nobody knows whether it was whole; it ends where nothing new comes.
            last = not moves_on if mended else len(listed) < SMALLEST_PAGE
            if not last and not moves_on:
                raise Unreachable("The shop's list of orders does not move on.")
            if last or ids == sorted(ids):
                return above(listed, after_id), last, remote_time(answer.headers)
        raise Unreachable("The shop's list of orders came out of order, so none of it was taken.")

    def _rows(self, ask: Callable[[], Answer]) -> tuple[list[Listed], bool, Answer]:
        """The rows of a list of orders, and whether it had to be taken apart: a text that is no JSON is asked for once more, then mended."""
        for _ in range(2):
            answer = ask()
            try:
                return [Listed.of(value) for value in self._array(answer)], False, answer
            except Garbled as failure:
                garbled = failure
        found = salvage(garbled.text)
        if found is None:
            raise Unreachable(garbled.sentence, status=garbled.status) from garbled
        rows = [self._alone(row.order_id) if isinstance(row, Broken) else Listed.of(row) for row in found]
        return rows, True, answer

    def _alone(self, order_id: int) -> Listed:
        """An order that is no JSON in the list, asked for by itself. Raises `Unreachable` where nothing the shop says is JSON."""
        try:
            return Listed.of(self._value(self._ask(f"/orders/{order_id}", "order", {})))
        except Garbled as garbled:
            if self._is_sane():
                return Listed.spoilt(order_id)
            raise Unreachable(garbled.sentence, status=garbled.status) from garbled

    def _is_sane(self) -> bool:
        """Whether the shop answers another question as it should, so that one order is spoilt and not the shop."""
        answer = self._ask("/time", "test", {})
        try:
            return not answer.ok or self._value(answer) is not None
        except Garbled:
            return False

    def _with_lines(self, path: str, purpose: str, query: dict[str, str]) -> Answer:
        """Orders with their lines; without them from now on where the shop refuses that or is too slow for it."""
        if self._lines_included:
            answer = self._ask(path, purpose, query | WITH_LINES)
            if answer.status not in NOT_WITH_LINES:
                return answer
            self._lines_included = False
        return self._ask(path, purpose, query)

    def _fees(self, order_id: int) -> tuple[Fee, ...]:
        """The fees of an order; shops without fees answer 404. Raises `Nonsense`."""
        answer = self._ask(f"/orders/{order_id}/fees", "order fees", {})
        rows = () if answer.status == 404 else fee_rows(self._value(answer)) or ()
        return tuple(map(read_fee, rows))

    def _read_all(self, path: str, read: Callable[[object], Read]) -> tuple[Read, ...]:
        return tuple(map(read, self._listed(path, "order parts")))

    def _listed(self, path: str, purpose: str) -> Iterator[object]:
        """The rows of a list of one order, page by page to the end; a repeated row is dropped (BC §3)."""
        seen: set[object] = set()
        for page in range(1, LONGEST_LIST):
            query = {"limit": str(PAGE)} | ({"page": str(page)} if page > 1 else {})
            answer = self._ask(path, purpose, query)
            values = [] if answer.status == 404 else self._array(answer)
            fresh = [value for value in values if Row.of(value).text("id") not in seen]
            seen |= {Row.of(value).text("id") for value in fresh}
            yield from fresh
            if len(values) < SMALLEST_PAGE or not fresh:
                return
        raise Unreachable("The shop's list does not end.")

    def _ask(self, path: str, purpose: str, query: dict[str, str]) -> Answer:
        """One call, after the pause that the answer before asked for; a 404 is returned, every other refusal raised."""
        if self._pause_ms:
            self._transport.sleep(self._pause_ms)
            self._pause_ms = 0
        headers = {"X-Auth-Token": self._token, "Accept": "application/json"}
        url = f"{self._root}{path}"
        answer = self._transport.send(
            "GET", url, purpose=purpose, headers=headers, query=query, final=is_closed, patience=PATIENCE
        )
        self._pause_ms = pause_after(answer)
        return answer

    def _value(self, answer: Answer) -> object:
        """The decoded body of a good answer; 204 and nothing are an empty list. Raises a `RemoteFailure`."""
        if not answer.ok:
            raise failure_of(answer, self._token)
        if answer.status == 204 or not answer.text.strip():
            return []
        try:
            return load(answer.text)
        except JsonUnreadable:
            if not answer.is_html:
                raise Garbled(answer.text, answer.status) from None
            raise Unreachable("BigCommerce sent a web page instead of data.", status=answer.status) from None

    def _array(self, answer: Answer) -> list[object]:
        value = self._value(answer)
        if not isinstance(value, list):
            raise Unreachable("BigCommerce sent something else instead of a list.", status=answer.status)
        return value
