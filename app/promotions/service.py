"""Makes promotions and counts their uses."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.ids import new_id
from app.promotions import queries
from app.promotions.errors import InvalidPromotion, PromotionCodeTaken, PromotionInUse
from app.promotions.models import Promotion, PromotionScope, PromotionUse
from app.promotions.rules import Purchase, Terms, check_new_promotion, check_use, fold_code, hash_buyer
from app.shop.rules import check_currency

NO_USES = queries.BuyerUses(0, 0)


@dataclass(frozen=True)
class NewPromotion:
    """A promotion to make: `percentage` (12.5 is 12.5 %) or `amount_cents` with its currency.

    Without products, categories and collections it is for all goods that may be discounted. It starts at once and
    never ends unless said.
    """

    code: str
    percentage: Decimal | None = None
    amount_cents: int | None = None
    currency_code: str | None = None
    target_type: str = "items"
    allocation: str = "across"
    max_quantity: int | None = None
    minimum_item_total_cents: int | None = None
    status: str = "active"
    is_automatic: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    usage_limit: int | None = None
    usage_limit_per_customer: int | None = None
    product_ids: tuple[str, ...] = ()
    category_ids: tuple[str, ...] = ()
    collection_ids: tuple[str, ...] = ()


class PromotionChanges(TypedDict, total=False):
    """What a caller asks to be set; a key that is absent leaves the promotion as it is."""

    status: str
    is_automatic: bool
    starts_at: datetime | None
    ends_at: datetime | None
    usage_limit: int | None
    usage_limit_per_customer: int | None


def create_promotion(session: Session, new: NewPromotion) -> Promotion:
    """Make a promotion; raises `InvalidPromotion`, `UnknownCurrency`, `PromotionCodeTaken`."""
    check_new_promotion(_terms(new))
    if new.currency_code is not None:
        check_currency(new.currency_code)
    values = {"id": new_id("promo"), **_values(new)}
    made = session.execute(
        insert(Promotion).values(values).on_conflict_do_nothing(index_elements=["folded_code"]).returning(Promotion.id)
    ).scalar_one_or_none()
    if made is None:
        raise PromotionCodeTaken(new.code.strip())
    session.add_all(_scopes(made, new))
    session.flush()  # the scopes are read with the promotion
    promotion = queries.list_promotions_by_code(session, [new.code])[fold_code(new.code)]
    record_change(session, "promotion.create", made, {}, _describe(promotion))
    return promotion


def update_promotion(session: Session, promotion_id: str, changes: PromotionChanges) -> Promotion:
    """Set what is given; what it takes off, and of what, stays: another reduction is another promotion.

    Raises `PromotionNotFound`, `InvalidPromotion`.
    """
    found = queries.lock_promotion(session, promotion_id)
    before = _describe(found)
    for name, value in changes.items():
        setattr(found, name, value)
    if found.usage_limit is not None and found.usage_limit < max(1, found.used_count):
        raise InvalidPromotion(f"It was used {found.used_count} times: a limit is not less, and positive")
    check_new_promotion(replace(found.terms, uses_left=None))
    found.updated_at = utc_now()
    record_change(session, "promotion.update", promotion_id, before, _describe(found))
    return found


def delete_promotion(session: Session, promotion_id: str) -> None:
    """Remove a promotion that no order had and no cart has; raises `PromotionNotFound`, `PromotionInUse`."""
    found = queries.lock_promotion(session, promotion_id)
    try:
        with session.begin_nested():
            session.execute(delete(Promotion).where(Promotion.id == promotion_id))
    except IntegrityError as exc:
        raise PromotionInUse from exc
    record_change(session, "promotion.delete", promotion_id, _describe(found), {})
    session.expunge(found)


def take_uses(
    session: Session, promotion_ids: Collection[str], reference: str, email: str | None, purchase: Purchase | None
) -> None:
    """Count one use of each promotion for an order; nothing is counted when one of them has none left.

    `purchase` None: the money is there, and only what is left counts. Raises `InvalidPromotionCode`.
    """
    if not promotion_ids:
        return
    locked = queries.lock_promotions(session, promotion_ids)
    buyer_key = hash_buyer(email) if email else None
    taken = queries.list_buyer_uses(session, promotion_ids, buyer_key) if buyer_key else {}
    for promotion in locked:
        uses = taken.get(promotion.id, NO_USES)
        check_use(promotion.terms, purchase, buyer_uses=uses.uses, is_buyer_known=buyer_key is not None)
    # Counted by the database, so that its limit holds even for somebody who forgot the lock.
    counted = update(Promotion).where(Promotion.id.in_(promotion_ids)).values(used_count=Promotion.used_count + 1)
    session.execute(counted.execution_options(synchronize_session=False))
    for promotion in locked:
        session.add(
            PromotionUse(
                id=new_id("promouse"),
                promotion_id=promotion.id,
                reference=reference,
                buyer_key=buyer_key,
                buyer_number=taken.get(promotion.id, NO_USES).last_number + 1 if buyer_key else None,
            )
        )
    session.flush()  # the database has the last word on a buyer's uses, and has it here


def release_uses(session: Session, reference: str) -> None:
    """Give back every use that an order has: nobody pays it any more. Repeating it changes nothing."""
    promotion_ids = queries.list_used_promotion_ids(session, reference)
    if not promotion_ids:
        return
    queries.lock_promotions(session, promotion_ids)
    session.execute(delete(PromotionUse).where(PromotionUse.reference == reference))
    counted = update(Promotion).where(Promotion.id.in_(promotion_ids)).values(used_count=Promotion.used_count - 1)
    session.execute(counted.execution_options(synchronize_session=False))


def _describe(promotion: Promotion) -> dict[str, object]:
    """What of a promotion a person decides, for the audit."""
    names = (
        "code",
        "status",
        "is_automatic",
        "amount_cents",
        "currency_code",
        "usage_limit",
        "usage_limit_per_customer",
    )
    dates = {name: getattr(promotion, name) for name in ("starts_at", "ends_at")}
    return {
        **{name: getattr(promotion, name) for name in names},
        "percentage": None if promotion.percentage is None else str(promotion.percentage),
        **{name: value.isoformat() if value else None for name, value in dates.items()},
    }


def _terms(new: NewPromotion) -> Terms:
    return Terms(
        promotion_id="",
        code=new.code,
        status=new.status,
        percentage=new.percentage,
        amount_cents=new.amount_cents,
        currency_code=new.currency_code,
        target_type=new.target_type,
        allocation=new.allocation,
        max_quantity=new.max_quantity,
        minimum_item_total_cents=new.minimum_item_total_cents,
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        uses_left=new.usage_limit,
        uses_per_customer=new.usage_limit_per_customer,
    )


def _scopes(promotion_id: str, new: NewPromotion) -> list[PromotionScope]:
    columns = {"product_id": new.product_ids, "category_id": new.category_ids, "collection_id": new.collection_ids}
    return [
        PromotionScope(id=new_id("promoscope"), promotion_id=promotion_id, **{column: target_id})
        for column, target_ids in columns.items()
        for target_id in target_ids
    ]


def _values(new: NewPromotion) -> dict[str, object]:
    return {
        "code": new.code.strip(),
        "folded_code": fold_code(new.code),
        "is_automatic": new.is_automatic,
        "status": new.status,
        "type": "percentage" if new.percentage is not None else "fixed",
        "percentage": new.percentage,
        "amount_cents": new.amount_cents,
        "currency_code": new.currency_code,
        "target_type": new.target_type,
        "allocation": new.allocation,
        "max_quantity": new.max_quantity,
        "minimum_item_total_cents": new.minimum_item_total_cents,
        "is_limited": bool(new.product_ids or new.category_ids or new.collection_ids),
        "starts_at": new.starts_at,
        "ends_at": new.ends_at,
        "usage_limit": new.usage_limit,
        "usage_limit_per_customer": new.usage_limit_per_customer,
    }
