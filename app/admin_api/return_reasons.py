"""`/admin/return-reasons`: why something may be sent back (store-api §11)."""

from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import Field, StringConstraints

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.schemas import AdminQuery, DeletedOut, PathId
from app.core.api_document import refusing
from app.core.bodies import Body, Metadata
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, etag_of
from app.returns.errors import ReturnReasonTaken, ReturnReasonUsed
from app.returns.models import ReturnReason
from app.returns.queries import get_reason, list_reasons
from app.returns.schemas import ReturnReasonAnswer, ReturnReasonsOut, reason_out
from app.returns.service import create_reason, delete_reason, update_reason

reading = reading_router()
writing = writing_router()

Value = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True)]
Description = Annotated[str, StringConstraints(max_length=1_000)]
Fields = Annotated[AdminQuery, Query()]


class ReasonsQuery(AdminQuery):
    """A page; Medusa's is of twenty."""

    limit: Annotated[int, Field(ge=0, le=1_000)] = 20
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class NewReasonBody(Body):
    """Medusa's keys; reasons stand side by side, none below another."""

    value: Value
    label: Words
    description: Description | None = None
    metadata: Metadata | None = None


class ReasonBody(Body):
    """What is absent stays."""

    value: Value | None = None
    label: Words | None = None
    description: Description | None = None
    metadata: Metadata | None = None


@reading.get("/return-reasons", response_model=ReturnReasonsOut, openapi_extra=describe_query(ReasonsQuery))
def list_all(session: SessionDep, query: Annotated[ReasonsQuery, Depends(query_of(ReasonsQuery))]) -> Response:
    """The reasons in the order of their words."""
    found, count = list_reasons(session, limit=query.limit, offset=query.offset)
    shown, tree = [reason_out(each) for each in found], parse_fields(query.fields)
    return answer_page("return_reasons", shown, tree, count=count, offset=query.offset, limit=query.limit)


@reading.get("/return-reasons/{reason_id}", response_model=ReturnReasonAnswer)
def show(session: SessionDep, reason_id: PathId, query: Fields) -> Response:
    """One reason; `ETag` is its version."""
    return _answer(get_reason(session, reason_id), query)


@writing.post("/return-reasons", response_model=ReturnReasonAnswer, responses=refusing(NotFound, ReturnReasonTaken))
def create(session: SessionDep, body: NewReasonBody, query: Fields) -> Response:
    """One more reason."""
    return _answer(create_reason(session, body.value, body.label, body.description, body.metadata), query)


@writing.post(
    "/return-reasons/{reason_id}",
    response_model=ReturnReasonAnswer,
    responses=refusing(ReturnReasonTaken, ChangedMeanwhile),
)
def update(session: SessionDep, reason_id: PathId, body: ReasonBody, query: Fields, if_match: IfMatchDep) -> Response:
    """Other words; returns that have it show them too."""
    given = body.model_dump(exclude_unset=True)
    changes = {"details" if name == "metadata" else name: value for name, value in given.items()}
    kept = {name: value for name, value in changes.items() if value is not None or name in ("description", "details")}
    return _answer(update_reason(session, reason_id, kept, if_match), query)


@writing.delete("/return-reasons/{reason_id}", responses=refusing(ReturnReasonUsed))
def delete(session: SessionDep, reason_id: PathId) -> DeletedOut:
    """A reason that no return has."""
    delete_reason(session, reason_id)
    return DeletedOut(id=reason_id, object="return_reason")


def _answer(reason: ReturnReason, query: AdminQuery) -> Response:
    answered = answer("return_reason", reason_out(reason), parse_fields(query.fields))
    answered.headers["ETag"] = etag_of(reason.updated_at)
    return answered
