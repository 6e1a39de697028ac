"""What goes out: one unpaid Saasu Sale Order, the contacts it names, and what Saasu answers (SA §3)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from portal.money import ZERO

AUTO_NUMBER = "<Auto Number>"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleLine:
    """One Saasu line: quantity of 3 decimals at most, GST-inclusive unit price of 4, percentage of 2 (SA §5.7)."""

    description: str
    item_id: int
    quantity: Decimal
    unit_price: Decimal
    percentage_discount: Decimal = ZERO
    tax_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """An address as Saasu keeps it."""

    street: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A Saasu contact, as far as the sync reads or writes it. `record` is the whole JSON text that a PUT sends back changed."""

    id: int
    last_updated_id: str
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    phone: str = ""
    postal: PostalAddress = PostalAddress()
    other: PostalAddress = PostalAddress()
    is_active: bool = True
    is_customer: bool = False
    is_supplier: bool = False
    is_contractor: bool = False
    record: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """A contact to be created. `company` is the name of its company, which is linked by `company_id` once that is known."""

    given_name: str
    family_name: str
    email: str = ""
    phone: str = ""
    company: str = ""
    company_id: int | None = None
    postal: PostalAddress = PostalAddress()
    other: PostalAddress = PostalAddress()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChange:
    """The fields of an existing contact to be written; `None` leaves a field as it is."""

    given_name: str | None = None
    family_name: str | None = None
    phone: str | None = None
    postal: PostalAddress | None = None
    other: PostalAddress | None = None
    is_active: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleOrder:
    """One Sale Order as it is sent: tax inclusive, unpaid. `number` is `AUTO_NUMBER` where the prefix is empty."""

    number: str
    marker: str
    on: date
    summary: str
    lines: tuple[SaleLine, ...]
    notes: str = ""
    billing_contact_id: int | None = None
    shipping_contact_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedOrder:
    """Saasu's answer to a post: its id and the number the sale now has."""

    invoice_id: int
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSummary:
    """One row of Saasu's invoice list, of any type. `total` and `tax` are in dollars, `None` where Saasu does not tell them."""

    invoice_id: int
    number: str
    purchase_order_number: str
    invoice_type: str
    total: Decimal | None
    tax: Decimal | None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIdentity:
    """A Saasu file that a login can reach."""

    file_id: int
    name: str
    currency: str
    subscription: str
    tax_registered: bool


def marker(store_hash: str, order_id: int) -> str:
    """The mark in `PurchaseOrderNumber` by which our own sale is known again (SYNC §5)."""
    return f"BC-{store_hash}-{order_id}"


def number_for(prefix: str, order_id: int) -> str:
    """The invoice number of an order: prefix and id, or `AUTO_NUMBER`, for Saasu to give one, where the prefix is empty (SYNC §5)."""
    return f"{prefix}{order_id}" if prefix else AUTO_NUMBER
