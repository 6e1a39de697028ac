"""Nothing is left unfinished in what is committed."""

import re

from tests.rules.source import every_fault, texts

# Put together from parts, so that this file does not hold what it looks for.
MARKS = re.compile(
    r"\b("
    + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "NotImplemented" + "Error"))
    + r")\b"
)


def unfinished(text: str) -> list[str]:
    lines = enumerate(text.splitlines(), start=1)
    return [f"line {number} says {found[0]}" for number, line in lines if (found := MARKS.search(line))]


def test_no_file_carries_a_mark_of_unfinished_work() -> None:
    assert len(texts()) > 50
    found = every_fault(texts(), lambda path: unfinished(path.read_text(errors="replace")))
    assert not found, found


def test_a_mark_is_caught() -> None:
    assert unfinished("fine\n# " + "TO" + "DO: later") == ["line 2 says " + "TO" + "DO"]
    assert unfinished("raise NotImplemented" + "Error") != []
    assert unfinished("a to-do list, hackneyed") == []
