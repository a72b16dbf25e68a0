"""The derived contract as sorted text, so that the upgrade of a package shows what it changed."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import cast

from app.dev.contract.judge import brevo_operations, stripe_operations, stripe_resources
from app.dev.contract.operation import Operation, Schema
from app.dev.contract.stripe_operations import list_event_types

SNAPSHOT = Path(__file__).with_name("snapshot.txt")
REFRESH = "python -m app.dev.contract refresh"

# How deep a call is told line by line; objects one level less. A deeper branch is a digest, `show` prints it whole.
_DEPTH = 2
_LISTED_VALUES = 8


def render() -> str:
    """Every operation, parameter, object and event type, a line each."""
    lines = [f"package stripe {version('stripe')}", f"package sib-api-v3-sdk {version('sib-api-v3-sdk')}"]
    for vendor, operations in (("stripe", stripe_operations()), ("brevo", brevo_operations())):
        for operation in operations.values():
            lines += [f"{vendor} {line}" for line in _operation_lines(operation)]
    for name, schema in stripe_resources().items():
        lines += [f"stripe object {line}" for line in describe(name, schema, 1)]
    lines += [f"stripe event type {name}" for name in list_event_types()]
    return "\n".join(sorted(lines)) + "\n"


def _operation_lines(operation: Operation) -> list[str]:
    lines = [f"call {operation.name} = {operation.method} {operation.path}"]
    lines += [f"call {line}" for line in describe(f"{operation.name} takes", operation.request, _DEPTH)]
    if operation.path.startswith("/v3/"):
        lines += [f"call {line}" for line in describe(f"{operation.name} answers", operation.response, _DEPTH)]
    return lines


def describe(name: str, schema: Schema, depth: int, *, is_top: bool = True) -> list[str]:
    """The lines of one object, as deep as asked; `!` marks what must be there."""
    properties = cast("dict[str, Schema]", schema.get("properties", {}))
    required = cast("list[str]", schema.get("required", []))
    lines: list[str] = []
    for field, inner in properties.items():
        path = f"{name} {field}" if is_top else f"{name}.{field}"
        mark = "!" if field in required else ""
        nested = _object_of(inner)
        if nested is not None and depth > 1:
            lines += [f"{path}{mark}: {_shape(inner)}", *describe(path, nested, depth - 1, is_top=False)]
        else:
            lines.append(f"{path}{mark}: {_shape(inner)}{_digest(nested)}")
    return lines


def _object_of(schema: Schema) -> Schema | None:
    candidates = [schema, *cast("list[Schema]", schema.get("anyOf", [])), cast("Schema", schema.get("items", {}))]
    return next((candidate for candidate in candidates if candidate.get("properties")), None)


def _shape(schema: Schema) -> str:
    if "anyOf" in schema:
        return " | ".join(_shape(choice) for choice in cast("list[Schema]", schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_shape(cast('Schema', schema['items']))}"
    values = cast("list[object]", schema.get("enum") or schema.get("x-known-values") or [])
    if not values:
        return str(schema.get("x-resource") or schema.get("type", "anything"))
    told = " ".join(json.dumps(value) for value in values)
    return f"one of {told}" if len(values) <= _LISTED_VALUES else f"one of {len(values)} #{_hash(told)}"


def _digest(nested: Schema | None) -> str:
    return "" if nested is None else f" #{_hash(json.dumps(nested, sort_keys=True))}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
