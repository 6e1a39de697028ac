"""Money is Decimal from the JSON text to the JSON text (ARCHITECTURE law 6)."""

import ast
from pathlib import Path

from tests.rules.source import PROJECT, every_fault, modules, tree


def exact_modules() -> list[Path]:
    payloads = [path for path in modules("portal/clients") if "payloads" in path.stem]
    return [*modules("portal/sync"), PROJECT / "portal/money.py", *payloads]


def floats(module: ast.AST) -> list[str]:
    return [
        f"line {node.lineno} holds a float"
        for node in ast.walk(module)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float | complex))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]


def inexact_json(module: ast.AST) -> list[str]:
    """Calls that would read JSON numbers as floats: `json.load(s)` without `parse_float`, and `.json()` of an answer."""
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    return [f"line {call.lineno} reads JSON through floats" for call in calls if reads_floats(call)]


def reads_floats(call: ast.Call) -> bool:
    words = ast.unparse(call.func)
    if words.rpartition(".")[2] in {"load", "loads"} and words.startswith("json"):
        return not any(keyword.arg == "parse_float" for keyword in call.keywords)
    return isinstance(call.func, ast.Attribute) and call.func.attr == "json"


def imports_from_json(module: ast.AST) -> list[str]:
    found = (node for node in ast.walk(module) if isinstance(node, ast.ImportFrom) and node.module == "json")
    return [f"line {node.lineno} imports from json; write json.loads" for node in found]


def test_no_float_is_in_the_engine_the_money_rules_or_a_payload_module() -> None:
    assert len(exact_modules()) > 10
    found = every_fault(exact_modules(), lambda path: floats(tree(path)))
    assert not found, found


def test_clients_read_json_exactly() -> None:
    found = every_fault(
        modules("portal/clients"), lambda path: [*inexact_json(tree(path)), *imports_from_json(tree(path))]
    )
    assert not found, found


def test_a_float_is_caught() -> None:
    assert floats(ast.parse("rate = 0.1")) != []
    assert floats(ast.parse("rate: float = 1")) != []
    assert floats(ast.parse("rate = float(text)")) != []
    assert floats(ast.parse("rate = Decimal('0.1')  # not a float")) == []


def test_inexact_json_is_caught() -> None:
    assert inexact_json(ast.parse("json.loads(text)")) != []
    assert inexact_json(ast.parse("answer.json()")) != []
    assert inexact_json(ast.parse("json.loads(text, parse_float=Decimal)")) == []
    assert imports_from_json(ast.parse("from json import loads")) != []
