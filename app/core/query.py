"""Queries read straight into their model: FastAPI looks at each field of a query model again for every request.

Fifty filters, of which a storefront sends five, took it more than a millisecond. What is refused is refused alike.
A field that is a list of models holds conditions, as Medusa's clients write them: `$and[0][title]=...`.
"""

import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import cache
from typing import TypeVar, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)

CONDITION = re.compile(r"(?P<field>\$\w+)\[(?P<place>\d{1,2})\]\[(?P<name>[^\[\]]+)\](?P<rest>.*)")


def query_of(model: type[Model]) -> Callable[[Request], Coroutine[object, object, Model]]:
    """A dependency that reads the query into this model; a list takes every value of its key, anything else the last.

    The route says what it takes with `openapi_extra=describe_query(model)`.
    """

    async def read_query(request: Request) -> Model:
        written = request.scope["query_string"].decode("latin-1")
        try:
            return model.model_validate(_read(model, parse_qsl(written, keep_blank_values=True)))
        except ValidationError as exc:
            issues = [{**issue, "loc": ("query", *issue["loc"])} for issue in exc.errors(include_url=False)]
            raise RequestValidationError(issues) from exc

    return read_query


def describe_query(model: type[BaseModel]) -> dict[str, object]:
    """The parameters of the model for the OpenAPI document."""
    schema = model.model_json_schema()
    required = schema.get("required", [])
    return {
        "parameters": [
            {"name": name, "in": "query", "required": name in required, "schema": field}
            for name, field in schema.get("properties", {}).items()
        ]
    }


def _read(model: type[BaseModel], pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
    lists, conditional = _lists_of(model)
    found: dict[str, list[str]] = {}
    conditions: dict[str, dict[int, list[tuple[str, str]]]] = {}
    for key, value in pairs:
        within = CONDITION.fullmatch(key) if key[:1] == "$" else None
        if within is not None and within["field"] in conditional:
            places = conditions.setdefault(within["field"], {})
            places.setdefault(int(within["place"]), []).append((within["name"] + within["rest"], value))
        else:
            found.setdefault(key, []).append(value)
    read: dict[str, object] = {key: each if key in lists else each[-1] for key, each in found.items()}
    for key, places in conditions.items():
        read[key] = [_read(conditional[key], each) for _, each in sorted(places.items())]
    return read


@cache
def _lists_of(model: type[BaseModel]) -> tuple[frozenset[str], Mapping[str, type[BaseModel]]]:
    """The keys that take many values, and those of them whose values are conditions, with the model of one."""
    named = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    elements = {key: get_args(annotation)[0] for key, annotation in named.items() if get_origin(annotation) is list}
    models = {key: each for key, each in elements.items() if isinstance(each, type) and issubclass(each, BaseModel)}
    return frozenset(elements), models
