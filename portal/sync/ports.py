"""What the engine needs from outside: books to write, a ledger to keep, a clock; and a shop to read, see `shop_port`.

`clients` implement `Shop` and `Books`, `ledger` implements `Ledger`; tests bring fakes of the same ports.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from portal.money import ZERO
from portal.sync.bridge import Bridge, Figures
from portal.sync.evidence import Evidence
from portal.sync.orders import ShopOrder
from portal.sync.problems import Code, Ignored, Problem
from portal.sync.rules import Item, Rules, TaxCode
from portal.sync.sale_orders import (
    Contact,
    ContactChange,
    InvoiceSummary,
    NewContact,
    PostedOrder,
    SaleOrder,
)
from portal.sync.shapes import Shape, Standing


class State(StrEnum):
    """The closed set of states of an order record (SYNC §2)."""

    SEEN = "seen"
    SENDING = "sending"
    UNKNOWN = "unknown"
    POSTED = "posted"
    EXISTS = "exists"
    FAILED = "failed"
    IGNORED = "ignored"


class Clock(Protocol):
    """Time as the run sees it."""

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        ...


class CatalogueToRead(Protocol):
    """A Saasu file's items and tax codes. Every method raises a `RemoteFailure` where no answer came."""

    def items(self, *, modified_since: datetime | None = None) -> tuple[Item, ...]:
        """All items, inventory and combo, or those modified since a moment."""
        ...

    def item(self, item_id: int) -> Item | None:
        """One item with the codes of its parts, which a list does not give; `None` where there is none."""
        ...

    def tax_codes(self) -> tuple[TaxCode, ...]:
        """All tax codes."""
        ...


class ContactsToRead(Protocol):
    """A Saasu file's contacts, to be looked up only. Every method raises a `RemoteFailure` where no answer came."""

    def contacts_by_email(self, email: str) -> tuple[Contact, ...]:
        """The contacts with that e-mail, compared here without regard to case and outer blanks."""
        ...

    def contacts_by_name(self, given_name: str, family_name: str) -> tuple[Contact, ...]:
        """The contacts with that first and last name, compared here without regard to case and outer blanks."""
        ...


class SalesToRead(Protocol):
    """A Saasu file's sales, to be listed only. Raises a `RemoteFailure` where no answer came."""

    def invoices_modified(self, *, since: datetime, until: datetime) -> Iterator[InvoiceSummary]:
        """A complete listing of all invoices of any type modified within the window, in pages of 100."""
        ...


class Books(CatalogueToRead, ContactsToRead, SalesToRead, Protocol):
    """One Saasu file, to be read and written. Every method raises a `RemoteFailure` where no answer came."""

    def companies_by_name(self, name: str) -> tuple[int, ...]:
        """The ids of the companies of that name, lowest first, compared here without regard to case and outer blanks."""
        ...

    def create_company(self, name: str) -> int:
        """Create a company; its id."""
        ...

    def create_contact(self, contact: NewContact) -> int:
        """Create a contact; its id."""
        ...

    def update_contact(self, contact: Contact, change: ContactChange) -> None:
        """Write the changed fields into the whole record; raises `StaleRecord` when it changed meanwhile."""
        ...

    def reserve(self) -> None:
        """Take the pacer's slot for the next call now, so that the intent committed next is still fresh when it is sent."""
        ...

    def post(self, sale: SaleOrder) -> PostedOrder:
        """Create the sale order. Raises `Refused`, `Throttled`, `Denied` (certainly not done) or `OutcomeLost`."""
        ...

    def invoice(self, invoice_id: int) -> InvoiceSummary | None:
        """One sale read back by its id; `None` when Saasu does not have it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Where reading stands. `cursor` is the last order id recorded of the window under way, 0 at its beginning."""

    watermark: datetime
    until: datetime | None = None
    cursor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An order that is due, as far as it must be known before its turn comes: a flood may be tens of thousands of them."""

    id: str
    order_id: int
    state: State
    created_at: datetime
    modified_at: datetime
    first_sent_at: datetime | None = None
    release: bool = False
    """A person asked for this very order; it is taken whatever its status says."""
    asked: bool = False
    """A person asked for it in one way or another, so it never counts as part of a flood (SYNC §3.7)."""
    run_id: str = ""
    """The run that wrote it last; blank where a person did."""
    total: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord(Waiting):
    """The ledger's row of one shop order, as far as the engine reads it."""

    number: str = ""
    sent_at: datetime | None = None
    document: str = ""
    refusals: int = 0
    invoice_id: int | None = None
    bridge: Bridge | None = None
    books: Figures | None = None
    """What Saasu showed when the order was read back."""
    status: str = ""
    ignored: Ignored | None = None
    status_id: int = 0
    is_deleted: bool = False
    codes: frozenset[Code] = frozenset()
    """The codes of its problems."""
    stand: tuple[object, ...] = ()
    """How its row stood when it was read, for the ledger to compare: whatever a person decides of an order changes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was decided about, or came back for, one order; becomes its state and an attempt."""

    state: State
    note: str = ""
    problems: tuple[Problem, ...] = ()
    ignored: Ignored | None = None
    look_once: bool = False
    bridge: Bridge | None = None
    posted: PostedOrder | None = None
    retry_at: datetime | None = None
    notes: tuple[str, ...] = field(default=())
    found: InvoiceSummary | None = None
    """The sale as Saasu lists it, where it was read back at once."""
    changes: "Changes | None" = None
    doubted_until: datetime | None = None
    """Until when a sale that was not found may still turn up, as long as the order is not posted (SYNC §7.5)."""
    evidence: Evidence | None = field(default=None, compare=False)
    """What is kept beside it to prove that the order was posted once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is committed before a post: number, marker, the fingerprint of the body, and what it must come to (SYNC §7.3).

    `notes`, and whether somebody should look once, are what a person is told of the order where its answer is lost.
    """

    number: str
    marker: str
    fingerprint: str
    sent_at: datetime
    bridge: Bridge | None = None
    notes: tuple[str, ...] = ()
    look_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What reading back said of one posted order: Saasu's row, `None` where its list does not show it; and what is wrong."""

    record: OrderRecord
    row: InvoiceSummary | None
    problems: tuple[Problem, ...] = ()


class LeaseLost(Exception):
    """Another run holds the connection now; this one must stop without writing anything more."""


class OrderMoved(LeaseLost):
    """One order is no longer as it was read: a person decided about it meanwhile, and the run leaves it alone."""


class StopAsked(Exception):
    """A person, or the connection's being disabled, asked the run to stop after the order it is on."""


class SliceOver(Exception):
    """The slice of a backfill is over: its time is up, or it gives way to a run that is due; the next slice goes on."""


class Ledger(Protocol):
    """The rows of one connection, written under its lease. Every write raises `LeaseLost` when the fence moved.

    What the rules decide is written only while they are those that `judge_by` was told last: recording a page, ignoring an order
    and sending one raise `RulesChanged` otherwise.
    """

    def judge_by(self, rules: Rules) -> None:
        """Say by which rules orders are judged from now on."""
        ...

    def reading(self) -> Reading:
        """Where reading stands."""
        ...

    def known(self, order_ids: Iterable[int]) -> dict[int, OrderRecord]:
        """The records there are for these orders."""
        ...

    def record_page(self, orders: Sequence["Recorded"], reading: Reading) -> None:
        """Record every order of a page and move the reading, in one transaction (SYNC §7.2).

        Raises `PageMoved` where an order is no longer as the record says by which it was judged.
        """
        ...

    def unsettled(self) -> list[OrderRecord]:
        """Orders `sending` or `unknown`, oldest first."""
        ...

    def doubted(self, now: datetime) -> list[OrderRecord]:
        """Orders neither posted nor being sent, of which a sale might have turned up until a moment that has passed; ascending id."""
        ...

    def not_there(self, record: OrderRecord, evidence: Evidence) -> None:
        """Commit that a doubted order is certainly not in Saasu, with an attempt line; it stays as it is. Raises `OrderMoved`."""
        ...

    def due(self, now: datetime) -> list[Waiting]:
        """Orders to be decided: `seen`, or `failed` and due again; ascending id."""
        ...

    def taken_up(self, order_ids: Collection[int], now: datetime) -> list[OrderRecord]:
        """The records of those of some orders that are due still; ascending id."""
        ...

    def keep_text(self, record: OrderRecord, document: str) -> OrderRecord:
        """Commit the text of an order that was read afresh; the record with it. Raises `OrderMoved`."""
        ...

    def sending(self, record: OrderRecord, intent: Intent) -> OrderRecord:
        """Commit that this order is about to be sent."""
        ...

    def settle(self, record: OrderRecord, outcome: Outcome) -> None:
        """Commit what became of the order, with an attempt line."""
        ...

    def remark(self, words: str) -> None:
        """Note on the run what a person should know of it although it went well."""
        ...

    def sold_since(self, moment: datetime) -> list[datetime]:
        """When each order that Saasu has was created in the shop, of those created since a moment."""
        ...

    def first_order_since(self, moment: datetime) -> int | None:
        """The lowest id the ledger knows of an order created since a moment."""
        ...

    def hold_back(self, orders: Sequence[Waiting]) -> None:
        """Commit that these `seen` orders wait for a person's yes; `due` leaves them out until then (SYNC §3.7)."""
        ...

    def expect(self, orders: int) -> None:
        """Say how many orders this run will decide, for its progress."""
        ...

    def heartbeat(self) -> None:
        """Keep the lease. Raises `LeaseLost`, or `StopAsked` when the run should end."""
        ...

    def newest_writer(self, contact_id: int) -> int:
        """The id of the newest order whose details a contact holds; 0 when none of ours was written there (SYNC §6)."""
        ...

    def contact_written(self, contact_id: int, order_id: int) -> None:
        """Remember that a contact holds the details of this order."""
        ...

    def unread(self, since: datetime) -> list[OrderRecord]:
        """Orders posted since a moment and not read back yet, ascending id."""
        ...

    def read_back(self, findings: Sequence[Finding]) -> None:
        """Commit what reading back said of posted orders; an order not found is tried again in a later run, three times at most."""
        ...

    def standing(self) -> Standing:
        """What is known of the shapes of lines in this file."""
        ...

    def shapes_read(self, record: OrderRecord, shapes: Collection[Shape], *, good: bool) -> None:
        """Commit that the first order with these shapes came to the cent in Saasu, or did not."""
        ...


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in the shop since an order was posted, and what it means for the books; both in sentences."""

    what: tuple[str, ...] = ()
    means: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One order of a page and what is decided of it at once.

    `outcome` has the state `seen`, `ignored` or `failed`; `None` leaves a record as it is and only notes the change in the shop,
    with what `changes` says of it where the order is finished. `mark` is a problem that is added to a record whose state stays.
    `known` is the record by which it was judged; `None` where there was none.
    """

    order: ShopOrder | None
    order_id: int
    outcome: Outcome | None
    mark: Problem | None = None
    modified_at: datetime | None = None
    document: str = ""
    changes: Changes | None = None
    known: OrderRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the reading of a backfill stands: `cursor` is the last order id recorded of the orders created in its window."""

    since: datetime
    until: datetime
    cursor: int = 0
    read_to_end: bool = False


class SliceLedger(Ledger, Protocol):
    """The ledger as a slice of a backfill writes it. Its `heartbeat` raises `SliceOver` as well, and `StopAsked` when paused."""

    def place(self) -> Place:
        """Where the backfill's reading stands."""
        ...

    def record_created(self, orders: Sequence[Recorded], before: Place, after: Place) -> None:
        """Record every order of a page, hold those to be posted for this backfill, and move its reading, in one transaction.

        Raises `StopAsked` when the backfill's reading is no longer at `before`, and `PageMoved` as `record_page` does.
        """
        ...

    def held(self, after_id: int, most: int) -> list[OrderRecord]:
        """The next orders that wait for this backfill, `seen`, above an id; ascending id."""
        ...

    def count_held(self) -> int:
        """How many orders wait for this backfill."""
        ...

    def earliest_held(self) -> datetime | None:
        """When the first placed order that waits for this backfill was created; `None` when none waits."""
        ...
