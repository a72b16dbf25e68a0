"""From the annotations of the stripe package to JSON schemas: closed for what we send, open for what we read."""

import ast
from dataclasses import dataclass

from app.dev.contract.operation import Schema
from app.dev.contract.source import list_classes, list_imports, parse_module

_PLAIN: dict[str, Schema] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "float": {"type": "number"},
    # A decimal travels as a string, so that no digit is lost.
    "Decimal": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    "Any": {},
    "object": {},
}
_NULL: Schema = {"type": "null"}


@dataclass(frozen=True)
class Scope:
    """Where an annotation stands: its module, the class around it, and whether we send or read it."""

    module: str
    owner: ast.ClassDef
    is_request: bool

    def find(self, name: str) -> ast.ClassDef | None:
        """The class that `name` means here: sent ones stand beside each other, read ones inside each other."""
        return list_classes(parse_module(self.module) if self.is_request else self.owner).get(name)


def derive_class(found: ast.ClassDef, module: str, *, is_request: bool) -> Schema:
    """The object that a TypedDict (sent) or a resource (read) describes, nested objects included."""
    scope = Scope(module, found, is_request)
    properties: Schema = {}
    required: list[str] = []
    for name, annotation in _fields(found):
        inner, is_required = _unwrap(annotation, is_request=is_request)
        properties[name] = derive(inner, scope)
        required += [name] if is_required else []
    schema: Schema = {"type": "object", "properties": properties, "required": sorted(required)}
    return schema | ({"additionalProperties": False} if is_request else {})


def _fields(found: ast.ClassDef) -> list[tuple[str, ast.expr]]:
    body = found.body + [item for node in found.body if isinstance(node, ast.If) for item in node.body]
    return [
        (node.target.id, _read(node.annotation))
        for node in body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id.islower()
    ]


def _unwrap(annotation: ast.expr, *, is_request: bool) -> tuple[ast.expr, bool]:
    """Whether a field must be there: in what we send unless NotRequired, in what we read unless Optional."""
    if is_request and _generic(annotation) == "NotRequired":
        return _read(_arguments(annotation)[0]), False
    return annotation, is_request or _generic(annotation) != "Optional"


def derive(annotation: ast.expr, scope: Scope) -> Schema:
    """The schema of one annotation. An unknown form raises: a new package must not pass half understood."""
    annotation = _read(annotation)
    if isinstance(annotation, ast.Constant) and annotation.value is None:
        return _NULL
    if isinstance(annotation, ast.Name):
        return _derive_name(annotation.id, scope)
    if isinstance(annotation, ast.BinOp):
        return _derive_union(_members(annotation), scope)
    name, arguments = _generic(annotation), _arguments(annotation)
    if name == "Literal":
        return _derive_literals([annotation], scope)
    if name in ("Union", "Optional"):
        return _derive_union([*_flat(arguments), *([ast.Constant(None)] if name == "Optional" else [])], scope)
    return _derive_container(name, arguments, scope)


def _derive_container(name: str, arguments: list[ast.expr], scope: Scope) -> Schema:
    if name in ("List", "Sequence"):
        return {"type": "array", "items": derive(arguments[0], scope)}
    if name == "ListObject":
        return list_of(derive(arguments[0], scope))
    if name == "ExpandableField":
        return {"anyOf": [{"type": "string"}, derive(arguments[0], scope)]}
    if name in ("Dict", "UntypedStripeObject"):
        return {"type": "object", "additionalProperties": derive(arguments[-1], scope)}
    raise LookupError(f"{scope.module}: the form {name}[...] is new, teach it to app/dev/contract/stripe_types.py")


def list_of(item: Schema) -> Schema:
    """A page of objects."""
    properties = {
        "object": {"type": "string", "x-known-values": ["list"]},
        "data": {"type": "array", "items": item},
        "has_more": {"type": "boolean"},
        "url": {"type": "string"},
    }
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def _derive_name(name: str, scope: Scope) -> Schema:
    if name in _PLAIN:
        return dict(_PLAIN[name])
    found = scope.find(name)
    if found is not None:
        return derive_class(found, scope.module, is_request=scope.is_request)
    if name in list_imports(scope.module) or name in list_classes(parse_module(scope.module)):
        # Another resource: its own file describes it, and resources that name each other would never end.
        return {"type": "object", "x-resource": name}
    raise LookupError(f"{scope.module}: {name} is unknown, teach it to app/dev/contract/stripe_types.py")


def _derive_union(members: list[ast.expr], scope: Scope) -> Schema:
    literals = [member for member in members if _generic(member) == "Literal"]
    others = [derive(member, scope) for member in members if _generic(member) != "Literal"]
    if literals and _PLAIN["str"] in others:
        if any(value != "" for member in literals for value in _values(member)):
            # `Literal[...] | str` is how the package says that values may be added later.
            others = [other for other in others if other != _PLAIN["str"]]
        else:
            # `Literal[""] | str`: empty means "unset", and is a text like any other.
            literals = []
    choices = ([_derive_literals(literals, scope)] if literals else []) + others
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _derive_literals(literals: list[ast.expr], scope: Scope) -> Schema:
    values = [value for literal in literals for value in _values(literal)]
    kind = "boolean" if all(isinstance(value, bool) for value in values) else "string"
    return {"type": kind, "enum" if scope.is_request else "x-known-values": values}


def _values(literal: ast.expr) -> list[object]:
    return [member.value for member in _arguments(literal) if isinstance(member, ast.Constant)]


def _read(annotation: ast.expr) -> ast.expr:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.parse(annotation.value.strip(), mode="eval").body
    return annotation


def _generic(annotation: ast.expr) -> str:
    is_named = isinstance(annotation, ast.Subscript) and isinstance(annotation.value, ast.Name)
    return annotation.value.id if is_named else ""  # type: ignore[attr-defined]  # the line above says what it is


def _arguments(annotation: ast.expr) -> list[ast.expr]:
    if not isinstance(annotation, ast.Subscript):
        return []
    inner = annotation.slice
    return inner.elts if isinstance(inner, ast.Tuple) else [inner]


def _members(union: ast.expr) -> list[ast.expr]:
    union = _read(union)
    if isinstance(union, ast.BinOp):
        return [*_members(union.left), *_members(union.right)]
    if _generic(union) == "Union":
        return _flat(_arguments(union))
    return [union]


def _flat(members: list[ast.expr]) -> list[ast.expr]:
    return [inner for member in members for inner in _members(_read(member))]
