"""Starts things: the embedded servers, the supervisor, `up`, `demo`, `test`, and the programs of `proofs/` and `bench/`.

Runs inside `.venv` (see `portal/__main__.py`). `main` hands each command to its module; every other word is a command of `portal.cli`.
"""

from portal.launch.commands import main

__all__ = ["main"]
