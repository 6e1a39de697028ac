"""`prove mutants`: change `money` and `sync` on purpose, one place at a time; a test of tests/sync must turn red for each change.

Works in a copy of the project, so that nothing of yours is touched. `--small` changes `money` alone, `--only portal/sync/tax.py` what you name. The last line is one JSON object:
`mutants`, `killed`, `share`, `survived` of which `explained` by `proofs/survivors.toml` and `unexplained`, and `functions`, of which
`skipped` (decorated ones) are not changed by the tool. The bar: nine mutants in ten die.
"""

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fnmatch import fnmatch
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SURVIVORS = PROJECT / "proofs" / "survivors.toml"
LEAVE = (".git", ".venv", "mutants", "data", "__pycache__", ".hypothesis", "screens")
WHOLE = ("portal/money.py", "portal/sync/*")
SMALL = ("portal/money.py",)
BAR = Decimal("0.9")
DEAD = frozenset({1, 3, -24, 24, 36, 152, 255})
"""Exit codes of a test run that found the change: a red test, or one that went on for ever."""
CONFIGURATION = """
[tool.mutmut]
source_paths = ["portal"]
only_mutate = {only}
also_copy = ["portal", "migrations", "sandbox", "templates", "static", "worker.py"]
pytest_add_cli_args_test_selection = ["tests/sync"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "--hypothesis-profile=derandomised"]
"""
DIFFERENCES = """
import json, sys
from mutmut.mutation.diff_apply import get_diff_for_mutant
print(json.dumps({name: get_diff_for_mutant(name) for name in json.load(sys.stdin)}))
"""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change that no test noticed: `function` by its full name, `lines` what was taken out and put in, `untested` if no test runs it."""

    name: str
    function: str
    lines: tuple[str, ...]
    untested: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a change may go unnoticed: `function` is a name or a pattern, `change` is found in its lines (a regular expression)."""

    function: str
    change: str
    reason: str

    def explains(self, survivor: Survivor) -> bool:
        """Whether it is about this survivor."""
        found = any(re.search(self.change, line) for line in survivor.lines)
        return found and fnmatch(survivor.function, self.function)


def main() -> int:
    """Run it. Returns 0 when nine mutants in ten died."""
    options = _options()
    only = tuple(options.only) or (SMALL if options.small else WHOLE)
    with tempfile.TemporaryDirectory(prefix="cl-mutants-") as folder:
        copy = make_copy(Path(folder), only)
        run_mutmut(copy, options.children)
        codes = read_codes(copy)
        refuse_untried(codes)
        survivors = read_survivors(copy, codes)
        mutated = {function_of(name) for name in codes}
    reasons = read_reasons()
    unexplained = [one for one in survivors if not any(reason.explains(one) for reason in reasons)]
    tell(unexplained)
    functions = every_function(only)
    killed = sum(code in DEAD for code in codes.values())
    share = Decimal(killed) / max(len(codes), 1)
    figures = {
        "mutants": len(codes),
        "killed": killed,
        "share": str(share.quantize(Decimal("0.001"), ROUND_DOWN)),
        "survived": len(survivors),
        "explained": len(survivors) - len(unexplained),
        "unexplained": len(unexplained),
        "functions": len(functions),
        "skipped": len(functions - mutated),
    }
    print(json.dumps(figures))
    return 0 if codes and share >= BAR else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="prove mutants", description=__doc__)
    parser.add_argument("--small", action="store_true", help="change money alone")
    parser.add_argument(
        "--only", action="append", default=[], help="change these modules alone; may be given again"
    )
    parser.add_argument("--children", type=int, default=os.cpu_count() or 2, help="test runs side by side")
    return parser.parse_args()


def make_copy(folder: Path, only: tuple[str, ...]) -> Path:
    """Copy the project into a folder and tell the tool there what to change. Returns the copy."""
    copy = folder / "project"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(*LEAVE), symlinks=True)
    shared = PROJECT.parent / "shared"
    if shared.exists():
        (folder / "shared").symlink_to(shared.resolve())
        # The tool runs the tests one folder deeper, from copy/mutants.
        (copy / "shared").symlink_to(shared.resolve())
    with (copy / "pyproject.toml").open("a") as file:
        file.write(CONFIGURATION.format(only=json.dumps(only)))
    return copy


def run_mutmut(copy: Path, children: int) -> None:
    """Make every change and run the tests that reach it. Raises `SystemExit` with its words where the tool itself failed."""
    words = [sys.executable, "-m", "mutmut", "run", "--max-children", str(children)]
    log = copy / "mutmut.log"
    with log.open("w") as file:
        status = subprocess.run(
            words, cwd=copy, stdout=file, stderr=subprocess.STDOUT, check=False
        ).returncode
    if status != 0:
        sys.exit(f"The changes could not be tried:\n{log.read_text()[-3000:]}")


def read_codes(copy: Path) -> dict[str, int | None]:
    """The exit code of the tests for each change, by the change's name."""
    codes: dict[str, int | None] = {}
    for file in sorted((copy / "mutants").rglob("*.meta")):
        codes |= json.loads(file.read_text())["exit_code_by_key"]
    return codes


def refuse_untried(codes: dict[str, int | None]) -> None:
    """Raise `SystemExit` where the tool was interrupted: it ends as if all was well, and what it did not try would count as survived."""
    untried = sum(code is None for code in codes.values())
    if untried:
        sys.exit(f"The tool was interrupted: {untried} of {len(codes)} changes were not tried.")


def function_of(mutant: str) -> str:
    """`portal.money.x_cents__mutmut_1` is of `portal.money.cents`; a method's name follows its class's."""
    module, _, rest = mutant.partition("__mutmut_")[0].rpartition(".")
    parts = [part for part in rest.removeprefix("x_").removeprefix("x").split("ǁ") if part]
    return ".".join((module, *parts))


def read_survivors(copy: Path, codes: dict[str, int | None]) -> list[Survivor]:
    """What no test noticed, with the lines of each change."""
    alive = [name for name, code in codes.items() if code not in DEAD]
    answer = subprocess.run(
        [sys.executable, "-c", DIFFERENCES],
        cwd=copy,
        input=json.dumps(alive),
        capture_output=True,
        text=True,
        check=True,
    )
    differences: dict[str, str] = json.loads(answer.stdout)
    return [
        Survivor(name, function_of(name), changed_lines(difference), codes[name] in {5, 33})
        for name, difference in differences.items()
    ]


def changed_lines(difference: str) -> tuple[str, ...]:
    """What a change took out and put in."""
    lines = difference.splitlines()
    return tuple(line for line in lines if re.match(r"[-+](?![-+]{2} )", line))


def read_reasons() -> list[Reason]:
    """Why some changes may go unnoticed."""
    found = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))["survivor"]
    return [Reason(one["function"], one.get("change", ""), one["reason"]) for one in found]


def tell(unexplained: list[Survivor]) -> None:
    """Print each survivor for which nobody gave a reason."""
    for one in unexplained:
        print(f"{one.name}{'  (no test runs it)' if one.untested else ''}")
        for line in one.lines:
            print(f"    {line}")


def every_function(only: tuple[str, ...]) -> set[str]:
    """The full names of all functions and methods of these modules."""
    names = set()
    for pattern in only:
        for path in PROJECT.glob(pattern):
            module = ".".join(path.relative_to(PROJECT).with_suffix("").parts) if path.suffix == ".py" else ""
            if module:
                names |= {f"{module}.{name}" for name in names_in(ast.parse(path.read_text()))}
    return names


def names_in(module: ast.Module) -> set[str]:
    """`function` and `Class.method` for each that a module defines."""
    found = set()
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return found


if __name__ == "__main__":
    raise SystemExit(main())
