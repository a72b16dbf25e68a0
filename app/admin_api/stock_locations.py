"""`/admin/stock-locations`: the one place where the pieces are."""

from typing import Annotated

from fastapi import Depends
from sqlalchemy.orm import Session

from app.admin_api.access import reading_router
from app.admin_api.schemas import AdminPageQuery, PathId
from app.admin_api.shapes_stock import LOCATION_ID, StockLocationAnswer, StockLocationOut, StockLocationsAnswer
from app.core.db import SessionDep
from app.core.query import describe_query, query_of
from app.shop.queries import find_shop_names
from app.stock.errors import StockLocationNotFound

reading = reading_router()
UNNAMED = "Comptoir"


@reading.get("/stock-locations", response_model=StockLocationsAnswer, openapi_extra=describe_query(AdminPageQuery))
def list_locations(
    session: SessionDep, query: Annotated[AdminPageQuery, Depends(query_of(AdminPageQuery))]
) -> StockLocationsAnswer:
    """All of them: one."""
    only = _location(session)
    matching = [only] if (query.q or "").lower() in only.name.lower() else []
    page = matching[query.offset : query.offset + query.limit]
    return StockLocationsAnswer(stock_locations=page, count=len(matching), offset=query.offset, limit=query.limit)


@reading.get("/stock-locations/{location_id}")
def show_location(session: SessionDep, location_id: PathId) -> StockLocationAnswer:
    """The one."""
    if location_id != LOCATION_ID:
        raise StockLocationNotFound(location_id)
    return StockLocationAnswer(stock_location=_location(session))


def _location(session: Session) -> StockLocationOut:
    shop = find_shop_names(session)
    return StockLocationOut(name=shop.name if shop else UNNAMED)
