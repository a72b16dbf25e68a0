"""Orders, placed the way the shop places them, and what became of their pieces."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.carts.queries import get_contents, lock_cart
from app.carts.service import CartChanges, choose_shipping, create_cart
from app.carts.update_lines import NewLine
from app.checkout.complete_cart import complete_cart
from app.orders.models import Order, OrderLine
from app.payments.rules import MANUAL_PROVIDER
from app.payments.service import create_collection, open_session
from tests.factories.shop import MadeShop

ADDRESS = {
    "first_name": "Jeanne",
    "last_name": "Martin",
    "address_1": "12 rue de la Paix",
    "city": "Paris",
    "postal_code": "75002",
    "country_code": "fr",
}


def make_order(
    session: Session,
    shop: MadeShop,
    *lines: tuple[str, int],
    option_id: str,
    email: str = "jeanne@example.com",
    customer_id: str | None = None,
    created_at: datetime | None = None,
) -> Order:
    """An order to pay by transfer of these variants and quantities; `customer_id` gives it to an account."""
    changes = CartChanges(email=email, shipping_address=ADDRESS, billing_address=ADDRESS)
    cart = create_cart(
        session, shop.channel.id, changes, [NewLine(variant_id, quantity) for variant_id, quantity in lines]
    ).cart
    contents = choose_shipping(session, cart.id, option_id)
    total_cents = contents.totals.total_cents
    cart.payment_collection_id = create_collection(session, total_cents, cart.currency_code).id
    attempt = open_session(session, cart.payment_collection_id, MANUAL_PROVIDER)
    lock_cart(session, cart.id)
    order = complete_cart(session, get_contents(session, cart.id), attempt, None).order
    order.customer_id = customer_id or order.customer_id
    order.created_at = created_at or order.created_at
    session.flush()  # whoever asks for it by a statement finds it
    return order


def mark_pieces(session: Session, line_id: str, **quantities: int) -> None:
    """So many pieces of a line were `fulfilled`, `shipped`, `delivered`, `return_received`..."""
    values = {f"{name}_quantity": quantity for name, quantity in quantities.items()}
    session.execute(update(OrderLine).where(OrderLine.id == line_id).values(values))
