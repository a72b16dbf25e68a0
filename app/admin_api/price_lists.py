"""`/admin/price-lists`: sales that are announced as reductions, and other prices for a while.

Source: store-api §11, french-rules §2.6, decision 0028.
"""

from collections import defaultdict
from typing import Annotated, Literal

from fastapi import Depends, Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.schemas import AdminPageQuery, AdminQuery, DeletedOut, PathId
from app.admin_api.shapes_price import GivenInstant, Prices, news_of
from app.admin_api.shapes_price_list import (
    PriceBatchAnswer,
    PriceListAnswer,
    PriceListsAnswer,
    PriorPrices,
    RemovedPricesOut,
    list_price_out,
    price_list_out,
)
from app.core.api_document import refusing
from app.core.bodies import Body, Id, Ids, Line
from app.core.clock import utc_now
from app.core.db import SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.core.money import GivenPrice, from_wire
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, check_unchanged, etag_of
from app.pricing.errors import ListPriceNotFound, PriceMovesByHalf, ProductArchived
from app.pricing.models import PriceList, PriceListPrice
from app.pricing.queries import (
    PriceListFilter,
    get_price_list,
    list_price_lists,
    list_prices_of_list,
    list_prior_prices,
    list_variant_ids,
    lock_price_list,
)
from app.pricing.rules import SALE
from app.pricing.service import NewPrice
from app.pricing.set_price_list import (
    NewPriceList,
    PriceListChanges,
    create_price_list,
    delete_price_list,
    remove_list_prices,
    set_list_prices,
    update_price_list,
)

reading = reading_router()
writing = writing_router()

Kind = Literal["sale", "override"]
Status = Literal["draft", "active"]
Order = Literal["id", "title", "created_at", "updated_at", "-id", "-title", "-created_at", "-updated_at"]
Nothing = Annotated[dict[str, object], Field(max_length=0)]


class NewListBody(Body):
    """Medusa's keys; `rules` for groups of customers are not kept. Ours: whom it is for, and that it is meant."""

    title: Line
    description: Line = ""
    type: Kind = "sale"
    status: Status = "draft"
    starts_at: GivenInstant | None = None
    ends_at: GivenInstant | None = None
    rules: Nothing | None = None
    prices: Prices = Field(default=[])
    is_public: bool = True
    confirm_prices: bool = False


class ListBody(Body):
    """What of a list may change; its type and whom it is for stay."""

    title: Line | None = None
    description: Line | None = None
    status: Status | None = None
    starts_at: GivenInstant | None = None
    ends_at: GivenInstant | None = None
    rules: Nothing | None = None


class OtherPriceBody(Body):
    """Another amount for a price of the list."""

    id: Id
    amount: GivenPrice


class BatchBody(Body):
    """Medusa's keys, and ours."""

    create: Prices = Field(default=[])
    update: Annotated[list[OtherPriceBody], Field(max_length=1_000)] = Field(default=[])
    delete: Annotated[list[Id], Field(max_length=1_000)] = Field(default=[])
    confirm_prices: bool = False


class ProductsBody(Body):
    """Products to be taken out of the list."""

    remove: Ids = Field(default=[])


class ListsQuery(AdminPageQuery):
    """Which lists."""

    id: Ids = Field(default=[])
    status: Annotated[list[Status], Field(max_length=2)] = Field(default=[])
    order: Order = "-created_at"


@reading.get("/price-lists", response_model=PriceListsAnswer, openapi_extra=describe_query(ListsQuery))
def list_lists(session: SessionDep, query: Annotated[ListsQuery, Depends(query_of(ListsQuery))]) -> Response:
    """The lists, each with its prices; what a sale is compared with is in the answer of the one."""
    wanted = PriceListFilter(query.id or None, query.status or None, query.q, query.order)
    found, count = list_price_lists(session, wanted, limit=query.limit, offset=query.offset)
    prices: defaultdict[str, list[PriceListPrice]] = defaultdict(list)
    for price in list_prices_of_list(session, *(each.id for each in found)):
        prices[price.price_list_id].append(price)
    shown = [price_list_out(each, prices[each.id], {}) for each in found]
    tree = parse_fields(query.fields)
    return answer_page("price_lists", shown, tree, count=count, offset=query.offset, limit=query.limit)


@writing.post("/price-lists", response_model=PriceListAnswer, responses=refusing(PriceMovesByHalf, ProductArchived))
def make_list(session: SessionDep, body: NewListBody) -> Response:
    """Make one. A sale is made only when each of its prices is a reduction of what was asked before."""
    new = NewPriceList(
        title=body.title,
        type=body.type,
        prices=news_of(body.prices),
        description=body.description,
        status=body.status,
        is_public=body.is_public,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        confirmed=body.confirm_prices,
    )
    return _answer(session, create_price_list(session, new))


@reading.get("/price-lists/{list_id}", response_model=PriceListAnswer, openapi_extra=describe_query(AdminQuery))
def show_list(
    session: SessionDep, list_id: PathId, query: Annotated[AdminQuery, Depends(query_of(AdminQuery))]
) -> Response:
    """One list, each price with what it is compared with."""
    return _answer(session, get_price_list(session, list_id), query.fields)


@writing.post("/price-lists/{list_id}", response_model=PriceListAnswer, responses=refusing(ChangedMeanwhile))
def change_list(session: SessionDep, list_id: PathId, body: ListBody, if_match: IfMatchDep) -> Response:
    """Set what is given; `ends_at: null` takes its end away."""
    check_unchanged(if_match, lock_price_list(session, list_id).updated_at)
    given = {name: getattr(body, name) for name in body.model_fields_set - {"rules"}}
    changes: PriceListChanges = {name: value for name, value in given.items() if value is not None or name == "ends_at"}  # type: ignore[assignment]
    return _answer(session, update_price_list(session, list_id, changes))


@writing.delete("/price-lists/{list_id}", responses=refusing(ChangedMeanwhile))
def remove_list(session: SessionDep, list_id: PathId, if_match: IfMatchDep) -> DeletedOut:
    """Remove it; what it asked stays in the history of prices."""
    check_unchanged(if_match, lock_price_list(session, list_id).updated_at)
    delete_price_list(session, list_id)
    return DeletedOut(id=list_id, object="price_list")


@writing.post(
    "/price-lists/{list_id}/prices/batch",
    responses=refusing(PriceMovesByHalf, ProductArchived, ChangedMeanwhile),
)
def change_list_prices(session: SessionDep, list_id: PathId, body: BatchBody, if_match: IfMatchDep) -> PriceBatchAnswer:
    """Add, change and take out prices, all or nothing."""
    check_unchanged(if_match, lock_price_list(session, list_id).updated_at)
    before = {price.id: price for price in list_prices_of_list(session, list_id)}
    unknown = [each for each in (*(other.id for other in body.update), *body.delete) if each not in before]
    if unknown:
        raise ListPriceNotFound(unknown[0])
    others = [
        NewPrice(price.variant_id, price.currency_code, from_wire(other.amount, price.currency_code))
        for other, price in ((other, before[other.id]) for other in body.update)
    ]
    changed = set_list_prices(
        session, list_id, [*others, *news_of(body.create)], removed=body.delete, confirmed=body.confirm_prices
    )
    prices = list_prices_of_list(session, list_id)
    prior = _prior_prices(session, changed, prices)
    return PriceBatchAnswer(
        created=[list_price_out(price, prior) for price in prices if price.id not in before],
        updated=[list_price_out(price, prior) for price in prices if price.id in {each.id for each in body.update}],
        deleted=RemovedPricesOut(ids=body.delete),
    )


@writing.post("/price-lists/{list_id}/products", response_model=PriceListAnswer, responses=refusing(ChangedMeanwhile))
def remove_list_products(session: SessionDep, list_id: PathId, body: ProductsBody, if_match: IfMatchDep) -> Response:
    """Take every variant of some products out of the list."""
    check_unchanged(if_match, lock_price_list(session, list_id).updated_at)
    return _answer(session, remove_list_prices(session, list_id, list_variant_ids(session, body.remove)))


def _answer(session: Session, price_list: PriceList, fields: str | None = None) -> Response:
    prices = list_prices_of_list(session, price_list.id)
    shown = price_list_out(price_list, prices, _prior_prices(session, price_list, prices))
    made = answer("price_list", shown, parse_fields(fields))
    made.headers["etag"] = etag_of(price_list.updated_at)
    return made


def _prior_prices(session: Session, price_list: PriceList, prices: list[PriceListPrice]) -> PriorPrices:
    """What a sale is compared with, at its start or now if it has begun; nothing for other lists."""
    if price_list.type != SALE:
        return {}
    reduced_at = max(price_list.starts_at, utc_now())
    found = {}
    for code in sorted({price.currency_code for price in prices}):
        of_it = [price.variant_id for price in prices if price.currency_code == code]
        for variant_id, prior in list_prior_prices(session, of_it, code, reduced_at).items():
            found[variant_id, code] = prior
    return found
