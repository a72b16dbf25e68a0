"""What the shop of the flows sells. The flows know these handles, prices and codes."""

from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.shop import service
from tests.factories.catalogue import make_product
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import make_shop, make_tax_rate

PLENTY = 1_000


def stock_the_shop() -> str:
    """Fill an empty database; gives the publishable key."""
    with unit_of_work("test") as session:
        shop = make_shop(session, region_name="Europe", countries=("fr", "be"))
        service.create_region(session, "Suisse", "chf", ("ch",))
        make_tax_rate(session, country_code="be", code="be-21", name="TVA 21 %")
        make_products(session, shop.channel.id)
        make_shipping_option(session, shop.region.id)
        return shop.key.token


def make_products(session: Session, channel_id: str) -> None:
    make_product(session, channel_id, colours=("Noir", "Ecaille"), stock=PLENTY)
    make_product(session, channel_id, handle="nova", title="Nova", price_cents=29_990, stock=PLENTY)
    make_product(session, channel_id, handle="music-shield", title="Music Shield", price_cents=19_900, stock=PLENTY)
    make_product(session, channel_id, handle="sold-out", title="Sold out", stock=0)
    make_product(session, channel_id, handle="brouillon", title="Brouillon", status="draft", stock=PLENTY)
