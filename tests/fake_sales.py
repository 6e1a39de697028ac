"""The sales of a file as they were last listed, in memory; keeps the port as the SQL one does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from portal.sync.known_sales import Looked, is_ours_to_give, same_number
from portal.sync.sale_orders import InvoiceSummary

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class FakeSales:
    """`at` is how far was looked: usually at everything. `fault` is raised in place of keeping a listing.

    A sale put into `rows` was listed `LONG_AGO`, unless `moments` says when.
    """

    at: Looked = field(default_factory=lambda: Looked(since=LONG_AGO))
    rows: dict[int, InvoiceSummary] = field(default_factory=dict)
    moments: dict[int, datetime] = field(default_factory=dict)
    kept: list[Looked] = field(default_factory=list)
    fault: BaseException | None = None

    def looked(self) -> Looked:
        return self.at

    def keep(self, rows: Sequence[InvoiceSummary], looked: Looked, made: datetime) -> None:
        if self.fault is not None:
            raise self.fault
        self.rows |= {row.invoice_id: row for row in rows}
        self.moments |= {row.invoice_id: made for row in rows}
        self.at = looked
        self.kept.append(looked)

    def listed(self, mark: str, number: str) -> list[InvoiceSummary]:
        return [
            row
            for _, row in sorted(self.rows.items())
            if row.purchase_order_number.strip() == mark
            or (is_ours_to_give(number) and same_number(row.number, number))
        ]

    def forget(self, mark: str, number: str, before: datetime) -> None:
        for row in self.listed(mark, number):
            if self.moments.get(row.invoice_id, LONG_AGO) < before:
                del self.rows[row.invoice_id]
