"""The ways to pay."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from app.core.api_document import refusing
from app.core.bodies import Id, PageOut
from app.core.db import SessionDep
from app.core.fields import answer_page, parse_fields
from app.core.settings import get_settings
from app.payments.rules import list_provider_ids
from app.shop.errors import RegionNotFound
from app.shop.queries import find_served_region
from app.store_api.access import store_router
from app.store_api.schemas import StoreQuery

router = store_router()


class PaymentProvidersQuery(StoreQuery):
    """The region is required; Medusa's page is of twenty."""

    region_id: Id
    limit: Annotated[int, Field(ge=0, le=1_000)] = 20
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class PaymentProviderOut(BaseModel):
    """One of the ids that storefronts know (store-api §6)."""

    id: str
    is_enabled: bool


class PaymentProvidersOut(PageOut):
    """All of them fit one page."""

    payment_providers: list[PaymentProviderOut]


@router.get("/payment-providers", response_model=PaymentProvidersOut, responses=refusing(RegionNotFound))
def list_payment_providers(session: SessionDep, query: Annotated[PaymentProvidersQuery, Query()]) -> Response:
    """Cards, and transfer or cash where the shop takes it."""
    if find_served_region(session, query.region_id) is None:
        raise RegionNotFound
    ids = list_provider_ids(is_manual_offered=get_settings().manual_payment)
    page = ids[query.offset : query.offset + query.limit]
    shown = [PaymentProviderOut(id=provider_id, is_enabled=True) for provider_id in page]
    tree = parse_fields(query.fields)
    return answer_page("payment_providers", shown, tree, count=len(ids), offset=query.offset, limit=query.limit)
