"""Proof programs: each is run by name, `python3 -m portal prove NAME`, in a process of its own."""
