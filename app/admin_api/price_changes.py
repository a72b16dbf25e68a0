"""`/admin/price-changes`, `/admin/scheduled-prices`: many prices at once after a look, and prices for later. Ours.

Source: issue 5, decision 0028. A single variant's price is changed where Medusa does it, at the variant.
"""

from typing import Annotated, Literal

from fastapi import Depends, Response
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.schemas import AdminPageQuery, PathId
from app.admin_api.shapes_price import (
    CurrencyCode,
    GivenInstant,
    Percentage,
    PlannedAnswer,
    PriceChangeAnswer,
    Prices,
    Reason,
    ScheduledPriceAnswer,
    ScheduledPricesAnswer,
    change_out,
    news_of,
    scheduled_out,
)
from app.core.api_document import refusing
from app.core.bodies import Body, Id, Ids
from app.core.db import SessionDep
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, check_unchanged, etag_of
from app.pricing.change_prices import Selection, list_selected_prices, preview_prices, set_previewed_prices
from app.pricing.errors import (
    AlreadyPlanned,
    PriceMovesByHalf,
    PricesChangedMeanwhile,
    ProductArchived,
    ScheduledPriceEnded,
)
from app.pricing.schedule_prices import (
    cancel_scheduled_price,
    create_scheduled_prices,
    get_scheduled_price,
    list_scheduled_prices,
    lock_scheduled_price,
)
from app.pricing.service import NewPrice

reading = reading_router()
writing = writing_router()


class ChangeBody(Body):
    """Either prices, or so many percent more (less: below nought) on what is chosen."""

    prices: Prices | None = None
    percentage: Percentage | None = None
    currency_code: CurrencyCode | None = None
    variant_ids: Ids = Field(default=[])
    product_ids: Ids = Field(default=[])
    category_ids: Ids = Field(default=[])
    collection_ids: Ids = Field(default=[])
    everything: bool = False

    @model_validator(mode="after")
    def demand_one_way(self) -> "ChangeBody":
        """Not both ways at once, and a percentage in one currency."""
        if (self.prices is None) == (self.percentage is None):
            raise ValueError("Give either prices or a percentage")
        if self.percentage is not None and self.currency_code is None:
            raise ValueError("A percentage is of prices in one currency: give currency_code")
        return self


class ConfirmedChangeBody(ChangeBody):
    """The same, with the token of its preview; `confirm_prices`: moves by more than half are meant."""

    token: Id
    confirm_prices: bool = False
    reason: Reason | None = None


class PlanBody(Body):
    """Prices for later."""

    prices: Annotated[Prices, Field(min_length=1)]
    applies_at: GivenInstant
    confirm_prices: bool = False
    reason: Reason | None = None


class PlansQuery(AdminPageQuery):
    """Which planned prices."""

    status: Literal["planned", "applied", "canceled", "refused"] | None = None


@writing.post("/price-changes/preview")
def preview_change(session: SessionDep, body: ChangeBody) -> PriceChangeAnswer:
    """What would change, with the token that lets exactly this be done. Nothing is changed."""
    preview = preview_prices(session, _news(session, body))
    return PriceChangeAnswer(price_change=change_out(preview.moves, preview.names, preview.token))


@writing.post("/price-changes", responses=refusing(PricesChangedMeanwhile, PriceMovesByHalf, ProductArchived))
def change_prices(session: SessionDep, body: ConfirmedChangeBody) -> PriceChangeAnswer:
    """Do what was looked at, all of it; refused when it would be something else by now."""
    news = _news(session, body)
    preview = set_previewed_prices(session, news, body.token, confirmed=body.confirm_prices, reason=body.reason)
    return PriceChangeAnswer(price_change=change_out(preview.moves, preview.names, preview.token))


@reading.get("/scheduled-prices", response_model=ScheduledPricesAnswer, openapi_extra=describe_query(PlansQuery))
def list_plans(
    session: SessionDep, query: Annotated[PlansQuery, Depends(query_of(PlansQuery))]
) -> ScheduledPricesAnswer:
    """Planned prices, what is due first."""
    found, count = list_scheduled_prices(session, query.status, limit=query.limit, offset=query.offset)
    shown = [scheduled_out(planned) for planned in found]
    return ScheduledPricesAnswer(scheduled_prices=shown, count=count, offset=query.offset, limit=query.limit)


@writing.post("/scheduled-prices", responses=refusing(AlreadyPlanned, PriceMovesByHalf, ProductArchived))
def plan_prices(session: SessionDep, body: PlanBody) -> PlannedAnswer:
    """Plan prices; they are set within a minute of the instant."""
    made = create_scheduled_prices(
        session, news_of(body.prices), body.applies_at, confirmed=body.confirm_prices, reason=body.reason
    )
    return PlannedAnswer(scheduled_prices=[scheduled_out(planned) for planned in made])


@reading.get("/scheduled-prices/{scheduled_id}")
def show_plan(session: SessionDep, response: Response, scheduled_id: PathId) -> ScheduledPriceAnswer:
    """One planned price."""
    found = get_scheduled_price(session, scheduled_id)
    response.headers["etag"] = etag_of(found.updated_at)
    return ScheduledPriceAnswer(scheduled_price=scheduled_out(found))


@writing.post("/scheduled-prices/{scheduled_id}/cancel", responses=refusing(ScheduledPriceEnded, ChangedMeanwhile))
def cancel_plan(session: SessionDep, scheduled_id: PathId, if_match: IfMatchDep) -> ScheduledPriceAnswer:
    """Never apply it. Repeating it changes nothing."""
    check_unchanged(if_match, lock_scheduled_price(session, scheduled_id).updated_at)
    return ScheduledPriceAnswer(scheduled_price=scheduled_out(cancel_scheduled_price(session, scheduled_id)))


def _news(session: Session, body: ChangeBody) -> list[NewPrice]:
    if body.percentage is None or body.currency_code is None:
        return news_of(body.prices or ())
    chosen = Selection(
        body.variant_ids, body.product_ids, body.category_ids, body.collection_ids, is_everything=body.everything
    )
    return list_selected_prices(session, chosen, body.percentage, body.currency_code)
