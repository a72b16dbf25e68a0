"""`/admin/regions`, `/admin/currencies`, `/admin/tax-regions`, `/admin/tax-rates`: where the shop sells, and its VAT.

They are set up by `comptoir setup`, from a file. Source: store-api §4, french-rules §2.2, decision 0032.
"""

# ruff: noqa: RUF012 - pydantic copies the defaults of a model, and so these lists are never shared

from datetime import date
from typing import Annotated, Literal

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from app.admin_api.access import reading_router
from app.admin_api.schemas import AdminPageQuery, AdminQuery, PathId
from app.core.bodies import MOST_IDS, Ids, Line, PageOut
from app.core.db import SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.core.versions import etag_of
from app.core.wire import WireRate
from app.shop import queries
from app.shop.errors import CurrencyNotFound, RegionNotFound
from app.shop.models import TaxRate
from app.shop.rules import STANDARD
from app.shop.schemas import CurrencyOut, RegionOut, currency_out, region_out

router = reading_router()

Fields = Annotated[AdminQuery, Query()]


class RegionsQuery(AdminPageQuery):
    """Which regions."""

    order: Literal["id", "-id", "name", "-name", "created_at", "-created_at"] = "created_at"
    id: Ids = []
    name: Annotated[list[Line], Field(max_length=MOST_IDS)] = []
    currency_code: Annotated[list[Line], Field(max_length=MOST_IDS)] = []


class CurrenciesQuery(AdminPageQuery):
    """Which currencies."""

    code: Annotated[list[Line], Field(max_length=MOST_IDS)] = []


class TaxRatesQuery(AdminPageQuery):
    """Which VAT rates."""

    country_code: Annotated[list[Line], Field(max_length=MOST_IDS)] = []


class RegionAnswer(BaseModel):
    """Medusa's envelope."""

    region: RegionOut


class RegionsAnswer(PageOut):
    """A page of regions."""

    regions: list[RegionOut]


class CurrencyAnswer(BaseModel):
    """One currency."""

    currency: CurrencyOut


class CurrenciesAnswer(PageOut):
    """A page of currencies."""

    currencies: list[CurrencyOut]


class TaxRateOut(BaseModel):
    """A VAT rate in percent, of a country, for a category of goods, from a day on."""

    id: str
    tax_region_id: str
    code: str
    name: str
    rate: WireRate
    category: str
    valid_from_on: date
    is_default: bool


class TaxRatesAnswer(PageOut):
    """A page of VAT rates."""

    tax_rates: list[TaxRateOut]


class TaxRegionOut(BaseModel):
    """A country with its VAT rates."""

    id: str
    country_code: str
    province_code: None = None
    provider_id: str = "tp_system"
    tax_rates: list[TaxRateOut]


class TaxRegionsAnswer(PageOut):
    """A page of countries."""

    tax_regions: list[TaxRegionOut]


@router.get("/regions", response_model=RegionsAnswer, openapi_extra=describe_query(RegionsQuery))
def list_regions(session: SessionDep, query: Annotated[RegionsQuery, Depends(query_of(RegionsQuery))]) -> Response:
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
    tree, shown = parse_fields(query.fields), [region_out(region) for region in regions]
    return answer_page("regions", shown, tree, count=count, offset=query.offset, limit=query.limit)


@router.get("/regions/{region_id}", response_model=RegionAnswer)
def show_region(session: SessionDep, region_id: PathId, query: Fields) -> Response:
    """One region."""
    region = queries.find_region(session, region_id)
    if region is None:
        raise RegionNotFound(f"Region with id: {region_id} was not found")
    found = answer("region", region_out(region), parse_fields(query.fields))
    found.headers["ETag"] = etag_of(region.updated_at)
    return found


@router.get("/currencies", response_model=CurrenciesAnswer, openapi_extra=describe_query(CurrenciesQuery))
def list_currencies(
    session: SessionDep, query: Annotated[CurrenciesQuery, Depends(query_of(CurrenciesQuery))]
) -> Response:
    """The currencies of the shop's regions."""
    asked, text = {code.lower() for code in query.code}, (query.q or "").strip().casefold()
    known = [currency_out(code) for code in queries.list_currency_codes(session) if not asked or code in asked]
    found = [each for each in known if text in f"{each.code} {each.name.casefold()}"]
    page = found[query.offset : query.offset + query.limit]
    tree = parse_fields(query.fields)
    return answer_page("currencies", page, tree, count=len(found), offset=query.offset, limit=query.limit)


@router.get("/currencies/{code}", response_model=CurrencyAnswer)
def show_currency(session: SessionDep, code: PathId, query: Fields) -> Response:
    """One currency."""
    if code.lower() not in queries.list_currency_codes(session):
        raise CurrencyNotFound(f"Currency with code: {code} was not found")
    return answer("currency", currency_out(code.lower()), parse_fields(query.fields))


@router.get("/tax-rates", response_model=TaxRatesAnswer, openapi_extra=describe_query(TaxRatesQuery))
def list_tax_rates(session: SessionDep, query: Annotated[TaxRatesQuery, Depends(query_of(TaxRatesQuery))]) -> Response:
    """Every VAT rate that is set up, former and later ones too."""
    text = (query.q or "").strip().casefold()
    found = [
        _tax_rate(rate)
        for rate in queries.list_all_tax_rates(session, [code.lower() for code in query.country_code])
        if text in f"{rate.code} {rate.name}".casefold()
    ]
    page = found[query.offset : query.offset + query.limit]
    tree = parse_fields(query.fields)
    return answer_page("tax_rates", page, tree, count=len(found), offset=query.offset, limit=query.limit)


@router.get("/tax-regions", response_model=TaxRegionsAnswer, openapi_extra=describe_query(TaxRatesQuery))
def list_tax_regions(
    session: SessionDep, query: Annotated[TaxRatesQuery, Depends(query_of(TaxRatesQuery))]
) -> Response:
    """The countries whose VAT the shop knows."""
    by_country: dict[str, list[TaxRateOut]] = {}
    for rate in queries.list_all_tax_rates(session, [code.lower() for code in query.country_code]):
        by_country.setdefault(rate.country_code, []).append(_tax_rate(rate))
    found = [
        TaxRegionOut(id=_tax_region_id(code), country_code=code, tax_rates=rates)
        for code, rates in sorted(by_country.items())
        if (query.q or "").lower() in code
    ]
    page = found[query.offset : query.offset + query.limit]
    tree = parse_fields(query.fields)
    return answer_page("tax_regions", page, tree, count=len(found), offset=query.offset, limit=query.limit)


def _tax_region_id(country_code: str) -> str:
    return f"txreg_{country_code}"


def _tax_rate(rate: TaxRate) -> TaxRateOut:
    return TaxRateOut(
        id=rate.id,
        tax_region_id=_tax_region_id(rate.country_code),
        code=rate.code,
        name=rate.name,
        rate=rate.rate,
        category=rate.category,
        valid_from_on=rate.valid_from_on,
        is_default=rate.category == STANDARD,
    )
