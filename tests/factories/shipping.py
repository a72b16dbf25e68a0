"""Ways to send an order, or to send it back."""

from sqlalchemy.orm import Session

from app.shipping.models import ShippingLocation, ShippingOption
from app.shipping.rules import Destination, PriceStep
from app.shipping.service import NewLocation, NewShippingOption, create_location, create_option


def make_shipping_option(
    session: Session,
    region_id: str,
    *,
    code: str = "standard",
    name: str = "Livraison standard",
    amount_cents: int = 490,
    rank: int = 0,
    kind: str = "shipping",
    is_return: bool = False,
    free_from_cents: int | None = None,
    steps: tuple[PriceStep, ...] = (),
    max_weight_grams: int | None = None,
    destinations: tuple[Destination, ...] = (),
    location_id: str | None = None,
) -> ShippingOption:
    """A flat option of 4,90 € unless said otherwise; `free_from_cents`: nothing from that item total on."""
    free = (PriceStep(0, from_item_total_cents=free_from_cents),) if free_from_cents else ()
    new = NewShippingOption(
        region_id,
        code,
        name,
        amount_cents,
        rank=rank,
        kind=kind,
        is_return=is_return,
        steps=(*steps, *free),
        max_weight_grams=max_weight_grams,
        destinations=destinations,
        location_id=location_id,
    )
    return create_option(session, new)


def make_location(session: Session, *, name: str = "Boutique du Marais") -> ShippingLocation:
    """A shop in Paris."""
    return create_location(session, NewLocation(name, "3 rue des Rosiers", "75004", "Paris", "fr"))
