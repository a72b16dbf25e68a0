"""Says what is wrong with a call or an answer, in words and by parameter."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

from app.dev.contract.brevo_types import derive_brevo_error, derive_brevo_operations
from app.dev.contract.operation import Operation, Schema
from app.dev.contract.stripe_operations import derive_stripe_operations, derive_stripe_resources, list_resource_names


@dataclass(frozen=True)
class Fault:
    """The first thing wrong. `rule` is the JSON schema word that was broken, `path` leads to the parameter."""

    rule: str
    path: tuple[str, ...]
    message: str


@cache
def stripe_operations() -> dict[str, Operation]:
    """Derived once per process."""
    return derive_stripe_operations()


@cache
def stripe_resources() -> dict[str, Schema]:
    """Derived once per process."""
    return derive_stripe_resources()


@cache
def brevo_operations() -> dict[str, Operation]:
    """Derived once per process."""
    return derive_brevo_operations()


def find_request_fault(operation: Operation, arguments: Mapping[str, object]) -> Fault | None:
    """What the vendor would refuse in this call, if anything."""
    return _find_fault(_request_validator(operation.name, operation.path), arguments)


def find_answer_fault(operation: Operation, answer: object) -> Fault | None:
    """What in this answer the installed package does not describe: a field, a value, a type, something missing."""
    return _find_fault(Draft202012Validator(_closed(operation.response) | _definitions()), answer)


def find_resource_fault(resource: str, value: object) -> Fault | None:
    """The same for one object, such as that of an event."""
    schema: Schema = {"$ref": f"#/$defs/{resource}"}
    return _find_fault(Draft202012Validator(schema | _definitions()), value)


def find_brevo_error_fault(value: object) -> Fault | None:
    """The same for a refusal of Brevo."""
    return _find_fault(Draft202012Validator(_closed(derive_brevo_error())), value)


@cache
def _request_validator(name: str, path: str) -> Draft202012Validator:
    operations = brevo_operations() if path.startswith("/v3/") else stripe_operations()
    return Draft202012Validator(operations[name].request)


@cache
def _definitions() -> Schema:
    return {"$defs": {name: _closed(schema) for name, schema in stripe_resources().items()}}


def _closed(schema: Schema) -> Schema:
    """The vendor may add values and fields at any time; our fake that does has invented them."""
    resource = list_resource_names().get(str(schema.get("x-resource")))
    if resource is not None:
        return {"$ref": f"#/$defs/{resource}"}
    closed = {"enum" if key == "x-known-values" else key: _close_inside(value) for key, value in schema.items()}
    if isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


def _close_inside(value: object) -> object:
    if isinstance(value, dict):
        return _closed(value)
    return [_close_inside(item) for item in value] if isinstance(value, list) else value


def _find_fault(validator: Draft202012Validator, value: object) -> Fault | None:
    error = best_match(validator.iter_errors(value))
    return None if error is None else _fault(error)


def _fault(error: ValidationError) -> Fault:
    path = tuple(str(part) for part in error.absolute_path)
    schema, value = cast("Schema", error.schema), cast("Schema", error.instance)
    if error.validator == "required":
        missing = next(name for name in cast("list[str]", schema["required"]) if name not in value)
        return Fault("required", (*path, missing), f"{missing} is missing")
    if error.validator == "additionalProperties" and schema["additionalProperties"] is False:
        unknown = min(set(value) - set(cast("Schema", schema["properties"])))
        return Fault("unknown", (*path, unknown), f"{unknown} is unknown")
    return Fault(str(error.validator), path, error.message)
