"""For whom products are shown: which channel, and at which prices."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.carts.open_cart import get_open_contents
from app.core.clock import utc_now
from app.core.errors import InvalidRequest
from app.shop.queries import find_price_currency
from app.shop.rules import compute_business_day
from app.store_api.keeping import Keeping
from app.store_api.schemas_catalogue import PriceContext


@dataclass(frozen=True)
class Visitor:
    """A channel, a day, and where prices are known, their currency and country; two equal ones see the same."""

    channel_id: str
    today: date
    currency_code: str | None = None
    country_code: str | None = None
    customer_id: str | None = None


def get_visitor(
    session: Session, keeping: Keeping, channel_id: str, asked: PriceContext, *, needs_prices: bool
) -> Visitor:
    """The region named, that of the cart named, or the shop's default one; the country named or the cart's.

    Raises `InvalidRequest` for an unknown region, and where prices are needed and nothing says which; `CartNotFound`.
    """
    today = compute_business_day(utc_now())
    country_code = asked.country_code.lower() if asked.country_code else None
    if asked.cart_id is not None and asked.region_id is None:
        cart = get_open_contents(session, asked.cart_id).cart
        address = cart.shipping_address
        country_code = country_code or (address.country_code if address else None)
        return Visitor(channel_id, today, cart.currency_code, country_code, cart.customer_id)
    currency_code = keeping.remember(
        ("currency", asked.region_id), str, lambda: find_price_currency(session, asked.region_id)
    )
    if currency_code is None and asked.region_id is not None:
        raise InvalidRequest(f"Region with id: {asked.region_id} not found when populating the pricing context")
    if currency_code is None and needs_prices:
        raise InvalidRequest("Missing required pricing context to calculate prices - region_id")
    return Visitor(channel_id, today, currency_code, country_code)
