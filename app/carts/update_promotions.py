"""The promotion codes of a cart: typed, replaced, taken out."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.carts import queries
from app.carts.models import Cart, CartPromotion
from app.carts.open_cart import finish_change, open_cart
from app.carts.queries import CartContents
from app.carts.rules import check_codes
from app.core.clock import utc_now
from app.promotions.queries import list_promotions_by_code, list_spent_uses
from app.promotions.rules import Purchase, check_code, fold_code


def add_codes(session: Session, cart_id: str, codes: Sequence[str]) -> CartContents:
    """Put codes into a cart beside those it has; raises `InvalidPromotionCode`, `CartTooLarge`."""
    cart = open_cart(session, cart_id)
    linked = queries.list_promotion_ids(session, cart_id)
    _link(session, cart, linked, _list_valid(session, cart, linked, codes) - linked)
    return finish_change(session, cart)


def remove_codes(session: Session, cart_id: str, codes: Sequence[str]) -> CartContents:
    """Take codes out of a cart; one that is not in it is none of its concern."""
    cart = open_cart(session, cart_id)
    named = {promotion.id for promotion in list_promotions_by_code(session, codes).values()}
    _unlink(session, cart, named)
    return finish_change(session, cart)


def set_codes(session: Session, cart: Cart, codes: Sequence[str]) -> None:
    """These codes and no others, for a locked cart; raises `InvalidPromotionCode`."""
    linked = queries.list_promotion_ids(session, cart.id)
    wanted = _list_valid(session, cart, linked, codes)
    _unlink(session, cart, linked - wanted)
    _link(session, cart, linked & wanted, wanted - linked)


def _list_valid(session: Session, cart: Cart, linked: set[str], codes: Sequence[str]) -> set[str]:
    """The promotions of these codes. One that is in the cart already may wait for its conditions, a new one may not."""
    if not codes:
        return set()
    known = list_promotions_by_code(session, codes)
    uses = list_spent_uses(session, known.values(), cart.email)
    purchase = Purchase(cart.currency_code, queries.get_item_total_cents(session, cart.id), utc_now(), uses)
    found = set()
    for code in codes:
        promotion = known.get(fold_code(code))
        is_linked = promotion is not None and promotion.id in linked
        check_code(code, promotion.terms if promotion else None, purchase, is_in_cart=is_linked)
        if promotion is not None:
            found.add(promotion.id)
    return found


def _link(session: Session, cart: Cart, linked: set[str], new: set[str]) -> None:
    check_codes(len(linked | new))
    if new:
        rows = [{"cart_id": cart.id, "promotion_id": promotion_id} for promotion_id in sorted(new)]
        session.execute(insert(CartPromotion).on_conflict_do_nothing(), rows)


def _unlink(session: Session, cart: Cart, promotion_ids: set[str]) -> None:
    if promotion_ids:
        gone = delete(CartPromotion).where(CartPromotion.cart_id == cart.id)
        session.execute(gone.where(CartPromotion.promotion_id.in_(promotion_ids)))
