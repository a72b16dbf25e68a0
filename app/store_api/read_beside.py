"""What is read to show a cart beside itself: its region, kept by the process, and what is owed for it."""

from sqlalchemy.orm import Session

from app.carts.models import Cart
from app.core.fields import FieldTree
from app.core.tagged_cache import get_tagged_cache
from app.payments.queries import get_collection, list_payments
from app.payments.schemas import payment_collection_out
from app.shop.errors import RegionNotFound
from app.shop.queries import find_region
from app.store_api.render_cart import Beside, render_region
from app.store_api.render_rows import Document

REGION_BYTES = 20_000


def read_beside(session: Session, cart: Cart, tree: FieldTree) -> Beside:
    """As far as the caller keeps it."""
    region = _read_region(session, cart.region_id) if tree.keeps("region") else {}
    if cart.payment_collection_id is None or not tree.keeps("payment_collection"):
        return Beside(region)
    payments = list_payments(session, cart.payment_collection_id)
    shown = payment_collection_out(get_collection(session, cart.payment_collection_id), payments)
    if cart.completed_at is not None:
        # Stripe's object tells name, address and e-mail of the payer, which are masked everywhere else by now.
        shown = shown.model_copy(update={"payment_sessions": []})
    return Beside(region, shown)


def _read_region(session: Session, region_id: str) -> Document:
    def read() -> Document | None:
        region = find_region(session, region_id)
        return render_region(region) if region is not None else None

    document = get_tagged_cache().find_or_read((read_beside, region_id), dict, read, size=REGION_BYTES)
    if document is None:
        raise RegionNotFound
    return document
