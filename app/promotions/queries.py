"""Reads of promotions, and the one place that locks their uses."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.catalogue.models import ProductCategory, product_category_link
from app.promotions.errors import PromotionNotFound
from app.promotions.models import Promotion, PromotionUse
from app.promotions.rules import fold_code, hash_buyer


def list_promotions_by_code(session: Session, codes: Collection[str]) -> dict[str, Promotion]:
    """The promotions of these codes as customers type them, by folded code, whatever state they are in."""
    if not codes:
        return {}
    wanted = _whole().where(Promotion.folded_code.in_({fold_code(code) for code in codes}))
    return {promotion.folded_code: promotion for promotion in session.scalars(wanted)}


def list_promotions(session: Session, promotion_ids: Collection[str]) -> list[Promotion]:
    """These promotions, in the order of their ids."""
    return list(session.scalars(_whole().where(Promotion.id.in_(promotion_ids)).order_by(Promotion.id)))


def exists_automatic() -> ColumnElement[bool]:
    """Whether any promotion applies by itself; mostly none does, and nobody need look further."""
    return select(Promotion.id).where(_by_itself()).exists()


def list_candidates(session: Session, promotion_ids: Collection[str]) -> list[Promotion]:
    """These promotions, and those that apply by themselves, in the order of their ids."""
    wanted = _whole().where(or_(Promotion.id.in_(promotion_ids), _by_itself()) if promotion_ids else _by_itself())
    return list(session.scalars(wanted.order_by(Promotion.id)))


def list_shelves(session: Session, product_ids: Collection[str]) -> dict[str, set[str]]:
    """The categories of each product, those above them too, by product id."""
    link = product_category_link.c
    own = select(link.product_id, link.category_id).where(link.product_id.in_(product_ids)).cte(recursive=True)
    above = (
        select(own.c.product_id, ProductCategory.parent_category_id)
        .join(ProductCategory, ProductCategory.id == own.c.category_id)
        .where(ProductCategory.parent_category_id.is_not(None))
    )
    shelves: dict[str, set[str]] = {}
    for product_id, category_id in session.execute(select(own.union(above))):
        shelves.setdefault(product_id, set()).add(category_id)
    return shelves


def lock_promotions(session: Session, promotion_ids: Collection[str]) -> list[Promotion]:
    """The promotions, locked in the order of their ids until the transaction ends: the only way to count a use.

    Carts may refer to them meanwhile (NO KEY): whoever puts a code into a cart waits for no purchase, and none for him.
    """
    wanted = _whole().where(Promotion.id.in_(promotion_ids)).order_by(Promotion.id).with_for_update(key_share=True)
    return list(session.scalars(wanted.execution_options(populate_existing=True)))


def lock_promotion(session: Session, promotion_id: str) -> Promotion:
    """One of them, locked the same way; raises `PromotionNotFound`."""
    for found in lock_promotions(session, [promotion_id]):
        return found
    raise PromotionNotFound(promotion_id)


def get_promotion(session: Session, named: str) -> Promotion:
    """The promotion with this id, or this code as customers type it; raises `PromotionNotFound`."""
    wanted = _whole().where(or_(Promotion.id == named, Promotion.folded_code == fold_code(named)))
    for found in session.scalars(wanted.order_by(Promotion.id == named)):
        return found
    raise PromotionNotFound(named)


@dataclass(frozen=True)
class PromotionFilter:
    """Which promotions; nothing given is no condition."""

    ids: Collection[str] | None = None
    codes: Collection[str] | None = None
    statuses: Collection[str] | None = None
    text: str | None = None
    order: str = "-created_at"


def list_promotion_page(
    session: Session, wanted: PromotionFilter, *, limit: int, offset: int
) -> tuple[list[Promotion], int]:
    """A page of promotions, and how many match in all."""
    query = _whole()
    if wanted.ids is not None:
        query = query.where(Promotion.id.in_(wanted.ids))
    if wanted.codes is not None:
        query = query.where(Promotion.folded_code.in_({fold_code(code) for code in wanted.codes}))
    if wanted.statuses is not None:
        query = query.where(Promotion.status.in_(wanted.statuses))
    if wanted.text:
        query = query.where(func.strpos(Promotion.folded_code, fold_code(wanted.text)) > 0)
    count = session.scalar(query.with_only_columns(func.count(Promotion.id))) or 0
    first = Promotion.__table__.c[wanted.order.removeprefix("-")]
    turned = [each.desc() if wanted.order.startswith("-") else each.asc() for each in (first, Promotion.id)]
    return list(session.scalars(query.order_by(*turned).limit(limit).offset(offset))), count


class BuyerUses(NamedTuple):
    """How often a buyer has used a promotion, and the last number given to a use: one given back leaves a gap."""

    uses: int
    last_number: int


def list_buyer_uses(session: Session, promotion_ids: Collection[str], buyer_key: str) -> dict[str, BuyerUses]:
    """A buyer's uses of each of the promotions, by promotion id."""
    query = (
        select(PromotionUse.promotion_id, func.count(), func.max(PromotionUse.buyer_number))
        .where(PromotionUse.promotion_id.in_(promotion_ids), PromotionUse.buyer_key == buyer_key)
        .group_by(PromotionUse.promotion_id)
    )
    return {promotion_id: BuyerUses(uses, last or 0) for promotion_id, uses, last in session.execute(query)}


def list_used_promotion_ids(session: Session, reference: str) -> list[str]:
    """The promotions of which an order has a use."""
    return list(session.scalars(select(PromotionUse.promotion_id).where(PromotionUse.reference == reference)))


def list_spent_uses(session: Session, promotions: Iterable[Promotion], email: str | None) -> dict[str, int]:
    """How often a buyer has used each of the promotions that a buyer may use so many times only."""
    limited = [promotion.id for promotion in promotions if promotion.usage_limit_per_customer is not None]
    found = list_buyer_uses(session, limited, hash_buyer(email)) if limited and email else {}
    return {promotion_id: bought.uses for promotion_id, bought in found.items()}


def _by_itself() -> ColumnElement[bool]:
    return Promotion.is_automatic & (Promotion.status == "active")


def _whole() -> Select[Promotion]:
    return select(Promotion).options(selectinload(Promotion.scopes))
