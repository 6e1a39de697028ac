"""Tests are plain functions, each of which can fail; the wire is mocked in the clients' tests alone."""

import ast
from pathlib import Path

from tests.rules.source import PROJECT, Function, every_fault, functions, imported, modules, tree

ASSERTING = {"raises", "warns", "fail", "expect"}


def functions_of_tests(module: ast.Module) -> list[Function]:
    return [function for function in functions(module) if function.name.startswith("test_")]


def asserts_something(function: Function) -> bool:
    return any(can_fail(node) for node in ast.walk(function))


def can_fail(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return not isinstance(node.test, ast.Constant)
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        return name in ASSERTING or name.startswith("assert_")
    return False


def empty_tests(module: ast.Module) -> list[str]:
    return [
        f"{found.name} asserts nothing"
        for found in functions_of_tests(module)
        if not asserts_something(found)
    ]


def classes_of_tests(module: ast.Module) -> list[str]:
    return [
        node.name
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test")
    ]


def mocks_the_wire(module: ast.Module) -> list[str]:
    return ["mocks the wire"] if "responses" in {name.split(".")[0] for name in imported(module)} else []


def files_of_tests() -> list[Path]:
    return [path for path in modules("tests") if path.name.startswith("test_")]


def test_every_test_asserts_something() -> None:
    found = every_fault(files_of_tests(), lambda path: empty_tests(tree(path)))
    assert not found, found


def test_tests_are_plain_functions() -> None:
    found = every_fault(files_of_tests(), lambda path: classes_of_tests(tree(path)))
    assert not found, found


def test_the_wire_is_mocked_in_the_clients_tests_alone() -> None:
    elsewhere = [path for path in modules() if not path.is_relative_to(PROJECT / "tests/clients")]
    found = every_fault(elsewhere, lambda path: mocks_the_wire(tree(path)))
    assert not found, found


def test_a_test_without_an_assertion_is_caught() -> None:
    assert empty_tests(ast.parse("def test_it() -> None:\n    go()")) == ["test_it asserts nothing"]
    assert empty_tests(ast.parse("def test_it() -> None:\n    assert True")) == ["test_it asserts nothing"]
    assert (
        empty_tests(ast.parse("def test_it() -> None:\n    with pytest.raises(Fault):\n        go()")) == []
    )


def test_a_class_of_tests_and_a_mocked_wire_are_caught() -> None:
    assert classes_of_tests(ast.parse("class TestIt:\n    pass")) == ["TestIt"]
    assert mocks_the_wire(ast.parse("def go():\n    import responses.matchers")) != []
