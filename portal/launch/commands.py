"""Hands each command to its module; every module is loaded only when it is wanted."""

import importlib
import sys
from collections.abc import Callable

MODULES = {
    "demo": "portal.launch.serving",
    "up": "portal.launch.serving",
    "test": "portal.launch.checks",
    "prove": "portal.launch.programs",
    "bench": "portal.launch.programs",
}
EVERY_OTHER = "portal.launch.desk"


def main(argv: list[str]) -> int:
    """Run one command, `argv[0]`. Returns the exit status."""
    if not argv:
        print("Which command? See: python3 -m portal --help", file=sys.stderr)
        return 2
    run: Callable[[list[str]], int] = importlib.import_module(MODULES.get(argv[0], EVERY_OTHER)).main
    return run(argv)
