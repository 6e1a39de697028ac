"""`prove NAME` and `bench NAME`: runs one program of `proofs/` or `bench/` in a process of its own.

The last line it prints is one JSON object of figures, and its exit status is 0 only where its bar holds (issue: commands).
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

from portal.settings import VARIABLES, project_folder

FOLDERS = {"prove": "proofs", "bench": "bench"}
REMOTES = ("BIGCOMMERCE_API_URL", "SAASU_API_URL")
"""Addresses that a proof may be given, to work against other servers than our sandbox."""


def main(argv: list[str]) -> int:
    """Run `prove NAME …` or `bench NAME …`. Returns the program's exit status; 2 for a name that does not exist."""
    command, *words = argv
    known = programs(command)
    name = words[0] if words and not words[0].startswith("-") else ""
    if name not in known:
        told = (
            f"There is no {command} {name!r}."
            if name
            else f"Which one? python3 -m portal {command} NAME [--small]"
        )
        print(told, "These exist: " + (", ".join(known) or "none yet") + ".", file=sys.stderr)
        return 2
    return run(known[name], words[1:])


def programs(command: str) -> dict[str, Path]:
    """The programs of `prove` or `bench`, by the name typed on the command line."""
    folder = project_folder() / FOLDERS[command]
    files = sorted(file for file in folder.glob("*.py") if not file.name.startswith("_"))
    return {file.stem.replace("_", "-"): file for file in files if has_main(file)}


def has_main(file: Path) -> bool:
    """Whether a file is a program and no mere module beside the programs: it defines `main`."""
    return any(
        isinstance(node, ast.FunctionDef) and node.name == "main" for node in ast.parse(file.read_text()).body
    )


def takes_part_in_test(file: Path) -> bool:
    """Whether the test command runs a program with `--small`: unless it says `SMALL = False`."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["SMALL"]:
            return ast.unparse(node.value) != "False"
    return True


def run(file: Path, words: list[str]) -> int:
    """Run one program from the project's folder, in development, on no database of the environment. Returns its exit status."""
    words = [sys.executable, "-m", f"{file.parent.name}.{file.stem}", *words]
    remotes = {name: os.environ[name] for name in REMOTES if os.environ.get(name)}
    environ = scrubbed(os.environ.copy()) | remotes
    process = subprocess.Popen(words, cwd=project_folder(), env=environ)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()  # Ctrl-C reached it as well
        return 130


def scrubbed(environ: dict[str, str]) -> dict[str, str]:
    """An environment without any of our settings, so that neither tests nor proofs touch what a firm uses."""
    ours = {variable.name for variable in VARIABLES}
    kept = {name: value for name, value in environ.items() if name not in ours and not name.startswith("PG")}
    return kept | {"APP_ENV": "development"}
