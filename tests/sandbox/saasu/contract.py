"""The Saasu contract as a judge of answers: `openapi.yaml` of the contracts beside the project."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

SHARED = Path(__file__).resolve().parents[4] / "shared" / "contracts" / "saasu"
CONTRACT = SHARED / "openapi.yaml"
EXAMPLES = SHARED / "examples"
ABSENT = f"The Saasu contract is not beside the project: {SHARED} is absent."

needs_contract = pytest.mark.skipif(not CONTRACT.is_file(), reason=ABSENT)


@cache
def contract() -> dict[str, Any]:
    """The whole document. It is OpenAPI 3.1, so that its schemas are JSON Schema as they stand."""
    read: dict[str, Any] = yaml.safe_load(CONTRACT.read_text())
    return read


@cache
def validator(reference: str) -> Draft202012Validator:
    """A validator of one schema of the document, named by its `$ref`."""
    return Draft202012Validator({"$ref": reference, "components": contract()["components"]})


def faults_of(schema: str, document: object) -> list[str]:
    """Where a document breaks the schema of that name."""
    return _said(validator(f"#/components/schemas/{schema}"), document)


def _said(judge: Draft202012Validator, document: object) -> list[str]:
    return [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in judge.iter_errors(document)
    ]


def departures(method: str, path: str, status: int, mimetype: str, body: str) -> list[str]:
    """What in an answer the contract does not foresee: the path, the status, the kind of text, or the body."""
    operation = _operation(method, path)
    if operation is None:
        return [f"{method} {path} is not in the contract."]
    response = operation["responses"].get(str(status))
    if response is None:
        return [f"{method} {path} does not answer {status} in the contract."]
    if "$ref" in response:
        response = contract()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    kinds = response.get("content", {})
    if not body or not kinds:
        return [] if not body or not kinds else [f"{method} {path} {status} has no body."]
    if mimetype not in kinds:
        return [f"{method} {path} {status} is not {mimetype} in the contract."]
    if mimetype != "application/json":
        return []
    judge = Draft202012Validator({**kinds[mimetype]["schema"], "components": contract()["components"]})
    return _said(judge, json.loads(body))


def _operation(method: str, path: str) -> dict[str, Any] | None:
    for template, operations in contract()["paths"].items():
        pattern = re.sub(r"\{\w+\}", r"\\d+", template)
        if re.fullmatch(pattern, path, re.IGNORECASE):
            found: dict[str, Any] | None = operations.get(method.lower())
            return found
    return None
