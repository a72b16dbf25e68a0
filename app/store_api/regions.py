"""`/store/regions`: where the shop sells."""

from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import BaseModel

from app.core.bodies import PageOut
from app.core.db import SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.shop import queries
from app.shop.errors import RegionNotFound
from app.shop.schemas import RegionOut, region_out
from app.store_api.access import catalogue_router
from app.store_api.keeping import keepable
from app.store_api.schemas import RegionsQuery, StoreQuery

router = catalogue_router()


class RegionsAnswer(PageOut):
    """A page of regions."""

    regions: list[RegionOut]


class RegionAnswer(BaseModel):
    """One region."""

    region: RegionOut


@router.get("/regions", response_model=RegionsAnswer)
def list_regions(session: SessionDep, query: Annotated[RegionsQuery, Query()]) -> Response:
    """The shop's regions with their countries."""
    regions, count = queries.list_regions(
        session,
        limit=query.limit,
        offset=query.offset,
        ids=query.id,
        names=query.name,
        currency_codes=query.currency_code,
        text=query.q,
        order=query.order,
    )
    shapes = [region_out(region) for region in regions]
    tree = parse_fields(query.fields)
    return keepable(answer_page("regions", shapes, tree, count=count, offset=query.offset, limit=query.limit))


@router.get("/regions/{region_id}", response_model=RegionAnswer)
def show_region(
    session: SessionDep, region_id: Annotated[str, Path()], query: Annotated[StoreQuery, Query()]
) -> Response:
    """One region."""
    region = queries.find_region(session, region_id)
    if region is None:
        raise RegionNotFound(f"Region with id: {region_id} was not found")
    return keepable(answer("region", region_out(region), parse_fields(query.fields)))
