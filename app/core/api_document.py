"""The OpenAPI document: what FastAPI finds in the routes, and beside it what each of them may refuse.

Most of that follows from what a route is anyway: its path, its body, who may call it. What its domain refuses with a
status of its own, the route declares: `responses=refusing(TooManyRequests)`. The document is written when it is asked
for, so that a web process of production, which nobody asks, pays nothing for it.
"""

import inspect
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from pydantic import BaseModel

from app.core.errors import AlreadyThere, BodyTooLarge, Conflict, InvalidRequest, NotFound, Refusal
from app.core.rendering import MEDUSA_PREFIXES, RESENDING_PREFIXES, has_prefix

Document = dict[str, object]

SCHEMAS = "#/components/schemas/"
NAMED_SCHEMA = re.compile(f'"{SCHEMAS}([^"]+)"')
# FastAPI's own answer to a malformed request: ours has the shape of every refusal.
OWN_SCHEMAS = ("HTTPValidationError", "ValidationError")


class RefusalOut(BaseModel):
    """The one shape of an error (design §4.11); `fields` says which of them is wrong, and how."""

    type: str
    message: str
    code: str
    requestId: str  # noqa: N815 - the name on the wire
    fields: dict[str, str] = {}


REFUSED: Document = {"content": {"application/json": {"schema": {"$ref": f"{SCHEMAS}{RefusalOut.__name__}"}}}}


def refusing(*refusals: type[Refusal]) -> dict[int | str, Document]:
    """What a router or a route gives as `responses=`, for refusals of these classes."""
    return {refusal.status: REFUSED for refusal in refusals}


class DescribedApplication(FastAPI):
    """An application whose document says of every route how it may answer."""

    def openapi(self) -> Document:
        """The document, written once."""
        return self._document

    @cached_property
    def _document(self) -> Document:
        document = super().openapi()
        paths, schemas = document["paths"], document.setdefault("components", {}).setdefault("schemas", {})
        for route in iter_route_contexts(self.routes):
            if isinstance(route.original_route, APIRoute) and route.include_in_schema:
                for method in route.methods or ():
                    operation = paths[route.path_format][method.lower()]
                    follow = _list_following(route, takes_body="requestBody" in operation)
                    operation["responses"] = _list_answers(operation["responses"], follow)
        schemas[RefusalOut.__name__] = RefusalOut.model_json_schema()
        for name in OWN_SCHEMAS:
            schemas.pop(name, None)
        for name in _list_pruned([operation for path in paths.values() for operation in path.values()], schemas):
            schemas[name]["required"] = [field for field in schemas[name].get("required", ()) if field == "id"]
        return document


def _list_answers(declared: Document, follow: Iterable[HTTPStatus]) -> Document:
    """What the route declares, and what follows from the rest of it, in the order of their statuses."""
    answers: Document = {f"{status}": {"description": status.phrase, **REFUSED} for status in follow}
    answers |= {status: answer for status, answer in declared.items() if OWN_SCHEMAS[0] not in json.dumps(answer)}
    return dict(sorted(answers.items()))


def _list_following(route: RouteContext, *, takes_body: bool) -> Iterator[HTTPStatus]:
    """The refusals that need no declaration."""
    yield HTTPStatus.INTERNAL_SERVER_ERROR
    path, asks_database = str(route.path), not inspect.iscoroutinefunction(route.endpoint)
    if has_prefix(path, MEDUSA_PREFIXES):
        yield HTTPStatus(InvalidRequest.status)
    else:
        if takes_body:
            yield HTTPStatus.UNPROCESSABLE_ENTITY
        if "{" in path:
            yield HTTPStatus(InvalidRequest.status)  # a NUL in the address
    if takes_body:
        yield HTTPStatus(BodyTooLarge.status)
    if asks_database and "{" in path:
        yield HTTPStatus(NotFound.status)
    if asks_database and route.methods != {"GET"} and not has_prefix(path, RESENDING_PREFIXES):
        yield HTTPStatus(Conflict.status)  # what it writes may be locked
        yield HTTPStatus(AlreadyThere.status)


def _list_pruned(operations: Collection[Document], schemas: Mapping[str, Document]) -> set[str]:
    """The schemas below the envelope of an answer that `fields` cuts: of these, only the `id` is there always."""
    cut = [operation["responses"] for operation in operations if '"fields"' in json.dumps(operation.get("parameters"))]
    envelopes = _list_named(cut)
    found: set[str] = set()
    waiting = {name for envelope in envelopes for name in _list_named(schemas[envelope])}
    while waiting:
        found |= waiting
        waiting = {name for above in waiting for name in _list_named(schemas[above])} - found
    return found


def _list_named(part: object) -> set[str]:
    return set(NAMED_SCHEMA.findall(json.dumps(part)))
