"""What promotions take off a changed cart: found anew after every change, kept until the next one.

So a buyer pays what the cart showed, even when a promotion ends while the card is charged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from app.carts.models import CartLineAdjustment, CartPromotion, CartShippingAdjustment
from app.carts.queries import CartContents, Reduction, recompute
from app.core.clock import utc_now
from app.core.ids import new_id
from app.promotions.models import Promotion
from app.promotions.queries import list_candidates, list_shelves, list_spent_uses
from app.promotions.rules import Adjustment, Purchase, Standing, Target, Terms, compute_adjustments, decide_standing

Reduced = dict[str, tuple[Reduction, ...]]


@dataclass(frozen=True)
class Candidate:
    """A promotion that may give something to a cart, and whether it does now."""

    promotion: Promotion
    terms: Terms
    standing: Standing


def list_standings(session: Session, contents: CartContents) -> list[Candidate]:
    """The codes of this cart and the promotions that apply by themselves. Codes that are over are taken out of it."""
    if not contents.has_candidates:
        return []
    promotions = list_candidates(session, contents.typed_ids)
    uses = list_spent_uses(session, promotions, contents.cart.email)
    purchase = replace(purchase_of(contents), buyer_uses=uses)
    candidates = [
        Candidate(promotion, promotion.terms, decide_standing(promotion.terms, purchase)) for promotion in promotions
    ]
    over = [each.terms.promotion_id for each in candidates if each.standing == "over"]
    if over:
        gone = delete(CartPromotion).where(CartPromotion.cart_id == contents.cart.id)
        session.execute(gone.where(CartPromotion.promotion_id.in_(over)))
    return candidates


def purchase_of(contents: CartContents) -> Purchase:
    """What the conditions of promotions are compared with."""
    return Purchase(contents.cart.currency_code, contents.totals.item_sum.original_total_cents, utc_now())


def reduce_lines(session: Session, contents: CartContents, candidates: Iterable[Candidate]) -> CartContents:
    """The cart with what promotions take off its lines."""
    terms = _applying(candidates)
    found = compute_adjustments(terms, "items", _line_targets(session, contents, terms)) if terms else []
    before = {content.line.id: content.reductions for content in contents.lines}
    after = _match(before, found, "calisadj")
    if after == before:
        return contents
    _write_differences(session, CartLineAdjustment, "cart_line_id", before, after)
    lines = tuple(replace(content, reductions=after[content.line.id]) for content in contents.lines)
    return recompute(replace(contents, lines=lines))


def reduce_shipping(session: Session, contents: CartContents, candidates: Iterable[Candidate]) -> CartContents:
    """The cart with what promotions take off its way to be sent."""
    method = contents.cart.shipping_method
    if method is None:
        return contents
    found = compute_adjustments(_applying(candidates), "shipping_methods", [Target(method.id, 1, method.amount_cents)])
    before = {method.id: contents.shipping_reductions}
    after = _match(before, found, "casmadj")
    if after == before:
        return contents
    _write_differences(session, CartShippingAdjustment, "cart_shipping_method_id", before, after)
    return recompute(replace(contents, shipping_reductions=after[method.id]))


def keep_own_promotions(contents: CartContents, candidates: Iterable[Candidate]) -> CartContents:
    """The cart with the promotions that are its own now: typed codes that are not over, and what gives something."""
    used = contents.used_promotion_ids
    promotions = tuple(
        each.promotion
        for each in candidates
        if each.terms.promotion_id in used or (each.standing != "over" and not each.promotion.is_automatic)
    )
    typed_ids = contents.typed_ids & {promotion.id for promotion in promotions}
    return replace(contents, typed_ids=typed_ids, promotions=promotions)


def _applying(candidates: Iterable[Candidate]) -> list[Terms]:
    return [each.terms for each in candidates if each.standing == "applies"]


def _line_targets(session: Session, contents: CartContents, terms: Sequence[Terms]) -> list[Target]:
    product_ids = {content.product.id for content in contents.lines}
    is_limited = any(each.limited_to is not None for each in terms)
    shelves = list_shelves(session, product_ids) if is_limited and product_ids else {}
    return [
        Target(
            content.line.id,
            content.line.quantity,
            content.line.quantity * content.line.unit_price_cents,
            content.product.is_discountable,
            frozenset({content.product.id, content.product.collection_id or "", *shelves.get(content.product.id, ())}),
        )
        for content in contents.lines
    ]


def _match(before: Mapping[str, tuple[Reduction, ...]], found: Sequence[Adjustment], prefix: str) -> Reduced:
    """What was taken off already keeps its id; targets without anything have an empty tuple."""
    known = {(owner, *each[1:]): each for owner, reductions in before.items() for each in reductions}
    after: Reduced = dict.fromkeys(before, ())
    for each in found:
        kept = known.get((each.target_id, each.promotion_id, each.code, each.amount_cents))
        reduction = kept or Reduction(new_id(prefix), each.promotion_id, each.code, each.amount_cents)
        after[each.target_id] += (reduction,)
    return {owner: tuple(sorted(reductions)) for owner, reductions in after.items()}


def _write_differences(
    session: Session,
    table: type[CartLineAdjustment | CartShippingAdjustment],
    owner_column: str,
    before: Reduced,
    after: Reduced,
) -> None:
    gone, new = _differences(before, after)
    if gone:
        session.execute(delete(table).where(table.id.in_(gone)))
    if new:
        session.execute(insert(table), [{owner_column: owner, **each._asdict()} for owner, each in new])


def _differences(before: Reduced, after: Reduced) -> tuple[list[str], list[tuple[str, Reduction]]]:
    """The ids of what is no longer taken off, and what is newly taken off what."""
    kept = {each.id for reductions in after.values() for each in reductions}
    known = {each.id for reductions in before.values() for each in reductions}
    new = [(owner, each) for owner, reductions in after.items() for each in reductions if each.id not in known]
    return sorted(known - kept), new
