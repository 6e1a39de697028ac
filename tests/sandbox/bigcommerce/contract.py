"""The official OpenAPI files as a judge of answers, and the short list of departures that recorded answers show."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

SHARED = Path(__file__).resolve().parents[4] / "shared" / "contracts" / "bigcommerce"
EXAMPLES = SHARED / "examples"
ABSENT = f"The official OpenAPI files are not beside the project: {SHARED} is absent."

needs_contract = pytest.mark.skipif(not SHARED.is_dir(), reason=ABSENT)


@dataclass(frozen=True)
class Fault:
    """One place where an answer is not as its schema says: the field with list places left out, and the broken rule."""

    resource: str
    field: str
    rule: str


# What the real shop does against its own documentation, each with a recorded answer that shows it.
DEPARTURES: dict[Fault, str] = {
    Fault("order", "cart_id", "type null"): "nango__order_created_response.json",
    Fault("order", "customer_message", "type null"): "nango__order_created_response.json",
    Fault("order", "staff_notes", "type null"): "nango__order_created_response.json",
    Fault("order", "payment_provider_id", "oneOf null"): "nango__order_created_response.json",
    # A link or a structure: either fits both of the two schemas, of which exactly one is asked for.
    Fault("order", "consignments", "oneOf"): "nango__order_100.json",
    Fault("product", "fulfillment_source", "additionalProperties"): "nango__order_100__products.json",
}

# Resource → schema file, schema.
SCHEMAS: dict[str, tuple[str, dict[str, Any]]] = {
    "order": ("orders.v2.oas2.yml", {"$ref": "#/components/schemas/order_Resp"}),
    "product": ("orders.v2.oas2.yml", {"$ref": "#/components/schemas/orderProducts"}),
    "shipping_address": ("orders.v2.oas2.yml", {"$ref": "#/components/schemas/orderShippingAddress"}),
    "coupon": ("orders.v2.oas2.yml", {"$ref": "#/components/schemas/orderCoupons_Base"}),
    "tax": ("orders.v2.oas2.yml", {"$ref": "#/components/schemas/orderTaxes_Base"}),
    "fees": ("orders.v2.oas2.yml", {"$ref": "#/components/schemas/orderFees_Resp"}),
    "consignments": ("orders.v2.oas2.yml", {"$ref": "#/components/schemas/orderConsignment_Get"}),
    "order_status": ("orders.v2.oas2.yml", {"$ref": "#/components/schemas/orderStatus_Base"}),
    "count": ("orders.v2.oas2.yml", {"$ref": "#/components/schemas/ordersCount_Full"}),
    "store": ("store_information.v2.yml", {"$ref": "#/components/schemas/StoreInformation"}),
    "time": ("store_information.v2.yml", {"$ref": "#/components/schemas/timeStamp_Full"}),
}
# The samples of 2015 and 2020 are of an older API: they are not held against today's files.
RECORDED: dict[str, str] = {
    r"(nango|idx|spec26)__order_(\d+|created_response)\.json": "order",
    r"(nango|issue173|spec26)__order_\d+__product(s|_.*)\.json": "product",
    r"(nango|spec26)__order_\d+__shipping_address.*\.json": "shipping_address",
    r"spec26__order_\d+__coupons\.json": "coupon",
    r"spec26__order_\d+__taxes\.json": "tax",
    r"spec26__order_fees\.json": "fees",
    r"spec26__order_consignments__.*\.json": "consignments",
    r"(nango|spec26)__order_statuses\.json": "order_status",
    r"(aligent|spec26)__orders_count\.json": "count",
    r"spec26__store\.json": "store",
    r"spec26__time\.json": "time",
}
_validators: dict[str, Draft202012Validator] = {}


def faults(resource: str, document: object) -> set[Fault]:
    """Where a document breaks its schema."""
    found = _validator(resource).iter_errors(document)
    return {fault for error in found for fault in _faults(resource, error)}


def unexcused(resource: str, document: object) -> set[Fault]:
    """Where it breaks its schema in a way that no recorded answer does."""
    return faults(resource, document) - DEPARTURES.keys()


def resource_of(name: str) -> str | None:
    """Which resource a recorded answer shows; None for errors, hooks and requests."""
    for pattern, resource in RECORDED.items():
        if re.fullmatch(pattern, name):
            return resource
    return None


def recorded(name: str) -> Iterator[Any]:
    """The documents of a recorded answer, one by one."""
    read = json.loads((EXAMPLES / name).read_text())
    yield from (read if isinstance(read, list) else [read])


def _faults(resource: str, error: Any) -> Iterator[Fault]:
    place = [str(part) for part in error.absolute_path if not isinstance(part, int)]
    if error.validator == "additionalProperties":
        for name in error.instance.keys() - error.schema["properties"].keys():
            yield Fault(resource, ".".join([*place, name]), "additionalProperties")
        return
    yield Fault(resource, ".".join(place), f"{error.validator}{' null' if error.instance is None else ''}")


def _validator(resource: str) -> Draft202012Validator:
    if resource not in _validators:
        file, schema = SCHEMAS[resource]
        contract = yaml.safe_load((SHARED / "specs" / file).read_text())
        _validators[resource] = Draft202012Validator(
            {**schema, "components": {"schemas": _as_json_schema(contract["components"]["schemas"])}}
        )
    return _validators[resource]


def _as_json_schema(node: Any, inside: str = "") -> Any:
    """OpenAPI 3.0 in the words of JSON Schema: `nullable` becomes a type, examples go."""
    if isinstance(node, list):
        return [_as_json_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    if inside in {"properties", "schemas"}:
        return {name: _as_json_schema(one) for name, one in node.items()}
    kept = {
        k: _as_json_schema(v, k)
        for k, v in node.items()
        if k not in {"example", "examples", "x-examples", "nullable"}
    }
    if node.get("nullable") and "type" in kept:
        kept["type"] = [kept["type"], "null"]
        if "enum" in kept:
            kept["enum"] = [*kept["enum"], None]
    return kept
