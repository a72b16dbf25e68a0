"""`/admin/product-tags`, `/admin/product-types`: words on products, and what kind of thing they are.

Source: store-api §4 and §11, decision 0027.
"""

# ruff: noqa: RUF012 - pydantic copies the defaults of a model, and so these lists are never shared

from typing import Annotated, Literal, TypeVar

from fastapi import Depends, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.schemas import AdminPageQuery, AdminQuery, DeletedOut, PathId
from app.admin_api.schemas_product import Word
from app.admin_api.shapes_group import (
    StaffTagAnswer,
    StaffTagsAnswer,
    StaffTypeAnswer,
    StaffTypesAnswer,
    read_groups,
    word_out,
)
from app.catalogue.change_groups import create_word, delete_group, get_group, update_group
from app.catalogue.list_groups import TAGS, TYPES, GroupFilter, Kind
from app.catalogue.models import ProductTag, ProductType
from app.catalogue.queries import Page
from app.catalogue.schemas import InstantsQuery, Lines
from app.catalogue.set_family import assign_tags
from app.core.api_document import refusing
from app.core.bodies import Body, Ids, Metadata
from app.core.db import SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, etag_of

reading = reading_router()
writing = writing_router()


class WordBody(Body):
    """Medusa's keys; what is absent stays."""

    value: Word | None = None
    metadata: Metadata | None = None


class NewWordBody(Body):
    """A word that nothing has yet."""

    value: Word
    metadata: Metadata | None = None


class AssignBody(Body):
    """Of which products, all without; `dry_run`: only say what would change."""

    dry_run: bool = False
    product_ids: Ids = []


class TagChangeOut(BaseModel):
    """The tags that a product gets from its metadata, and those that its metadata no longer gives."""

    product_id: str
    handle: str
    added: list[str]
    removed: list[str]


class AssignAnswer(BaseModel):
    """What changed, or would."""

    dry_run: bool
    changes: list[TagChangeOut]
    count: int


class WordsQuery(InstantsQuery, AdminPageQuery):
    """Which of them."""

    order: Literal["id", "-id", "value", "-value", "created_at", "-created_at", "updated_at", "-updated_at"] | None = (
        None
    )
    id: Ids = []
    value: Lines = []


AdminQueryDep = Annotated[AdminQuery, Depends(query_of(AdminQuery))]
WordsQueryDep = Annotated[WordsQuery, Depends(query_of(WordsQuery))]
QUERY, LIST, CHANGED = describe_query(AdminQuery), describe_query(WordsQuery), refusing(ChangedMeanwhile)
WordKind = TypeVar("WordKind", ProductTag, ProductType)


@reading.get("/product-tags", response_model=StaffTagsAnswer, openapi_extra=LIST)
def list_tags(session: SessionDep, query: WordsQueryDep) -> Response:
    """All tags, in the order of the alphabet."""
    return _list(session, TAGS, ProductTag, "product_tags", query)


@writing.post("/product-tags", response_model=StaffTagAnswer, openapi_extra=QUERY)
def create_tag(session: SessionDep, body: NewWordBody, query: AdminQueryDep) -> Response:
    """A new tag."""
    return _show(create_word(session, ProductTag, body.value, body.metadata), query)


@writing.post("/product-tags/assign")
def assign(session: SessionDep, body: AssignBody) -> AssignAnswer:
    """Give products the tags that follow from their metadata, as their families say; a second run changes nothing."""
    changes = assign_tags(session, body.product_ids, dry_run=body.dry_run)
    shown = [
        TagChangeOut(product_id=each.product_id, handle=each.handle, added=list(each.added), removed=list(each.removed))
        for each in changes
    ]
    return AssignAnswer(dry_run=body.dry_run, changes=shown, count=len(shown))


@reading.get("/product-tags/{tag_id}", response_model=StaffTagAnswer, openapi_extra=QUERY)
def show_tag(session: SessionDep, tag_id: PathId, query: AdminQueryDep) -> Response:
    """One tag."""
    return _show(get_group(session, ProductTag, tag_id), query)


@writing.post("/product-tags/{tag_id}", response_model=StaffTagAnswer, openapi_extra=QUERY, responses=CHANGED)
def update_tag(
    session: SessionDep, tag_id: PathId, body: WordBody, query: AdminQueryDep, if_match: IfMatchDep
) -> Response:
    """Another word, on every product that has it."""
    return _show(update_group(session, ProductTag, tag_id, _columns(body), if_match=if_match), query)


@writing.delete("/product-tags/{tag_id}", responses=CHANGED)
def delete_tag(session: SessionDep, tag_id: PathId, if_match: IfMatchDep) -> DeletedOut:
    """Take it off every product."""
    delete_group(session, ProductTag, tag_id, if_match=if_match)
    return DeletedOut(id=tag_id, object="product_tag")


@reading.get("/product-types", response_model=StaffTypesAnswer, openapi_extra=LIST)
def list_types(session: SessionDep, query: WordsQueryDep) -> Response:
    """All types, in the order of the alphabet."""
    return _list(session, TYPES, ProductType, "product_types", query)


@writing.post("/product-types", response_model=StaffTypeAnswer, openapi_extra=QUERY)
def create_type(session: SessionDep, body: NewWordBody, query: AdminQueryDep) -> Response:
    """A new type."""
    return _show(create_word(session, ProductType, body.value, body.metadata), query)


@reading.get("/product-types/{type_id}", response_model=StaffTypeAnswer, openapi_extra=QUERY)
def show_type(session: SessionDep, type_id: PathId, query: AdminQueryDep) -> Response:
    """One type."""
    return _show(get_group(session, ProductType, type_id), query)


@writing.post("/product-types/{type_id}", response_model=StaffTypeAnswer, openapi_extra=QUERY, responses=CHANGED)
def update_type(
    session: SessionDep, type_id: PathId, body: WordBody, query: AdminQueryDep, if_match: IfMatchDep
) -> Response:
    """Another word, for every product of it."""
    return _show(update_group(session, ProductType, type_id, _columns(body), if_match=if_match), query)


@writing.delete("/product-types/{type_id}", responses=CHANGED)
def delete_type(session: SessionDep, type_id: PathId, if_match: IfMatchDep) -> DeletedOut:
    """Delete it; its products stay, and are of no type."""
    delete_group(session, ProductType, type_id, if_match=if_match)
    return DeletedOut(id=type_id, object="product_type")


def _list(session: Session, kind: Kind, model: type[WordKind], name: str, query: WordsQuery) -> Response:
    wanted = GroupFilter({"id": query.id, "value": query.value}, tuple(query.instants()), query.q)
    found, count = read_groups(session, kind, model, wanted, Page(query.limit, query.offset, query.order))
    shown, tree = [word_out(each) for each in found], parse_fields(query.fields)
    return answer_page(name, shown, tree, count=count, offset=query.offset, limit=query.limit)


def _show(word: ProductTag | ProductType, query: AdminQuery) -> Response:
    name = "product_tag" if isinstance(word, ProductTag) else "product_type"
    response = answer(name, word_out(word), parse_fields(query.fields))
    response.headers["ETag"] = etag_of(word.updated_at)
    return response


def _columns(body: WordBody) -> dict[str, object]:
    value = {"value": body.value} if body.value is not None else {}
    return value | ({"details": body.metadata} if "metadata" in body.model_fields_set else {})
