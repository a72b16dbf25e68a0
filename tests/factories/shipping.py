"""Ways to send an order."""

from sqlalchemy.orm import Session

from app.shipping.models import ShippingOption
from app.shipping.service import NewShippingOption, create_option


def make_shipping_option(
    session: Session,
    region_id: str,
    *,
    code: str = "standard",
    name: str = "Livraison standard",
    amount_cents: int = 490,
    rank: int = 0,
) -> ShippingOption:
    """A flat option of 4,90 € unless said otherwise."""
    return create_option(session, NewShippingOption(region_id, code, name, amount_cents, rank=rank))
