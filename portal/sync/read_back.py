"""A posted order as Saasu has it, compared with what it had to come to (SYNC §7.8)."""

from portal.sync.bridge import Figures
from portal.sync.problems import Code, Problem, about_order
from portal.sync.sale_orders import InvoiceSummary


def compare(order_id: int, expected: Figures | None, row: InvoiceSummary) -> tuple[Problem, ...]:
    """`POSTED_TOTAL_DIFFERS`, naming both figures, where the total is another, or the GST where Saasu tells it; else nothing.

    Nothing as well where it is not known what the sale had to come to, or where Saasu does not tell its total.
    """
    if expected is None or row.total is None:
        return ()
    found = Figures(row.total, row.tax)
    wanted = Figures(expected.total, None if row.tax is None else expected.tax)
    if found == wanted:
        return ()
    words = f"Saasu shows {found.words} for {row.number}; it should be {wanted.words}"
    return (about_order(Code.POSTED_TOTAL_DIFFERS, order_id, words, row.number),)
