"""The locks: nothing but pinned names and hashes, in step with pyproject.toml (STACK: set-up)."""

import re
import tomllib
from typing import Any

from tests.rules.source import PROJECT

RUN, TEST = "requirements.txt", "requirements-test.txt"
PINNED = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9._-]*)(\[[a-z0-9,._-]+\])?==(?P<version>\S+)(?P<marker> ;[^\\]*)?( \\)?$"
)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?$")


def lines(name: str) -> list[str]:
    return (PROJECT / name).read_text().splitlines()


def faults(lock: list[str]) -> list[str]:
    """Lines that are neither a pin, a hash nor a comment (an index, a folder, a file), and pins without a hash."""
    found, unhashed = [], ""
    for line in lock:
        if HASH.match(line):
            unhashed = ""
        elif not line.lstrip().startswith("#") and line.strip():
            found += [f"{unhashed} has no hash"] if unhashed else []
            pin = PINNED.match(line)
            unhashed = pin["name"] if pin else ""
            found += [] if pin else [f"not a pin: {line}"]
    return found + ([f"{unhashed} has no hash"] if unhashed else [])


def pins(lock: list[str]) -> dict[str, str]:
    return {pin["name"]: pin["version"] for line in lock if (pin := PINNED.match(line))}


def plain(requirement: str) -> str:
    found = NAME.match(requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def direct() -> tuple[set[str], set[str]]:
    """The packages that pyproject.toml names: to run, and to test."""
    project: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    run = {plain(name) for name in project["project"]["dependencies"]}
    return run, {plain(name) for name in project["dependency-groups"]["test"]}


def test_the_locks_hold_pins_and_hashes_alone() -> None:
    assert faults(lines(RUN)) == []
    assert faults(lines(TEST)) == []


def test_every_direct_dependency_is_locked() -> None:
    run, test = direct()
    assert run - set(pins(lines(RUN))) == set()
    assert (run | test) - set(pins(lines(TEST))) == set()


def test_the_run_lock_holds_no_test_package() -> None:
    run, test = direct()
    assert (test - run) & set(pins(lines(RUN))) == set()


def test_both_locks_agree() -> None:
    run, test = pins(lines(RUN)), pins(lines(TEST))
    assert {name: version for name, version in run.items() if test.get(name) != version} == {}


def test_a_foreign_index_a_file_and_a_missing_hash_are_caught() -> None:
    digest = f"    --hash=sha256:{'0' * 64}"
    assert faults(["# made by a tool", "flask==3.1.3 \\", digest]) == []
    for option in (
        "--extra-index-url https://example.com/",
        "--find-links /wheels",
        "rq @ file:///wheels/rq.whl",
    ):
        assert faults([option, "flask==3.1.3 \\", digest]) == [f"not a pin: {option}"]
    assert faults(["flask==3.1.3", "rq==3.0.0 \\", digest]) == ["flask has no hash"]
    assert faults(["flask==3.1.3"]) == ["flask has no hash"]
