"""`/admin/promotions`: codes, and what applies by itself. Source: store-api §11, decision 0028."""

from typing import Annotated, Literal

from fastapi import Depends, Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.schemas import AdminPageQuery, AdminQuery, DeletedOut, PathId
from app.admin_api.shapes_promotion import (
    NewPromotionBody,
    PromotionAnswer,
    PromotionBody,
    PromotionsAnswer,
    Status,
    new_promotion_of,
    promotion_out,
)
from app.core.api_document import refusing
from app.core.bodies import Ids, Line
from app.core.db import SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, check_unchanged, etag_of
from app.promotions.errors import PromotionCodeTaken, PromotionInUse
from app.promotions.models import Promotion
from app.promotions.queries import PromotionFilter, get_promotion, list_promotion_page, lock_promotion
from app.promotions.service import PromotionChanges, create_promotion, delete_promotion, update_promotion

reading = reading_router()
writing = writing_router()

Order = Literal["id", "code", "created_at", "updated_at", "-id", "-code", "-created_at", "-updated_at"]
# What `null` takes away; a status and whether it applies by itself are always something.
EMPTIED = ("starts_at", "ends_at", "usage_limit", "usage_limit_per_customer")


class PromotionsQuery(AdminPageQuery):
    """Which promotions."""

    id: Ids = Field(default=[])
    code: Annotated[list[Line], Field(max_length=200)] = Field(default=[])
    status: Annotated[list[Status], Field(max_length=3)] = Field(default=[])
    order: Order = "-created_at"


@reading.get("/promotions", response_model=PromotionsAnswer, openapi_extra=describe_query(PromotionsQuery))
def list_all(session: SessionDep, query: Annotated[PromotionsQuery, Depends(query_of(PromotionsQuery))]) -> Response:
    """The newest first."""
    wanted = PromotionFilter(query.id or None, query.code or None, query.status or None, query.q, query.order)
    found, count = list_promotion_page(session, wanted, limit=query.limit, offset=query.offset)
    shown = [promotion_out(promotion) for promotion in found]
    tree = parse_fields(query.fields)
    return answer_page("promotions", shown, tree, count=count, offset=query.offset, limit=query.limit)


@writing.post("/promotions", response_model=PromotionAnswer, responses=refusing(PromotionCodeTaken))
def make(session: SessionDep, body: NewPromotionBody) -> Response:
    """Make one; a draft gives nothing until its status is active."""
    return _answer(create_promotion(session, new_promotion_of(body)))


@reading.get("/promotions/{promotion_id}", response_model=PromotionAnswer, openapi_extra=describe_query(AdminQuery))
def show(
    session: SessionDep, promotion_id: PathId, query: Annotated[AdminQuery, Depends(query_of(AdminQuery))]
) -> Response:
    """One of them, by its id or its code."""
    return _answer(get_promotion(session, promotion_id), query.fields)


@writing.post("/promotions/{promotion_id}", response_model=PromotionAnswer, responses=refusing(ChangedMeanwhile))
def change(session: SessionDep, promotion_id: PathId, body: PromotionBody, if_match: IfMatchDep) -> Response:
    """Switch it on or off, move its dates, change its limits; `null` takes a date or a limit away."""
    _demand_version(session, promotion_id, if_match)
    given = {name: getattr(body, name) for name in body.model_fields_set}
    changes: PromotionChanges = {  # type: ignore[assignment]
        name: value for name, value in given.items() if value is not None or name in EMPTIED
    }
    return _answer(update_promotion(session, promotion_id, changes))


@writing.delete("/promotions/{promotion_id}", responses=refusing(PromotionInUse, ChangedMeanwhile))
def remove(session: SessionDep, promotion_id: PathId, if_match: IfMatchDep) -> DeletedOut:
    """Forget one that nobody ever used."""
    _demand_version(session, promotion_id, if_match)
    delete_promotion(session, promotion_id)
    return DeletedOut(id=promotion_id, object="promotion")


def _demand_version(session: Session, promotion_id: str, if_match: str | None) -> None:
    check_unchanged(if_match, lock_promotion(session, promotion_id).updated_at)


def _answer(promotion: Promotion, fields: str | None = None) -> Response:
    shown = answer("promotion", promotion_out(promotion), parse_fields(fields))
    shown.headers["etag"] = etag_of(promotion.updated_at)
    return shown
