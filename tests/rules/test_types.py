"""Types are checked strictly in all the code there is."""

import tomllib
from typing import Any

from tests.rules.source import CODE, PROJECT


def unchecked(settings: dict[str, Any]) -> set[str]:
    """The folders and modules of our code that the type checker is not told of."""
    return {*CODE, "worker.py"} - {"migrations"} - set(settings["files"])


def test_every_folder_of_code_is_checked_strictly() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["mypy"]

    assert settings["strict"]
    assert unchecked(settings) == set()


def test_a_folder_that_is_left_out_is_caught() -> None:
    assert unchecked({"files": ["portal", "sandbox", "tests", "proofs", "worker.py"]}) == {"bench"}
