"""Modules and functions stay small, and are named by words of the business (ARCHITECTURE: budgets for review)."""

import ast
from pathlib import Path

from tests.rules.source import every_fault, functions, modules, tree

MODULE_LINES, FUNCTION_LINES, USUAL_FUNCTION_LINES = 400, 60, 30
NAMES_THAT_SAY_NOTHING = {"common", "misc", "base", "data", "info", "handle", "process"}
WORDS_THAT_SAY_NOTHING = {"util", "utils", "helper", "helpers", "manager", "managers"}


def length(function: ast.AST) -> int:
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    return (function.end_lineno or function.lineno) - function.lineno + 1


def long_functions(module: ast.AST) -> list[str]:
    return [
        f"{found.name} has {length(found)} lines"
        for found in functions(module)
        if length(found) > FUNCTION_LINES
    ]


def says_nothing(name: str) -> bool:
    return name in NAMES_THAT_SAY_NOTHING or bool(WORDS_THAT_SAY_NOTHING & set(name.split("_")))


def names_of(path: Path) -> set[str]:
    return {path.stem, path.parent.name}


def long_module(path: Path) -> list[str]:
    lines = len(path.read_text().splitlines())
    return [f"{lines} lines"] if lines > MODULE_LINES else []


def test_no_module_has_more_than_400_lines() -> None:
    found = every_fault(modules(), long_module)
    assert not found, found


def test_no_function_has_more_than_60_lines() -> None:
    # A migration is one list of tables, written by a tool and read from top to bottom.
    paths = [path for path in modules() if "versions" not in path.parts]
    found = every_fault(paths, lambda path: long_functions(tree(path)))
    assert not found, found


def test_nine_functions_in_ten_have_30_lines_or_fewer() -> None:
    lengths = [
        length(function) for path in modules("portal", "sandbox") for function in functions(tree(path))
    ]
    assert sum(lines <= USUAL_FUNCTION_LINES for lines in lengths) >= 0.9 * len(lengths)


def test_modules_and_folders_are_named_by_words_that_say_something() -> None:
    found = every_fault(modules(), lambda path: filter(says_nothing, names_of(path)))
    assert not found, found


def test_a_function_of_61_lines_is_caught() -> None:
    body = "    pass\n" * FUNCTION_LINES
    assert long_functions(ast.parse(f"def long() -> None:\n{body}")) == ["long has 61 lines"]
    assert long_functions(ast.parse("class Some:\n  def long(self):\n" + body)) == ["long has 61 lines"]
    assert long_functions(ast.parse("def short() -> None:\n    pass\n")) == []


def test_a_name_that_says_nothing_is_caught() -> None:
    assert all(says_nothing(name) for name in ("utils", "sync_helpers", "base", "data", "run_manager"))
    assert not any(says_nothing(name) for name in ("database", "handlebars", "orders", "processing"))
