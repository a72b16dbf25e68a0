"""Sets up the ways to send an order."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.pricing.rules import check_price
from app.shipping import queries
from app.shipping.errors import CodeTaken
from app.shipping.models import ShippingOption
from app.shop.errors import RegionNotFound
from app.shop.models import Region


@dataclass(frozen=True)
class NewShippingOption:
    """A way to send at a flat price, VAT included, in the region's currency; `kind` is `shipping` or `pickup`."""

    region_id: str
    code: str
    name: str
    amount_cents: int
    description: str = ""
    kind: str = "shipping"
    rank: int = 0


def create_option(session: Session, new: NewShippingOption) -> ShippingOption:
    """Offer one more way to send; raises `CodeTaken`, `RegionNotFound`, `InvalidPrice`."""
    check_price(new.amount_cents)
    region = session.get(Region, new.region_id)
    if region is None:
        raise RegionNotFound
    if queries.find_option_by_code(session, new.region_id, new.code):
        raise CodeTaken(f"Shipping option with code {new.code} already exists")
    option = ShippingOption(
        id=new_id("so"),
        region_id=new.region_id,
        code=new.code,
        name=new.name,
        description=new.description,
        kind=new.kind,
        amount_cents=new.amount_cents,
        currency_code=region.currency_code,
        rank=new.rank,
    )
    session.add(option)
    session.flush()  # the caller and the carts of the same transaction name it
    return option
