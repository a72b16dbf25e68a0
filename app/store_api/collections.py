"""`/store/collections`: products that are shown together."""

from typing import Annotated

from fastapi import Depends, Path, Response
from pydantic import BaseModel

from app.catalogue.errors import CollectionNotFound
from app.catalogue.list_groups import COLLECTIONS, GroupFilter
from app.catalogue.queries import Page
from app.core.bodies import PageOut
from app.core.db import SessionDep
from app.core.query import describe_query, query_of
from app.store_api.access import KeyDep, catalogue_router
from app.store_api.render_groups import Group, find_group, list_groups
from app.store_api.render_products import COLLECTION
from app.store_api.schemas import StoreQuery
from app.store_api.schemas_catalogue import CollectionsQuery
from app.store_api.shapes_product import CollectionOut

router = catalogue_router()

DEFAULTS = ("id", "title", "handle", "created_at", "updated_at", "deleted_at")
GROUP = Group(COLLECTIONS, COLLECTION, "collections", "collection", DEFAULTS)


class CollectionsAnswer(PageOut):
    """A page of collections."""

    collections: list[CollectionOut]


class CollectionAnswer(BaseModel):
    """One collection."""

    collection: CollectionOut


@router.get("/collections", response_model=CollectionsAnswer, openapi_extra=describe_query(CollectionsQuery))
def list_collections(
    session: SessionDep, key: KeyDep, query: Annotated[CollectionsQuery, Depends(query_of(CollectionsQuery))]
) -> Response:
    """Collections, newest first; `*products` gives the published ones of each."""
    columns = {"id": query.id, "title": query.title, "handle": query.handle}
    wanted = GroupFilter(columns, tuple(query.instants()), query.q)
    page = Page(query.limit, query.offset, query.order)
    return list_groups(session, GROUP, wanted, page, query.fields, key.sales_channel_id)


@router.get("/collections/{collection_id}", response_model=CollectionAnswer, openapi_extra=describe_query(StoreQuery))
def show_collection(
    session: SessionDep,
    key: KeyDep,
    collection_id: Annotated[str, Path()],
    query: Annotated[StoreQuery, Depends(query_of(StoreQuery))],
) -> Response:
    """One collection."""
    found = find_group(session, GROUP, collection_id, query.fields, key.sales_channel_id)
    if found is None:
        raise CollectionNotFound(f"Collection with id: {collection_id} was not found")
    return found
