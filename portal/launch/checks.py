"""`test`: every check and every test, in order, all of them even when one fails, and a summary at the end.

With words of your own (`python3 -m portal test tests/sync -k cent`) only pytest runs, with them.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from portal.launch.programs import FOLDERS, programs, scrubbed, takes_part_in_test
from portal.settings import project_folder

# A file stays on one process: a journey's portal is started once for all of its tests.
PYTEST = ("-m", "pytest", "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider")
# The folders whose tests touch a database: they run again on PostgreSQL.
ON_BOTH_DATABASES = ("models", "migrations", "ledger", "services", "jobs", "reports", "web", "journeys")
CODE = ("portal", "sandbox", "tests", "bench", "proofs", "migrations", "worker.py")
# The money, the engine and the payloads: these tests, which need no server, take every branch of them.
TO_THE_CENT = ("tests/sync", "tests/golden", "tests/clients/payloads")
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
TYPED = ("portal", "sandbox", "tests", "bench", "proofs", "worker.py")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the summary. `words` follow `python`."""

    name: str
    words: tuple[str, ...]


class ToldToStop(Exception):
    """Ctrl-C, or a signal that asks to end."""


def main(argv: list[str]) -> int:
    """Run `test`, or `test …` with pytest's own words. Returns 0 only where everything held."""
    words = argv[1:]
    # Sockets lie in here, so its path is short; PostgreSQL runs as another user when root tests, so others may pass through.
    with tempfile.TemporaryDirectory(prefix="cl-") as scratch:
        Path(scratch).chmod(0o711)
        environ = environment(scratch)
        try:
            if words:
                return run(Check("pytest", ("-m", "pytest", *words)), environ)
            return run_all(every_check(), lambda check: run(check, environ))
        except ToldToStop:
            print("Stopped.")
            return 130


def environment(scratch: str) -> dict[str, str]:
    """Nothing of our settings; what tests write goes to `scratch`, what checks remember to `.venv`."""
    return scrubbed(os.environ.copy()) | {
        "TMPDIR": scratch,
        "COVERAGE_FILE": f"{scratch}/coverage",
        "HYPOTHESIS_STORAGE_DIRECTORY": f"{scratch}/hypothesis",
        "MYPY_CACHE_DIR": f"{sys.prefix}/mypy-cache",
        "RUFF_CACHE_DIR": f"{sys.prefix}/ruff-cache",
    }


def every_check() -> list[Check]:
    """What `test` runs, in order: the cheap ones first."""
    return [
        Check("format", ("-m", "ruff", "format", "--check", *existing(CODE))),
        Check("lint", ("-m", "ruff", "check", *existing(CODE))),
        Check("types", ("-m", "mypy", *existing(TYPED))),
        Check("imports", ("-c", LINT_IMPORTS)),
        Check(
            "tests to the cent",
            ("-m", "coverage", "run", *PYTEST[:2], *PYTEST[6:], "-q", *existing(TO_THE_CENT)),
        ),
        Check("every branch to the cent", ("-m", "coverage", "report")),
        Check("tests on SQLite", (*PYTEST, "tests")),
        Check(
            "tests on PostgreSQL",
            (*PYTEST, "--database=postgresql", *database_folders()),
        ),
        *small_programs(),
    ]


def existing(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the names that hold Python."""
    found = ((name, project_folder() / name) for name in names)
    return tuple(name for name, path in found if path.is_file() or any(path.rglob("*.py")))


def database_folders() -> tuple[str, ...]:
    """The folders of tests that run on both databases."""
    return existing(tuple(f"tests/{name}" for name in ON_BOTH_DATABASES))


def small_programs() -> list[Check]:
    """The proofs and measurements at their small size."""
    return [
        Check(f"{command} {name} --small", ("-m", f"{file.parent.name}.{file.stem}", "--small"))
        for command in FOLDERS
        for name, file in programs(command).items()
        if takes_part_in_test(file)
    ]


def run_all(checks: list[Check], run_one: Callable[[Check], int]) -> int:
    """Run each check, then say of each how it went. Returns 0 only where all held. Raises `ToldToStop`."""
    lines, failed = [], 0
    for check in checks:
        began = time.monotonic()
        print(f"\n=== {check.name}", flush=True)
        status = run_one(check)
        failed += status != 0
        lines.append(
            f"  {'ok    ' if status == 0 else 'FAILED'}  {check.name} ({time.monotonic() - began:.0f} s)"
        )
    print("\n=== Summary\n" + "\n".join(lines))
    print(f"{failed} of {len(checks)} failed." if failed else f"All {len(checks)} held.")
    return 1 if failed else 0


def run(check: Check, environ: dict[str, str]) -> int:
    """Run one check from the project's folder. Returns its exit status. Raises `ToldToStop` once it has ended."""
    told: list[int] = []
    process = subprocess.Popen([sys.executable, *check.words], cwd=project_folder(), env=environ)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        if number == signal.SIGTERM:  # Ctrl-C at a terminal reaches the check by itself
            process.terminate()

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        status = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if told:
        raise ToldToStop
    return status
