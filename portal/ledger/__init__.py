"""The write side of the order records: the engine's `Ledger` over SQL, one commit an order (SYNC §2, §7).

Every write asks one thing first: is this run's fence still the connection's? A run that lost its lease writes no more.
"""

from portal.ledger.leases import LEASE, release_lease, renew_lease, take_lease
from portal.ledger.names import Seal
from portal.ledger.records import SqlLedger
from portal.ledger.sales import SqlKnownSales, doubt, listed_sales, write_listed
from portal.ledger.slices import WAITS, SqlSliceLedger, end_slice, finish_complete, somebody_waits

__all__ = [
    "LEASE",
    "WAITS",
    "Seal",
    "SqlKnownSales",
    "SqlLedger",
    "SqlSliceLedger",
    "doubt",
    "end_slice",
    "finish_complete",
    "listed_sales",
    "release_lease",
    "renew_lease",
    "somebody_waits",
    "take_lease",
    "write_listed",
]
