"""`python3 -m portal`: sets itself up in `.venv` with nothing but Python, then runs the command there (STACK: set-up).

This module imports the standard library alone, and reads on Pythons that are too old, so that they are told in a sentence.
"""

import hashlib
import importlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
OLDEST = (3, 11)
RUN_SET = "requirements.txt"
TEST_SET = "requirements-test.txt"
NEEDS_TEST_SET = ("test", "prove", "bench")

COMMANDS = {
    "demo": "try it: a pretend shop, a pretend Saasu and the portal, on this machine",
    "up": "run it: the portal for a real firm, on this machine",
    "test": "run every check and every test",
    "connections": "list every connection, with the id that the other commands take",
    "sync": "sync a connection now: sync CONNECTION",
    "preview": "say what would be posted: preview CONNECTION [--from DATE] [--to DATE] [--order N]",
    "life": "print one order's whole life from the ledger: life CONNECTION ORDER",
    "backup": "write the database to a file: backup FILE [--force]",
    "restore": "fill an empty database from such a file: restore FILE",
    "rotate-keys": "seal the saved credentials with the newest key",
    "migrate": "bring the tables up to date",
    "seed-demo": "fill the demo (done by demo)",
    "prove": "run a proof: prove NAME [--small]",
    "bench": "run a measurement: bench NAME [--small]",
}

HELP = """Cartledger: BigCommerce orders in Saasu files.

  python3 -m portal COMMAND

{commands}

  demo and up take --port N and --data DIR, so that several can run side by side; Ctrl-C stops them.
  connections, sync, preview, life, backup, restore, rotate-keys and migrate work on DATABASE_URL, or on a folder of demo or up:
  --data DIR. Without either, on data/up or else data/demo.
  Exit status: 0 done; 1 it could not be done, and the message says why; 2 the command is not written as it must be; 130 Ctrl-C.
  The first start makes .venv beside this file's folder and installs what it needs there, checked by hash.
"""


class SetUpFailed(Exception):
    """The set-up cannot go on; the text is a sentence with what to do."""


def main(argv: "list[str]") -> int:
    """Set up where needed, then run the command. Returns the exit status."""
    command = argv[0] if argv else "--help"
    if command in ("-h", "--help", "help"):
        print(help_text())
        return 0
    if command not in COMMANDS:
        print(f"There is no command {command!r}.\n\n{help_text()}", file=sys.stderr)
        return 2
    try:
        check_python()
        set_up(command in NEEDS_TEST_SET)
    except SetUpFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if not inside():
        os.execv(str(python()), [str(python()), "-m", "portal", *argv])
    run = importlib.import_module("portal.launch").main
    return int(run(argv))


def help_text() -> str:
    """What `python3 -m portal` prints by itself."""
    lines = (f"  {name:<12} {meaning}" for name, meaning in COMMANDS.items())
    return HELP.format(commands="\n".join(lines))


def check_python() -> None:
    """Refuse a Python or a system that is not supported. Raises `SetUpFailed`."""
    if os.name != "posix":
        raise SetUpFailed("Cartledger runs on Linux and macOS. On Windows, use it within WSL.")
    version = tuple(sys.version_info[:2])
    if version >= OLDEST:
        return
    newer = [f"python3.{minor}" for minor in range(20, OLDEST[1] - 1, -1) if shutil.which(f"python3.{minor}")]
    advice = (
        f"Try: {newer[0]} -m portal"
        if newer
        else "Install a newer one from https://www.python.org/ and try again."
    )
    raise SetUpFailed(
        f"Cartledger needs Python 3.11 or later, and this is Python {version[0]}.{version[1]}. {advice}"
    )


def python() -> Path:
    """The Python of `.venv`."""
    return VENV / "bin" / "python"


def inside() -> bool:
    """Whether this process runs in `.venv` already."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def set_up(with_tests: bool) -> None:
    """Make `.venv` hold what the locks name; nothing to do where its stamp says so. Raises `SetUpFailed`."""
    if is_stamped(with_tests):
        return
    import fcntl  # not on Windows, which was told so above

    with (PROJECT / RUN_SET).open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Another start is setting up .venv; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_stamped(with_tests):
            began = time.monotonic()
            print("Setting up .venv " + ("for the tests …" if with_tests else "…"), flush=True)
            make_venv()
            install(TEST_SET if with_tests else RUN_SET)
            write_stamps(with_tests)
            print(f"Set up in {time.monotonic() - began:.0f} s.", flush=True)


def stamp_file(with_tests: bool) -> Path:
    """Where it is noted which locks `.venv` holds: one note for the run set, one for the test set, which holds both."""
    return VENV / ("cartledger-test-set" if with_tests else "cartledger-run-set")


def digest(with_tests: bool) -> str:
    """What the stamp must say: the hash of the locks."""
    names = (RUN_SET, TEST_SET) if with_tests else (RUN_SET,)
    return hashlib.sha256(b"\0".join((PROJECT / name).read_bytes() for name in names)).hexdigest()


def is_stamped(with_tests: bool) -> bool:
    """Whether `.venv` is there and holds what is asked for."""
    stamp = stamp_file(with_tests)
    return python().exists() and stamp.is_file() and stamp.read_text() == digest(with_tests)


def write_stamps(with_tests: bool) -> None:
    """Note what `.venv` holds now. A change of the run set alone ends the test set's note, since its hash covers both."""
    stamp_file(False).write_text(digest(False))
    if with_tests:
        stamp_file(True).write_text(digest(True))


def make_venv() -> None:
    """Make `.venv` without pip, which every Python can, where there is none that works. Raises `SetUpFailed`."""
    check = f"import sys; sys.exit(sys.version_info[:2] < {OLDEST!r})"
    if python().exists() and quiet([str(python()), "-c", check]):
        return
    base = getattr(sys, "_base_executable", sys.executable)
    if not quiet([base, "-m", "venv", "--clear", "--without-pip", str(VENV)], show=True):
        raise SetUpFailed(
            "Python could not make .venv. On Debian and Ubuntu: apt-get install python3-venv, then try again."
        )


def install(name: str) -> None:
    """Install one lock: with uv, else with pip; uv that fails is no reason to stop. Raises `SetUpFailed`."""
    uv = shutil.which("uv")
    wanted = ["--require-hashes", "-r", str(PROJECT / name)]
    if uv and quiet([uv, "pip", "install", "--quiet", "--python", str(python()), *wanted]):
        return
    pip = [*find_pip(), "install", "--quiet", "--no-input", "--no-compile", "--disable-pip-version-check"]
    if not quiet([*pip, *wanted], show=True):
        raise SetUpFailed(
            f"Installing {name} failed; the lines above say why. The internet, or a mirror named in pip's settings, must be in reach."
        )


def find_pip() -> "list[str]":
    """A pip that installs into `.venv`: its own, which Python brings along, else this machine's. Raises `SetUpFailed`."""
    own = [str(python()), "-m", "pip"]
    if quiet([*own, "--version"]) or quiet([str(python()), "-m", "ensurepip", "--default-pip"]):
        return own
    base = getattr(sys, "_base_executable", sys.executable)
    for candidate in (base, shutil.which("python3")):
        machines = [str(candidate), "-m", "pip", "--python", str(python())]
        if candidate and quiet([*machines, "--version"]):
            return machines
    raise SetUpFailed(
        "There is neither uv nor pip on this machine. On Debian and Ubuntu: apt-get install python3-pip, then try again."
    )


def quiet(words: "list[str]", show: bool = False) -> bool:
    """Run a command; whether it went well. `show` lets its complaints through."""
    output = None if show else subprocess.DEVNULL
    try:
        return subprocess.call(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output) == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
