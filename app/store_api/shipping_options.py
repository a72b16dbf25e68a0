"""`/store/shipping-options`: the ways to send a cart, or to send goods back (store-api §6)."""

from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.carts.errors import CartNotFound
from app.carts.open_cart import get_open_contents
from app.carts.queries import CartContents
from app.carts.update_shipping import parcel_of
from app.core.api_document import refusing
from app.core.bodies import Body, Id, Metadata
from app.core.clock import utc_now
from app.core.db import SessionDep
from app.core.fields import answer, answer_list, parse_fields
from app.shipping.errors import ShippingOptionNotFound, UnfitShippingOption
from app.shipping.queries import find_kept_option
from app.shipping.service import Offer, find_offer, list_offers
from app.stock.queries import list_available_to
from app.store_api.access import store_router
from app.store_api.schemas import ShippingOptionsQuery, StoreQuery
from app.store_api.shapes_shipping import ShippingOptionOut, shipping_option_out

router = store_router()

PICKUP = "pickup"


class CalculateBody(Body):
    """For which cart; `data` is for carriers that want to know more, ours do not."""

    cart_id: Id
    data: Metadata | None = None


class ShippingOptionsAnswer(BaseModel):
    """All options that fit, in the order the shop gave them."""

    shipping_options: list[ShippingOptionOut]


class ShippingOptionAnswer(BaseModel):
    """One option at the cart's price."""

    shipping_option: ShippingOptionOut


@router.get("/shipping-options", response_model=ShippingOptionsAnswer, responses=refusing(CartNotFound))
def list_shipping_options(session: SessionDep, query: Annotated[ShippingOptionsQuery, Query()]) -> Response:
    """The ways to send this cart to its address, as far as it is known; `is_return`: to send goods back."""
    contents = get_open_contents(session, query.cart_id)
    offers = list_offers(session, parcel_of(contents), is_return=query.is_return)
    return answer_list("shipping_options", _show(session, contents, offers), parse_fields(query.fields))


@router.post("/shipping-options/{option_id}/calculate", response_model=ShippingOptionAnswer)
def calculate_shipping_option(
    session: SessionDep, option_id: Annotated[str, Path()], body: CalculateBody, query: Annotated[StoreQuery, Query()]
) -> Response:
    """What this option costs for this cart, whichever way its price is made."""
    contents = get_open_contents(session, body.cart_id)
    if find_kept_option(session, option_id) is None:
        raise ShippingOptionNotFound(option_id)
    offer = find_offer(session, option_id, parcel_of(contents))
    if offer is None:
        raise UnfitShippingOption
    (shown,) = _show(session, contents, [offer])
    return answer("shipping_option", shown, parse_fields(query.fields))


def _show(session: Session, contents: CartContents, offers: list[Offer]) -> list[ShippingOptionOut]:
    is_picked_up = any(offer.option.kind == PICKUP for offer in offers)
    is_short = is_picked_up and _is_short(session, contents)
    return [
        shipping_option_out(offer, contents.shipping_tax, is_short=is_short and offer.option.kind == PICKUP)
        for offer in offers
    ]


def _is_short(session: Session, contents: CartContents) -> bool:
    """Whether the shelf holds less for this cart than it asks for: then nothing of it can be picked up now."""
    wanted = contents.counted_pieces
    available = list_available_to(session, contents.cart.id, wanted, utc_now())
    return any(quantity > available.get(variant_id, 0) for variant_id, quantity in wanted.items())
