"""What the shop of the flows sells. The flows know these handles, prices and codes."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.catalogue.service import create_category, create_collection, create_tag, create_type
from app.core.auth import hash_password
from app.core.db import unit_of_work
from app.pricing.service import set_price
from app.returns.service import create_reason
from app.shop import service
from app.staff.service import accept_invitation, invite
from tests.factories.catalogue import make_product
from tests.factories.orders import make_order, mark_pieces
from tests.factories.pricing import let_days_pass, make_price_list
from tests.factories.promotions import make_promotion
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import make_shop, make_tax_rate

PLENTY = 1_000


@dataclass(frozen=True)
class Stocked:
    """What a flow cannot find by itself."""

    key: str
    delivered_order_id: str


# Who logs in as staff; the flows are given them.
OWNER, OWNER_PASSWORD = "gerante@boutique.example", "un long mot de passe"


def stock_the_shop() -> Stocked:
    """Fill an empty database."""
    with unit_of_work("test") as session:
        shop = make_shop(session, region_name="Europe", countries=("fr", "be"))
        service.create_region(session, "Suisse", "chf", ("ch",))
        make_tax_rate(session, country_code="be", code="be-21", name="TVA 21 %")
        option = make_shipping_option(session, shop.region.id)
        make_shipping_option(session, shop.region.id, code="retour", name="Retour", amount_cents=0, is_return=True)
        make_promotion(session, "DIX")
        make_promotion(session, "CADEAU", amount_cents=500)
        create_reason(session, "too_small", "Trop petit")
        variant_id = make_products(session, shop.channel.id)
        order = make_order(session, shop, (variant_id, 10), option_id=option.id, email="livree@example.com")
        mark_pieces(session, order.lines[0].id, fulfilled=10, shipped=10, delivered=10)
        invitation = invite(session, OWNER, "owner")
        assert invitation is not None
        accept_invitation(session, invitation, hash_password(OWNER_PASSWORD))
        return Stocked(shop.key.token, order.id)


def make_products(session: Session, channel_id: str) -> str:
    """Glasses in two colours, a pair on sale, a sold-out one, a draft, and their shelves; gives the first variant."""
    frames = create_category(session, "Montures", "montures")
    create_category(session, "Lecture", "montures/lecture", parent_category_id=frames.id)
    winter = create_collection(session, "Hiver", "hiver")
    aura = make_product(
        session,
        channel_id,
        colours=("Noir", "Ecaille"),
        stock=PLENTY,
        category_ids=(frames.id,),
        collection_id=winter.id,
        type_id=create_type(session, "lunettes").id,
        tag_ids=(create_tag(session, "nouveau").id,),
    )
    for variant in aura.variants:
        set_price(session, variant.id, "chf", 36_000)
    nova = make_product(
        session, channel_id, handle="nova", title="Nova", price_cents=29_990, stock=PLENTY, collection_id=winter.id
    )
    make_product(session, channel_id, handle="music-shield", title="Music Shield", price_cents=19_900, stock=PLENTY)
    make_product(session, channel_id, handle="sold-out", title="Sold out", stock=0)
    make_product(session, channel_id, handle="brouillon", title="Brouillon", status="draft", category_ids=(frames.id,))
    let_days_pass(session, 40)
    make_price_list(session, nova.variants[0].id, 24_900)
    return aura.variants[0].id
