"""A connection's choices and a file's items and tax codes, as plain data the mapping can be given."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

SYNCED_BY_DEFAULT = frozenset({2, 3, 8, 9, 10, 11})
INCOMPLETE = 0
"""The status of a checkout that was not finished; never synced (SYNC §3.4)."""
ANY_DATE = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One of the shop's fifteen order statuses, with the source document's name and description."""

    id: int
    name: str
    description: str


class Existing(StrEnum):
    """What an order may do to the contact it finds: the setting *Existing contacts* (SYNC §6)."""

    AS_DOCUMENTED = "as documented"
    ADDRESS_ONLY = "address only"
    LEAVE_ALONE = "leave alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time in which a connection was off: from `began`, up to and without `ended`; `None` while it still is off."""

    began: datetime
    ended: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies in it."""
        return self.began <= moment and (self.ended is None or moment < self.ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """The choices that say which orders are taken: statuses by id, from which moment, and when the connection was off (SYNC §3)."""

    statuses: frozenset[int]
    start: datetime
    off: frozenset[Span] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one connection was told to do (SYNC §3, §5).

    `start` is the moment from which new orders are taken, `off` the times in which the connection was off, `latest` the moment
    after which no order can have been created: the present with room for a wrong clock. `shipping_item`, `discount_item` and `fee_item` are Saasu item ids.
    `expected_currency` is AUD in the product; tests alone read other orders as if they were AUD. `whole_cent_prices`: net prices of
    whole cents and no percentages, the construction of LINES 2 and 5.
    """

    store_hash: str
    zone: ZoneInfo
    start: datetime
    prefix: str = ""
    statuses: frozenset[int] = SYNCED_BY_DEFAULT
    shipping_item: int | None = None
    discount_item: int | None = None
    fee_item: int | None = None
    tax_registered: bool = True
    taxable_code: str = "G1"
    free_code: str = "G1,G3"
    export_code: str = "G1,G2"
    aliases: dict[str, str] = field(default_factory=dict)
    own_discounts: bool = False
    whole_cent_prices: bool = False
    existing_contacts: Existing = Existing.AS_DOCUMENTED
    nobodys_emails: tuple[str, ...] = ()
    expected_currency: str = "AUD"
    off: tuple[Span, ...] = ()
    latest: datetime = ANY_DATE

    @property
    def which(self) -> Which:
        """The choices among them that say which orders are taken."""
        return Which(statuses=self.statuses, start=self.start, off=frozenset(self.off))


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An inventory or combo item of the file. `tax_code` is the item's sale tax code, if it has one."""

    id: int
    code: str
    name: str = ""
    tax_code: str | None = None
    is_active: bool = True
    is_sold: bool = True
    is_combo: bool = False
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxCode:
    """A tax code of the file; `rate` is a fraction: 0.1 for GST."""

    code: str
    rate: Decimal
    is_active: bool = True
    is_sale: bool = True


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything of the file that a mapping looks up: its items and its tax codes."""

    items: tuple[Item, ...]
    tax_codes: tuple[TaxCode, ...]

    def with_item(self, item: Item) -> "Catalogue":
        """The same with one item as it was read anew."""
        return replace(self, items=tuple(item if one.id == item.id else one for one in self.items))


STATUSES: tuple[Status, ...] = (
    Status(id=0, name="Incomplete", description="An incomplete order happens when a shopper reached the payment page, but did not complete the transaction"),
    Status(id=1, name="Pending", description="Customer started the checkout process, but did not complete it."),
    Status(id=2, name="Shipped", description="Order has been shipped, but receipt has not been confirmed; seller has used the Ship Items action."),
    Status(id=3, name="Partially Shipped", description="Only some items in the order have been shipped, due to some products being pre-order only or other reasons."),
    Status(id=4, name="Refunded", description="Seller has used the Refund action."),
    Status(id=5, name="Cancelled", description="Seller has cancelled an order, due to a stock inconsistency or other reasons."),
    Status(id=6, name="Declined", description="Seller has marked the order as declined for lack of manual payment, or other reasons."),
    Status(id=7, name="Awaiting Payment", description="Customer has completed checkout process, but payment has yet to be confirmed."),
    Status(id=8, name="Awaiting Pickup", description="Order has been pulled, and is awaiting customer pickup from a seller-specified location."),
    Status(id=9, name="Awaiting Shipment", description="Order has been pulled and packaged, and is awaiting collection from a shipping provider."),
    Status(id=10, name="Completed", description="Client has paid for their digital product and their file(s) are available for download."),
    Status(id=11, name="Awaiting Fulfilment", description="Customer has completed the checkout process and payment has been confirmed."),
    Status(id=12, name="Manual Verification Required", description="Order on hold while some aspect needs to be manually confirmed."),
    Status(id=13, name="Disputed", description="Customer has initiated a dispute resolution process for the PayPal transaction that paid for the order."),
    Status(id=14, name="Partially Refunded", description="Seller has partially refunded the order."),
)  # fmt: skip
