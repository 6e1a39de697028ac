"""Who may import whom (ARCHITECTURE): the contracts of pyproject.toml hold, and each of them bites."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.rules.source import PROJECT

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
PLANTS = {
    "portal/utils.py": '"""A module that no layer knows."""\n',
    "portal/sync/orders.py": "import sqlalchemy\n",
    "portal/web/__init__.py": "import sqlalchemy\n",
    "portal/clients/__init__.py": "import flask\n",
    "portal/models/__init__.py": "import requests\nimport portal.vault\n",
    "portal/settings.py": "import sandbox\n",
    "sandbox/world.py": "import sandbox.serve\n",
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, check=False
    )


def contracts() -> list[str]:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return [contract["name"] for contract in settings["contracts"]]


def test_every_contract_is_kept() -> None:
    done = lint(PROJECT)
    assert done.returncode == 0, done.stdout


def test_every_contract_is_broken_by_a_planted_breach(tmp_path: Path) -> None:
    for package in ("portal", "sandbox"):
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    for name, words in PLANTS.items():
        with (tmp_path / name).open("a") as file:
            file.write(words)
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert [name for name in contracts() if f"{name} BROKEN" not in done.stdout] == []
