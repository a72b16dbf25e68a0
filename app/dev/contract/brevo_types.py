"""From the generated models and calls of the sib_api_v3_sdk package to JSON schemas."""

import ast
import re
from typing import cast

from app.dev.contract.operation import Operation, Schema
from app.dev.contract.operations import BREVO_OPERATIONS, BREVO_YOUNGER_FIELDS
from app.dev.contract.source import get_function, list_classes, list_imports, parse_module

_PLAIN: dict[str, Schema] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "object": {"type": "object"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}


def derive_brevo_operations() -> dict[str, Operation]:
    """Every operation of the table."""
    return {name: _derive_operation(name, module) for name, module in BREVO_OPERATIONS.items()}


def derive_brevo_error() -> Schema:
    """What every refusal of Brevo is made of."""
    return _derive_model("ErrorModel", is_request=False)


def _derive_operation(name: str, module: str) -> Operation:
    function = get_function(parse_module(module), f"{name}_with_http_info")
    call = next(node for node in ast.walk(function) if isinstance(node, ast.Call) and _called(node) == "call_api")
    path, method = [str(ast.literal_eval(item)) for item in call.args[:2]]
    answer = next(item.value for item in call.keywords if item.arg == "response_type")
    return Operation(
        name=name,
        method=method,
        path=f"/v3{path}",
        derive_request=lambda: _derive_request(function, name),
        derive_response=lambda: _derive_response(ast.literal_eval(answer)),
    )


def _derive_request(function: ast.FunctionDef, name: str) -> Schema:
    """The model of the body, or else the query parameters: types are only named in the docstring, names in the code."""
    told = re.findall(r":param (\S+) (\w+):.*?(\(required\))?$", ast.get_docstring(function) or "", re.MULTILINE)
    bodies = [kind for kind, _, _ in told if kind not in _PLAIN]
    if bodies:
        schema = _derive_model(bodies[0], is_request=True)
        return schema | {"properties": cast("Schema", schema["properties"]) | BREVO_YOUNGER_FIELDS.get(name, {})}
    kinds = {python_name: kind for kind, python_name, _ in told}
    properties: Schema = {wire: dict(_PLAIN[kinds[inner]]) for wire, inner in _query_names(function).items()}
    return {"type": "object", "properties": properties, "required": [], "additionalProperties": False}


def _query_names(function: ast.FunctionDef) -> dict[str, str]:
    """Name on the wire -> name in the package, from `query_params.append(('startDate', params['start_date']))`."""
    pairs = [
        node.args[0]
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and _called(node) == "append" and "query_params" in ast.unparse(node.func)
    ]
    texts = [[item.value for item in ast.walk(pair) if isinstance(item, ast.Constant)] for pair in pairs]
    return {str(wire): str(inner) for wire, inner in texts}


def _derive_response(model: str | None) -> Schema:
    return {"type": "object", "properties": {}} if model is None else _derive_model(model, is_request=False)


def _derive_model(name: str, *, is_request: bool) -> Schema:
    module, _ = list_imports("sib_api_v3_sdk.models.__init__")[name]
    model = list_classes(parse_module(module))[name]
    types, wire = _table(model, "swagger_types"), _table(model, "attribute_map")
    setters = {item.name: item for item in model.body if isinstance(item, ast.FunctionDef) and len(item.args.args) == 2}
    schema: Schema = {
        "type": "object",
        "properties": {
            wire[field]: _with_values(_derive(kind, is_request=is_request), setters[field], is_request=is_request)
            for field, kind in types.items()
        },
        "required": sorted(wire[field] for field in types if "must not be `None`" in ast.unparse(setters[field])),
    }
    return schema | ({"additionalProperties": False} if is_request else {})


def _derive(kind: str, *, is_request: bool) -> Schema:
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    if kind.startswith("list["):
        return {"type": "array", "items": _derive(kind[5:-1], is_request=is_request)}
    if kind.startswith("dict("):
        return {"type": "object", "additionalProperties": _derive(kind[5:-1].partition(", ")[2], is_request=is_request)}
    return _derive_model(kind, is_request=is_request)


def _with_values(schema: Schema, setter: ast.FunctionDef, *, is_request: bool) -> Schema:
    for node in ast.walk(setter):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "allowed_values":
            known: Schema = {"enum" if is_request else "x-known-values": ast.literal_eval(node.value)}
            items = schema.get("items")
            return schema | ({"items": items | known} if isinstance(items, dict) else known)
    return schema


def _table(model: ast.ClassDef, name: str) -> dict[str, str]:
    for item in model.body:
        if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == name:
            found: dict[str, str] = ast.literal_eval(item.value)
            return found
    raise LookupError(f"{model.name} has no {name}: the package has changed")


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
