"""Queries read straight into their model: FastAPI looks at each field of a query model again for every request.

Fifty filters, of which a storefront sends five, took it more than a millisecond. What is refused is refused alike.
"""

from collections.abc import Callable, Coroutine
from typing import TypeVar, get_origin
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def query_of(model: type[Model]) -> Callable[[Request], Coroutine[object, object, Model]]:
    """A dependency that reads the query into this model; a list takes every value of its key, anything else the last.

    The route says what it takes with `openapi_extra=describe_query(model)`.
    """
    lists = frozenset(field.alias or name for name, field in model.model_fields.items() if _is_list(field.annotation))

    async def read_query(request: Request) -> Model:
        found: dict[str, list[str]] = {}
        written = request.scope["query_string"].decode("latin-1")
        for key, value in parse_qsl(written, keep_blank_values=True):
            found.setdefault(key, []).append(value)
        try:
            return model.model_validate({key: each if key in lists else each[-1] for key, each in found.items()})
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


def _is_list(annotation: object) -> bool:
    return get_origin(annotation) is list
