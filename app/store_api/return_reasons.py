"""`/store/return-reasons`: why something may be sent back."""

from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import Field

from app.core.db import SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.returns.queries import get_reason, list_reasons
from app.returns.schemas import ReturnReasonAnswer, ReturnReasonsOut, reason_out
from app.store_api.access import store_router
from app.store_api.schemas import StoreQuery

router = store_router()


class ReturnReasonsQuery(StoreQuery):
    """A page; Medusa's is of twenty."""

    limit: Annotated[int, Field(ge=0, le=1_000)] = 20
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


@router.get("/return-reasons", response_model=ReturnReasonsOut)
def list_return_reasons(session: SessionDep, query: Annotated[ReturnReasonsQuery, Query()]) -> Response:
    """The shop's reasons in the order of their words."""
    reasons, count = list_reasons(session, limit=query.limit, offset=query.offset)
    shown = [reason_out(reason) for reason in reasons]
    tree = parse_fields(query.fields)
    return answer_page("return_reasons", shown, tree, count=count, offset=query.offset, limit=query.limit)


@router.get("/return-reasons/{reason_id}", response_model=ReturnReasonAnswer)
def show_return_reason(
    session: SessionDep, reason_id: Annotated[str, Path()], query: Annotated[StoreQuery, Query()]
) -> Response:
    """One reason."""
    return answer("return_reason", reason_out(get_reason(session, reason_id)), parse_fields(query.fields))
