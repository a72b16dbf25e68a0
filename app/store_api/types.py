"""`/store/product-types`: what kinds of things there are."""

from typing import Annotated

from fastapi import Depends, Path, Response
from pydantic import BaseModel

from app.catalogue.errors import TypeNotFound
from app.catalogue.list_groups import TYPES, GroupFilter
from app.catalogue.queries import Page
from app.core.bodies import PageOut
from app.core.db import SessionDep
from app.core.query import describe_query, query_of
from app.store_api.access import KeyDep, catalogue_router
from app.store_api.render_groups import Group, find_group, list_groups
from app.store_api.render_products import WORD
from app.store_api.schemas import StoreQuery
from app.store_api.schemas_catalogue import WordsQuery
from app.store_api.shapes_product import WordOut

router = catalogue_router()

GROUP = Group(TYPES, WORD, "product_types", "product_type", ("*",))


class TypesAnswer(PageOut):
    """A page of types."""

    product_types: list[WordOut]


class TypeAnswer(BaseModel):
    """One type."""

    product_type: WordOut


@router.get("/product-types", response_model=TypesAnswer, openapi_extra=describe_query(WordsQuery))
def list_types(
    session: SessionDep, key: KeyDep, query: Annotated[WordsQuery, Depends(query_of(WordsQuery))]
) -> Response:
    """Types by name; `*products` gives the published ones of each."""
    wanted = GroupFilter({"id": query.id, "value": query.value}, tuple(query.instants()), query.q)
    page = Page(query.limit, query.offset, query.order)
    return list_groups(session, GROUP, wanted, page, query.fields, key.sales_channel_id)


@router.get("/product-types/{type_id}", response_model=TypeAnswer, openapi_extra=describe_query(StoreQuery))
def show_type(
    session: SessionDep,
    key: KeyDep,
    type_id: Annotated[str, Path()],
    query: Annotated[StoreQuery, Depends(query_of(StoreQuery))],
) -> Response:
    """One type."""
    found = find_group(session, GROUP, type_id, query.fields, key.sales_channel_id)
    if found is None:
        raise TypeNotFound(f"Product type with id: {type_id} was not found")
    return found
