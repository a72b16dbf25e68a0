"""`/store/product-tags`: words that products share."""

from typing import Annotated

from fastapi import Depends, Path, Response
from pydantic import BaseModel

from app.catalogue.errors import TagNotFound
from app.catalogue.list_groups import TAGS, GroupFilter
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

GROUP = Group(TAGS, WORD, "product_tags", "product_tag", ("*",))


class TagsAnswer(PageOut):
    """A page of tags."""

    product_tags: list[WordOut]


class TagAnswer(BaseModel):
    """One tag."""

    product_tag: WordOut


@router.get("/product-tags", response_model=TagsAnswer, openapi_extra=describe_query(WordsQuery))
def list_tags(
    session: SessionDep, key: KeyDep, query: Annotated[WordsQuery, Depends(query_of(WordsQuery))]
) -> Response:
    """Tags by name; `*products` gives the published ones of each."""
    wanted = GroupFilter({"id": query.id, "value": query.value}, tuple(query.instants()), query.q)
    page = Page(query.limit, query.offset, query.order)
    return list_groups(session, GROUP, wanted, page, query.fields, key.sales_channel_id)


@router.get("/product-tags/{tag_id}", response_model=TagAnswer, openapi_extra=describe_query(StoreQuery))
def show_tag(
    session: SessionDep,
    key: KeyDep,
    tag_id: Annotated[str, Path()],
    query: Annotated[StoreQuery, Depends(query_of(StoreQuery))],
) -> Response:
    """One tag."""
    found = find_group(session, GROUP, tag_id, query.fields, key.sales_channel_id)
    if found is None:
        raise TagNotFound(f"Product tag with id: {tag_id} was not found")
    return found
