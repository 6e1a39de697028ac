"""The fifteen order statuses: their ids are fixed, their labels can be renamed by the merchant (BC §4)."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Status:
    """One status; `place` is where the control panel lists it."""

    id: int
    name: str
    place: int
    description: str


_ALL: Final = (
    Status(0, "Incomplete", 0, "The shopper reached the payment page and did not pay."),
    Status(1, "Pending", 1, "The checkout was begun and not finished."),
    Status(2, "Shipped", 8, "Everything has been sent; receipt is not confirmed."),
    Status(3, "Partially Shipped", 6, "Some of the items have been sent."),
    Status(4, "Refunded", 11, "The seller refunded the order."),
    Status(5, "Cancelled", 9, "The seller cancelled the order."),
    Status(6, "Declined", 10, "The seller declined the order, for want of payment or otherwise."),
    Status(7, "Awaiting Payment", 2, "The checkout is finished; payment is not confirmed."),
    Status(8, "Awaiting Pickup", 5, "The order waits for the customer to collect it."),
    Status(9, "Awaiting Shipment", 4, "The order is packed and waits for the carrier."),
    Status(10, "Completed", 7, "Paid and handed over; digital goods can be downloaded."),
    Status(11, "Awaiting Fulfillment", 3, "Paid; nothing has been packed yet."),
    Status(12, "Manual Verification Required", 13, "On hold until somebody checks something."),
    Status(13, "Disputed", 12, "The customer disputes the payment."),
    Status(14, "Partially Refunded", 14, "The seller refunded a part of the order."),
)
STATUSES: Final = {status.id: status for status in _ALL}


def status_document(status: Status) -> dict[str, Any]:
    """A status as `/order_statuses` lists it."""
    return {
        "id": status.id,
        "name": status.name,
        "system_label": status.name,
        "custom_label": status.name,
        "system_description": status.description,
        "order": status.place,
    }


def count_documents(counts: dict[int, int]) -> dict[str, Any]:
    """`/orders/count`: how many orders there are in each status, and in all."""
    listed = sorted(STATUSES.values(), key=lambda status: status.place)
    rows = []
    for status in listed:
        document = status_document(status)
        del document["order"]
        rows.append(document | {"count": counts.get(status.id, 0), "sort_order": status.place})
    return {"statuses": rows, "count": sum(counts.values())}
