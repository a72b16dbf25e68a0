"""`/store/product-options`: what the products of the shop differ in, and the values of it (SDK 2.21)."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import Depends, Path, Response
from pydantic import BaseModel

from app.catalogue.errors import OptionNotFound
from app.catalogue.list_options import OptionFilter, list_option_ids, list_option_rows
from app.catalogue.list_rows import Row
from app.catalogue.queries import Page
from app.core.bodies import PageOut
from app.core.db import SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.store_api.access import KeyDep, catalogue_router
from app.store_api.keeping import ANY_PRODUCT, begin_keeping, keepable
from app.store_api.render_rows import DELETED_AT, Document, write_instant
from app.store_api.schemas import StoreQuery
from app.store_api.schemas_catalogue import OptionsQuery
from app.store_api.shapes_product import ListedOptionOut

router = catalogue_router()


class OptionsAnswer(PageOut):
    """A page of options."""

    product_options: list[ListedOptionOut]


class OptionAnswer(BaseModel):
    """One option."""

    product_option: ListedOptionOut


@router.get("/product-options", response_model=OptionsAnswer, openapi_extra=describe_query(OptionsQuery))
def list_options(
    session: SessionDep, key: KeyDep, query: Annotated[OptionsQuery, Depends(query_of(OptionsQuery))]
) -> Response:
    """The options of published products, with their values."""
    keeping = begin_keeping(session)
    wanted = OptionFilter(
        key.sales_channel_id, query.id, query.title, query.is_exclusive, tuple(query.instants()), query.q
    )
    page = Page(query.limit, query.offset, query.order)
    option_ids, count = keeping.list_ids(wanted, page, partial(list_option_ids, session, wanted, page))
    rows = {row[0]: row for row in list_option_rows(session, option_ids, key.sales_channel_id)} if option_ids else {}
    documents = [_compose(rows[option_id]) for option_id in option_ids if option_id in rows]
    tree = parse_fields(query.fields)
    shown = answer_page("product_options", documents, tree, count=count, offset=page.offset, limit=page.limit)
    return keepable(shown, ANY_PRODUCT)


@router.get("/product-options/{option_id}", response_model=OptionAnswer, openapi_extra=describe_query(StoreQuery))
def show_option(
    session: SessionDep,
    key: KeyDep,
    option_id: Annotated[str, Path()],
    query: Annotated[StoreQuery, Depends(query_of(StoreQuery))],
) -> Response:
    """One option; that of a draft is as if absent."""
    found: Sequence[Row] = list_option_rows(session, [option_id], key.sales_channel_id)
    if not found:
        raise OptionNotFound(f"Product option with id: {option_id} was not found")
    return keepable(answer("product_option", _compose(found[0]), parse_fields(query.fields)), ANY_PRODUCT)


def _compose(row: Row) -> Document:
    """The document of one option."""
    option_id, title, product_id, created_at, updated_at, values = row
    listed = values if isinstance(values, list) else []
    return {
        "id": option_id,
        "title": title,
        "product_id": product_id,
        "is_exclusive": True,
        "metadata": None,
        "created_at": write_instant(created_at),
        "updated_at": write_instant(updated_at),
        DELETED_AT: None,
        "values": [
            {"id": value_id, "value": value, "option_id": option_id, "metadata": None} for value_id, value in listed
        ],
    }
