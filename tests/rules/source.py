"""The project's own source, read for the house rules."""

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from portal.settings import project_folder

PROJECT = project_folder()
CODE = ("portal", "sandbox", "tests", "bench", "proofs", "migrations")
WRITTEN = (*CODE, "templates", "static", "docs", ".ci")
TEXTS = {".py", ".html", ".txt", ".css", ".js", ".md", ".toml", ".sh", ""}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> list[Path]:
    """Every Python file of some folders of the project; of all its code where none is named."""
    found = [path for folder in folders or CODE for path in (PROJECT / folder).rglob("*.py")]
    return sorted(found if folders else [*found, PROJECT / "worker.py"])


def texts() -> list[Path]:
    """Every file that a person wrote."""
    inside = (path for folder in WRITTEN for path in (PROJECT / folder).rglob("*"))
    files = (path for path in (*inside, *PROJECT.iterdir()) if path.is_file() and path.suffix in TEXTS)
    return sorted(path for path in files if "__pycache__" not in path.parts)


def tree(path: Path) -> ast.Module:
    """A file, parsed."""
    return ast.parse(path.read_text(), str(path))


def functions(module: ast.AST) -> Iterator[Function]:
    """Every function and method, nested ones too."""
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imported(module: ast.AST) -> Iterator[str]:
    """The dotted name of every module that is imported anywhere in a module."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def every_fault(paths: Iterable[Path], faults: Callable[[Path], Iterable[str]]) -> str:
    """The faults of some files, one a line with the file it is in; empty where there is none."""
    return "\n".join(f"{path.relative_to(PROJECT)}: {fault}" for path in paths for fault in faults(path))
