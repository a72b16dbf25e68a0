"""`/admin/collections`: choices of products, such as a season's; a product is in one at most.

Source: store-api §4 and §11, decision 0027.
"""

# ruff: noqa: RUF012 - pydantic copies the defaults of a model, and so these lists are never shared

from typing import Annotated

from fastapi import Depends, Response

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.schemas import AdminPageQuery, AdminQuery, DeletedOut, PathId
from app.admin_api.schemas_product import LinkBody, Word
from app.admin_api.shapes_group import StaffCollectionAnswer, StaffCollectionsAnswer, collection_out, read_groups
from app.catalogue import change_groups
from app.catalogue.list_groups import COLLECTIONS, GroupFilter
from app.catalogue.models import ProductCollection
from app.catalogue.queries import Page
from app.catalogue.rules import compute_handle
from app.catalogue.schemas import ByTitle, InstantsQuery, Lines
from app.core.api_document import refusing
from app.core.bodies import Body, Ids, Line, Metadata
from app.core.db import SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, etag_of

reading = reading_router()
writing = writing_router()

AdminQueryDep = Annotated[AdminQuery, Depends(query_of(AdminQuery))]
QUERY, CHANGED = describe_query(AdminQuery), refusing(ChangedMeanwhile)


class CollectionBody(Body):
    """Medusa's keys; what is absent stays."""

    title: Word | None = None
    handle: Line | None = None
    metadata: Metadata | None = None


class NewCollectionBody(CollectionBody):
    """Without a handle, its title gives one."""

    title: Word


class CollectionsQuery(InstantsQuery, AdminPageQuery):
    """Which collections."""

    order: ByTitle | None = None
    id: Ids = []
    title: Lines = []
    handle: Lines = []


@reading.get("/collections", response_model=StaffCollectionsAnswer, openapi_extra=describe_query(CollectionsQuery))
def list_collections(
    session: SessionDep, query: Annotated[CollectionsQuery, Depends(query_of(CollectionsQuery))]
) -> Response:
    """The newest first."""
    columns = {"id": query.id, "title": query.title, "handle": query.handle}
    wanted = GroupFilter(columns, tuple(query.instants()), query.q)
    page = Page(query.limit, query.offset, query.order)
    found, count = read_groups(session, COLLECTIONS, ProductCollection, wanted, page)
    shown, tree = [collection_out(each) for each in found], parse_fields(query.fields)
    return answer_page("collections", shown, tree, count=count, offset=query.offset, limit=query.limit)


@writing.post("/collections", response_model=StaffCollectionAnswer, openapi_extra=QUERY)
def create_collection(session: SessionDep, body: NewCollectionBody, query: AdminQueryDep) -> Response:
    """A new collection."""
    handle = body.handle or compute_handle(body.title)
    return _answer(change_groups.make_collection(session, body.title, handle, body.metadata), query)


@reading.get("/collections/{collection_id}", response_model=StaffCollectionAnswer, openapi_extra=QUERY)
def show_collection(session: SessionDep, collection_id: PathId, query: AdminQueryDep) -> Response:
    """One collection."""
    return _answer(change_groups.get_group(session, ProductCollection, collection_id), query)


@writing.post(
    "/collections/{collection_id}", response_model=StaffCollectionAnswer, openapi_extra=QUERY, responses=CHANGED
)
def update_collection(
    session: SessionDep, collection_id: PathId, body: CollectionBody, query: AdminQueryDep, if_match: IfMatchDep
) -> Response:
    """Change what it says."""
    given = {name: getattr(body, name) for name in body.model_fields_set}
    columns = {name: value for name, value in given.items() if name != "metadata" and value is not None}
    columns |= {"details": given["metadata"]} if "metadata" in given else {}
    changed = change_groups.update_group(session, ProductCollection, collection_id, columns, if_match=if_match)
    return _answer(changed, query)


@writing.delete("/collections/{collection_id}", responses=CHANGED)
def delete_collection(session: SessionDep, collection_id: PathId, if_match: IfMatchDep) -> DeletedOut:
    """Delete it; its products stay."""
    change_groups.delete_group(session, ProductCollection, collection_id, if_match=if_match)
    return DeletedOut(id=collection_id, object="collection")


@writing.post(
    "/collections/{collection_id}/products",
    response_model=StaffCollectionAnswer,
    openapi_extra=QUERY,
    responses=CHANGED,
)
def change_products(
    session: SessionDep, collection_id: PathId, body: LinkBody, query: AdminQueryDep, if_match: IfMatchDep
) -> Response:
    """Put products into it, take others out."""
    return _answer(change_groups.change_collection(session, collection_id, body.add, body.remove, if_match), query)


def _answer(found: ProductCollection, query: AdminQuery) -> Response:
    response = answer("collection", collection_out(found), parse_fields(query.fields))
    response.headers["ETag"] = etag_of(found.updated_at)
    return response
