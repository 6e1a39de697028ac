"""Every sentence of the source document stands in docs/seed-coverage.md with a test that is there and a place to see it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.rules.source import PROJECT, functions, tree

TABLE = PROJECT / "docs" / "seed-coverage.md"
DOCUMENT = PROJECT.parent / "shared" / "seed" / "bigcommerce-integration.txt"
GOLDEN = "tests/golden/"


@dataclass(frozen=True, slots=True)
class Row:
    """One sentence, the tests that hold it, and where to see it."""

    sentence: str
    tests: tuple[str, ...]
    place: str


def rows(text: str) -> list[Row]:
    """The rows of the table, in its order."""
    cells = [line.strip("| \n").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [
        Row(sentence, tuple(re.findall(r"`([^`]+)`", tests)), place.strip())
        for sentence, tests, place in cells[1:]
    ]


def sentences(text: str) -> Iterator[str]:
    """The document's sentences; of a line that lists something, its parts."""
    for line in text.splitlines():
        words = re.sub(r"^(\d+\.|•)\s+", "", " ".join(line.split()))
        yield from filter(None, re.split(r"(?<=[.?!:])\s+(?=[A-Z“*])", words))


@cache
def names_in(path: Path) -> frozenset[str]:
    """The functions of a module of tests."""
    return frozenset(function.name for function in functions(tree(path)))


def is_there(test: str) -> bool:
    """Whether a test of that name, or a golden case of that file, exists."""
    file, _, name = test.partition("::")
    path = PROJECT / file
    if not path.is_file():
        return False
    return file.startswith(GOLDEN) and path.suffix == ".yaml" if not name else name in names_in(path)


@pytest.mark.skipif(not DOCUMENT.exists(), reason="the source document is not beside this project")
def test_every_sentence_of_the_document_is_in_the_table_in_its_order() -> None:
    found = [row.sentence for row in rows(TABLE.read_text())]
    assert found == list(sentences(DOCUMENT.read_text()))


def test_every_row_names_a_test_that_is_there_and_a_place_to_see_it() -> None:
    table = rows(TABLE.read_text())
    assert len(table) == 100
    assert [row.sentence for row in table if not row.tests or not row.place] == []
    assert [test for row in table for test in row.tests if not is_there(test)] == []


def test_a_row_without_a_test_and_a_test_that_is_gone_are_caught() -> None:
    (row,) = rows("| sentence | held by | to be seen |\n|---|---|---|\n| It syncs. | nobody | the board |\n")
    assert row == Row("It syncs.", (), "the board")
    assert not is_there("tests/rules/test_seed_coverage.py::test_of_nothing")
    assert not is_there("tests/golden/000-nothing.yaml")
    assert not is_there("docs/seed-coverage.md")
    assert is_there("tests/rules/test_seed_coverage.py::is_there")


def test_sentences_are_told_apart() -> None:
    text = "  3. First: do it. Then stop!\n\n  • “Yes”? No.\n"
    assert list(sentences(text)) == ["First: do it.", "Then stop!", "“Yes”?", "No."]
