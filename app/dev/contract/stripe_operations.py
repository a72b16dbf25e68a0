"""Method, path, parameters and answer of each Stripe operation in use, read from the package's services."""

import ast
from functools import cache

from app.dev.contract.operation import Operation, Schema
from app.dev.contract.operations import STRIPE_OPERATIONS, STRIPE_RESOURCES
from app.dev.contract.source import get_function, list_classes, list_imports, parse_module
from app.dev.contract.stripe_types import derive_class, list_of


def derive_stripe_operations() -> dict[str, Operation]:
    """Every operation of the table."""
    return {name: _derive_operation(name, module) for name, module in STRIPE_OPERATIONS.items()}


def derive_stripe_resources() -> dict[str, Schema]:
    """Every object of the table, enumerations open."""
    return {name: _derive_resource(module) for name, module in STRIPE_RESOURCES.items()}


@cache
def list_event_types() -> list[str]:
    """The types an event may have in this version."""
    kind = _derive_resource(STRIPE_RESOURCES["event"])["properties"]["type"]  # type: ignore[index]
    return list(kind["x-known-values"])


def _derive_resource(module: str) -> Schema:
    # The resource is the first class of its file; those that follow it support it.
    return derive_class(next(iter(list_classes(parse_module(module)).values())), module, is_request=False)


def _derive_operation(name: str, module: str) -> Operation:
    function = get_function(parse_module(module), name.rpartition(".")[2])
    method, path = _method_and_path(function)
    return Operation(
        name=name,
        method=method,
        path=path,
        derive_request=lambda: _derive_request(function, module),
        derive_response=lambda: _derive_response(function),
    )


def _method_and_path(function: ast.FunctionDef) -> tuple[str, str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_request":
            texts = [item.value for item in ast.walk(ast.Tuple(elts=node.args[:2])) if isinstance(item, ast.Constant)]
            return str(texts[0]).upper(), str(texts[1])
    raise LookupError(f"{function.name}: the package no longer calls _request")


def _derive_request(function: ast.FunctionDef, module: str) -> Schema:
    annotations = [arg.annotation for arg in function.args.args + function.args.posonlyargs if arg.arg == "params"]
    name = _last_text(annotations[0]) if annotations else ""
    source, original = list_imports(module)[name]
    return derive_class(list_classes(parse_module(source))[original], source, is_request=True)


def _derive_response(function: ast.FunctionDef) -> Schema:
    text = _last_text(function.returns)
    name = text.removeprefix("ListObject[").removesuffix("]")
    reference: Schema = {"$ref": f"#/$defs/{list_resource_names()[name]}"}
    return list_of(reference) if text != name else reference


@cache
def list_resource_names() -> dict[str, str]:
    """Name of the class in the package -> name of the object in an answer."""
    return {_class_name(module): key for key, module in STRIPE_RESOURCES.items()}


def _class_name(module: str) -> str:
    return next(iter(list_classes(parse_module(module))))


def _last_text(annotation: ast.expr | None) -> str:
    texts = [node.value for node in ast.walk(annotation) if isinstance(node, ast.Constant)] if annotation else []
    return str(texts[-1])
