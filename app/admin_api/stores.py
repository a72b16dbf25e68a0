"""`/admin/stores`, `/admin/sales-channels`, `/admin/shipping-profiles`: the one shop, where it sells, how it sends.

They are set up by `comptoir setup`, from a file. Source: store-api §11, decision 0032.
"""

# ruff: noqa: RUF012 - pydantic copies the defaults of a model, and so these lists are never shared

from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.admin_api.access import reading_router
from app.admin_api.schemas import AdminPageQuery, AdminQuery, PathId
from app.admin_api.shapes_stock import LOCATION_ID
from app.core.api_document import refusing
from app.core.bodies import MOST_IDS, Ids, Line, PageOut
from app.core.db import Json, SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.core.versions import etag_of
from app.core.wire import WireInstant
from app.shop.errors import SalesChannelNotFound, StoreNotFound
from app.shop.models import SalesChannel, Shop
from app.shop.queries import find_shop, get_first_channel_id, list_currency_codes, list_sales_channels

router = reading_router()

STORE_ID = "store_1"
# What is sold here is sent alike: Medusa's clients ask for a profile, and there is one.
PROFILE_ID = "sp_default"
Fields = Annotated[AdminQuery, Query()]


class ChannelsQuery(AdminPageQuery):
    """Which channels."""

    id: Ids = []
    name: Annotated[list[Line], Field(max_length=MOST_IDS)] = []


class SalesChannelOut(BaseModel):
    """Where products are visible."""

    id: str
    name: str
    description: str | None
    is_disabled: bool
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant


class SalesChannelAnswer(BaseModel):
    """Medusa's envelope."""

    sales_channel: SalesChannelOut


class SalesChannelsAnswer(PageOut):
    """A page of channels."""

    sales_channels: list[SalesChannelOut]


class StoreCurrencyOut(BaseModel):
    """What the shop sells in."""

    currency_code: str
    is_default: bool


class StoreOut(BaseModel):
    """The shop; beside Medusa's keys, whom customers write to and the language of its mails."""

    id: str
    name: str
    contact_email: str
    default_locale: str
    supported_currencies: list[StoreCurrencyOut]
    default_sales_channel_id: str
    default_region_id: str | None
    default_location_id: str
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant


class StoreAnswer(BaseModel):
    """Medusa's envelope."""

    store: StoreOut


class StoresAnswer(PageOut):
    """All of them: one."""

    stores: list[StoreOut]


class ShippingProfileOut(BaseModel):
    """How products are sent."""

    id: str = PROFILE_ID
    name: str = "Default"
    type: str = "default"
    metadata: Json | None = None


class ShippingProfileAnswer(BaseModel):
    """Medusa's envelope."""

    shipping_profile: ShippingProfileOut


class ShippingProfilesAnswer(PageOut):
    """All of them: one."""

    shipping_profiles: list[ShippingProfileOut]


@router.get(
    "/stores",
    response_model=StoresAnswer,
    responses=refusing(SalesChannelNotFound),
    openapi_extra=describe_query(AdminPageQuery),
)
def list_stores(session: SessionDep, query: Annotated[AdminPageQuery, Depends(query_of(AdminPageQuery))]) -> Response:
    """The shop, once it is set up."""
    shop = find_shop(session)
    found = [_store(session, shop)] if shop and (query.q or "").lower() in shop.name.lower() else []
    page, tree = found[query.offset : query.offset + query.limit], parse_fields(query.fields)
    return answer_page("stores", page, tree, count=len(found), offset=query.offset, limit=query.limit)


@router.get("/stores/{store_id}", response_model=StoreAnswer)
def show_store(session: SessionDep, store_id: PathId, query: Fields) -> Response:
    """The shop."""
    shop = find_shop(session)
    if shop is None or store_id != STORE_ID:
        raise StoreNotFound(store_id)
    found = answer("store", _store(session, shop), parse_fields(query.fields))
    found.headers["ETag"] = etag_of(shop.updated_at)
    return found


@router.get("/sales-channels", response_model=SalesChannelsAnswer, openapi_extra=describe_query(ChannelsQuery))
def list_channels(session: SessionDep, query: Annotated[ChannelsQuery, Depends(query_of(ChannelsQuery))]) -> Response:
    """The shop's channels; it has a handful."""
    text = (query.q or "").lower()
    found = [
        _channel(channel)
        for channel in list_sales_channels(session)
        if text in channel.name.lower()
        and (not query.id or channel.id in query.id)
        and (not query.name or channel.name in query.name)
    ]
    page, tree = found[query.offset : query.offset + query.limit], parse_fields(query.fields)
    return answer_page("sales_channels", page, tree, count=len(found), offset=query.offset, limit=query.limit)


@router.get("/sales-channels/{channel_id}", response_model=SalesChannelAnswer)
def show_channel(session: SessionDep, channel_id: PathId, query: Fields) -> Response:
    """One channel."""
    known = [channel for channel in list_sales_channels(session) if channel.id == channel_id]
    if not known:
        raise SalesChannelNotFound(f"Sales channel with id: {channel_id} was not found")
    found = answer("sales_channel", _channel(known[0]), parse_fields(query.fields))
    found.headers["ETag"] = etag_of(known[0].updated_at)
    return found


@router.get("/shipping-profiles", openapi_extra=describe_query(AdminPageQuery))
def list_profiles(query: Annotated[AdminPageQuery, Depends(query_of(AdminPageQuery))]) -> ShippingProfilesAnswer:
    """The one way in which products are sent."""
    found = [ShippingProfileOut()] if (query.q or "").lower() in "default" else []
    page = found[query.offset : query.offset + query.limit]
    return ShippingProfilesAnswer(shipping_profiles=page, count=len(found), offset=query.offset, limit=query.limit)


def _channel(channel: SalesChannel) -> SalesChannelOut:
    return SalesChannelOut(
        id=channel.id,
        name=channel.name,
        description=None,
        is_disabled=False,
        metadata=None,
        created_at=channel.created_at,
        updated_at=channel.updated_at,
    )


def _store(session: Session, shop: Shop) -> StoreOut:
    currencies = list_currency_codes(session)
    return StoreOut(
        id=STORE_ID,
        name=shop.name,
        contact_email=shop.contact_email,
        default_locale=shop.default_locale,
        supported_currencies=[
            StoreCurrencyOut(currency_code=code, is_default=code == currencies[0]) for code in currencies
        ],
        default_sales_channel_id=get_first_channel_id(session),
        default_region_id=shop.default_region_id,
        default_location_id=LOCATION_ID,
        metadata=None,
        created_at=shop.created_at,
        updated_at=shop.updated_at,
    )
