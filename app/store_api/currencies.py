"""`/store/currencies`: those the shop's regions sell in."""

from typing import Annotated

from fastapi import Depends, Path, Response
from pydantic import BaseModel

from app.core.bodies import PageOut
from app.core.db import SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.shop.errors import CurrencyNotFound
from app.shop.queries import list_currency_codes
from app.shop.schemas import CurrencyOut, currency_out
from app.store_api.access import catalogue_router
from app.store_api.keeping import keepable
from app.store_api.schemas import StoreQuery
from app.store_api.schemas_catalogue import CurrenciesQuery

router = catalogue_router()


class CurrenciesAnswer(PageOut):
    """A page of currencies."""

    currencies: list[CurrencyOut]


class CurrencyAnswer(BaseModel):
    """One currency."""

    currency: CurrencyOut


@router.get("/currencies", response_model=CurrenciesAnswer, openapi_extra=describe_query(CurrenciesQuery))
def list_currencies(
    session: SessionDep, query: Annotated[CurrenciesQuery, Depends(query_of(CurrenciesQuery))]
) -> Response:
    """The currencies of the shop's regions."""
    known = [currency_out(code) for code in list_currency_codes(session)]
    text = (query.q or "").strip().casefold()
    asked = {code.lower() for code in query.code}
    found = [
        each for each in known if (not asked or each.code in asked) and text in f"{each.code} {each.name.casefold()}"
    ]
    found.sort(key=lambda each: str(getattr(each, query.order.removeprefix("-"))), reverse=query.order.startswith("-"))
    shown = found[query.offset : query.offset + query.limit]
    tree = parse_fields(query.fields)
    return keepable(answer_page("currencies", shown, tree, count=len(found), offset=query.offset, limit=query.limit))


@router.get("/currencies/{code}", response_model=CurrencyAnswer, openapi_extra=describe_query(StoreQuery))
def showcurrency_out(
    session: SessionDep, code: Annotated[str, Path()], query: Annotated[StoreQuery, Depends(query_of(StoreQuery))]
) -> Response:
    """One currency."""
    if code.lower() not in list_currency_codes(session):
        raise CurrencyNotFound(f"Currency with code: {code} was not found")
    return keepable(answer("currency", currency_out(code.lower()), parse_fields(query.fields)))
