"""Stripe's bracket form (`a[b][0][c]=d`) into a tree, its texts into the types that a schema asks for."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator

from app.dev.contract.operation import Schema

Tree = dict[str, object]

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


class MalformedForm(ValueError):
    """The brackets of a parameter contradict each other."""


def decode_form(encoded: str) -> Tree:
    """Every leaf is still a text; lists are still trees with numbers for keys."""
    tree: Tree = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        _plant(tree, _split(key), value)
    return tree


def _split(key: str) -> list[str]:
    head, *rest = key.split("[")
    if any(not part.endswith("]") for part in rest):
        raise MalformedForm(key)
    return [head, *(part[:-1] for part in rest)]


def _plant(tree: Tree, path: list[str], value: str) -> None:
    *branches, leaf = path
    for branch in branches:
        inner = tree.setdefault(branch, {})
        if not isinstance(inner, dict):
            raise MalformedForm("[".join(path))
        tree = inner
    # `a[]=x&a[]=y`: the browser's way to write a list.
    key = leaf or str(len(tree))
    if key in tree:
        raise MalformedForm("[".join(path))
    tree[key] = value


def coerce(value: object, schema: Schema) -> object:
    """Give `value` the type the schema asks for where its text allows; what does not fit stays, to be refused."""
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        return _coerce_choice(value, choices)
    if isinstance(value, str):
        return _coerce_text(value, str(schema.get("type")))
    if isinstance(value, dict):
        return _coerce_tree(value, schema)
    return value


def _coerce_choice(value: object, choices: list[Schema]) -> object:
    candidates = [(coerce(value, choice), choice) for choice in choices]
    fitting = [candidate for candidate, choice in candidates if Draft202012Validator(choice).is_valid(candidate)]
    return fitting[0] if fitting else value


def _coerce_text(value: str, kind: str) -> object:
    if kind == "integer" and _INTEGER.fullmatch(value):
        return int(value)
    if kind == "number" and _NUMBER.fullmatch(value):
        return float(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def _coerce_tree(value: Mapping[str, object], schema: Schema) -> object:
    if schema.get("type") == "array":
        items = schema["items"]
        is_list = isinstance(items, dict) and all(key.isdecimal() for key in value)
        return [coerce(value[key], items) for key in sorted(value, key=int)] if is_list else value  # type: ignore[arg-type]
    properties = schema.get("properties")
    other = schema.get("additionalProperties")
    known = properties if isinstance(properties, dict) else {}
    fallback = other if isinstance(other, dict) else {}
    return {key: coerce(item, known.get(key, fallback)) for key, item in value.items()}
