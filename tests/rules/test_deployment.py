"""What a newcomer and a platform read first agrees with the code: `.env.example`, the Procfile, the set-up's imports."""

import ast
import importlib
import re
import shlex
import sys
from importlib.util import find_spec

from portal.settings import VARIABLES
from tests.rules.source import PROJECT, every_fault, imported, tree

FACTORY = re.compile(r"(?P<module>[\w.]+):(?P<name>\w+)\(\)")
FIRST_MODULES = ("portal/__init__.py", "portal/__main__.py")


def variables(text: str) -> list[str]:
    return re.findall(r"^(\w+)=", text, re.MULTILINE)


def entries(text: str) -> dict[str, list[str]]:
    pairs = (line.partition(":") for line in text.splitlines() if line.strip())
    return {name.strip(): shlex.split(command) for name, _, command in pairs}


def missing(words: list[str]) -> list[str]:
    """What a command line names and the project or its packages do not have."""
    factories = [found for word in words if (found := FACTORY.fullmatch(word))]
    absent = [f[0] for f in factories if not hasattr(importlib.import_module(f["module"]), f["name"])]
    if words[0] == "python" and words[1] != "-m":
        return absent + ([] if (PROJECT / words[1]).is_file() else [words[1]])
    module = words[2] if words[0] == "python" else words[0]
    return absent + ([] if find_spec(module) else [module])


def foreign(module: ast.AST) -> list[str]:
    return [name for name in imported(module) if name.split(".")[0] not in sys.stdlib_module_names]


def test_the_example_names_exactly_the_variables_that_are_read() -> None:
    assert variables((PROJECT / ".env.example").read_text()) == [variable.name for variable in VARIABLES]


def test_the_procfile_has_its_four_entries_and_each_can_start() -> None:
    found = entries((PROJECT / "Procfile").read_text())
    assert list(found) == ["release", "web", "worker", "clock"]
    assert [absent for words in found.values() for absent in missing(words)] == []


def test_the_set_up_imports_the_standard_library_alone() -> None:
    paths = [PROJECT / name for name in FIRST_MODULES]
    found = every_fault(paths, lambda path: foreign(tree(path)))
    assert not found, found


def test_the_build_machine_may_run_its_script() -> None:
    script = PROJECT / ".ci/run"
    assert script.stat().st_mode & 0o111
    assert script.read_text().rstrip().endswith("exec python3 -m portal test")


def test_breaches_are_caught() -> None:
    assert variables("# one\nONE=1\n# TWO=2\n") == ["ONE"]
    assert missing(["python", "no_worker.py"]) == ["no_worker.py"]
    assert missing(["no_server", "portal.app:create_app()"]) == ["no_server"]
    assert missing(["gunicorn", "portal.app:no_app()"]) == ["portal.app:no_app()"]
    assert foreign(ast.parse("import os\ndef go():\n    from flask import Flask")) == ["flask"]
