"""Cartledger: BigCommerce orders in Saasu files, to the cent, exactly once, none missing.

Read `sync/` first (what one order goes through, in plain functions), then `ledger.py` (the rows it leaves behind),
then `web/` (the pages that show them). This module imports nothing outside the standard library: the set-up needs it
before anything is installed.
"""
