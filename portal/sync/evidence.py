"""What proves that an order was posted once, kept with each line of its history (SYNC §7)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Why(StrEnum):
    """Why an order was looked up in Saasu before anything was sent."""

    LOST = "lost"
    """The answer to its post was lost."""
    DIED = "died"
    """The run ended between the intent and the answer."""
    TAKEN = "taken"
    """Saasu refused its number as taken."""
    LATE = "late"
    """It was not there when an absence counted for sending it again, but was not posted since."""
    FIRST = "first"
    """Before a first post, for older orders, or after being away (SYNC §7.7, §7.10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """When the post was handed over to be sent; or why the order was looked up, among how many sales, and from when on an absence counts (SYNC §7.5).

    `sales` is `None` where the look-up did not come to its end.
    """

    left_at: datetime | None = None
    why: Why | None = None
    sales: int | None = None
    settled_at: datetime | None = None

    def kept(self) -> dict[str, str | int]:
        """As a line of history keeps it: moments as ISO text, and nothing of what is not known."""
        known = {
            "left_at": self.left_at.isoformat() if self.left_at is not None else None,
            "why": str(self.why) if self.why is not None else None,
            "sales": self.sales,
            "settled_at": self.settled_at.isoformat() if self.settled_at is not None else None,
        }
        return {name: value for name, value in known.items() if value is not None}
