"""The write side of the order records: the engine's `Ledger` over SQL, one commit an order (SYNC §2, §7).

Every write asks one thing first: is this run's fence still the connection's? A run that lost its lease writes no more.
"""

from portal.ledger.leases import LEASE, release_lease, renew_lease, take_lease
from portal.ledger.records import Seal, SqlLedger
from portal.ledger.slices import SqlSliceLedger

__all__ = ["LEASE", "Seal", "SqlLedger", "SqlSliceLedger", "release_lease", "renew_lease", "take_lease"]
