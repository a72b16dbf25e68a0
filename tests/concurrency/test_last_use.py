"""Many buyers, one code: it is used as often as it may be, whoever pays first.

The controls take the lock away: then the database's own limits refuse; without them too, the code is used by everybody.
"""

from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.checkout.complete_for_buyer import complete_for_buyer
from app.core.db import unit_of_work
from app.orders.models import Order
from app.promotions.errors import InvalidPromotionCode
from app.promotions.models import Promotion
from app.promotions.queries import lock_promotions
from app.promotions.service import take_uses
from tests.concurrency.buyers import run_together, without_row_locks
from tests.factories.promotions import make_promotion
from tests.shop_front import Buyer, read_rows, read_state

BUYERS = 8
USES = 3
LIMITS = {
    "promotion": "ck_promotion_never_overused",
    "promotion_use": "uq_promotion_use_promotion_id_buyer_key_buyer_number",
}


@pytest.fixture
def promotion(environment: dict[str, str]) -> Promotion:
    """A code for three buyers, once each."""
    with unit_of_work("test") as session:
        return make_promotion(session, "TROIS", usage_limit=USES, usage_limit_per_customer=1)


def use(promotion: Promotion, number: int, email: str) -> str:
    """One buyer's transaction."""
    try:
        with unit_of_work("test") as session:
            take_uses(session, {promotion.id}, f"order_{number}", email, None)
    except InvalidPromotionCode:
        return "refused"
    except IntegrityError:
        return "refused by the database"
    return "used"


def everybody(promotion: Promotion) -> Callable[[int], str]:
    return lambda number: use(promotion, number, f"acheteur{number}@example.com")


def the_same(promotion: Promotion) -> Callable[[int], str]:
    return lambda number: use(promotion, number, "jeanne@example.com")


def count_uses() -> tuple[object, ...]:
    """What the promotion counts, and the uses that are written down."""
    (counted,) = read_rows("SELECT used_count, (SELECT count(*)::int FROM promotion_use) FROM promotion")
    return counted


def drop_limits() -> None:
    with unit_of_work("test") as session:
        for table, name in LIMITS.items():
            session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))


def test_a_code_is_used_as_often_as_it_may_be(promotion: Promotion) -> None:
    answers = run_together(BUYERS, everybody(promotion))
    assert answers == Counter(used=USES, refused=BUYERS - USES)
    assert count_uses() == (USES, USES)


def test_one_buyer_uses_it_once(promotion: Promotion) -> None:
    assert run_together(BUYERS, the_same(promotion)) == Counter(used=1, refused=BUYERS - 1)
    assert count_uses() == (1, 1)


def test_control_without_the_lock_the_database_refuses(promotion: Promotion) -> None:
    with without_row_locks(BUYERS):
        answers = run_together(BUYERS, everybody(promotion))
    assert answers == Counter({"used": USES, "refused by the database": BUYERS - USES})
    assert count_uses() == (USES, USES)


def test_control_without_the_lock_the_database_counts_a_buyer_once(promotion: Promotion) -> None:
    with without_row_locks(BUYERS):
        answers = run_together(BUYERS, the_same(promotion))
    assert answers["used"] == 1
    assert answers["refused by the database"] > 1
    assert count_uses() == (1, 1)


def test_control_without_lock_and_limits_everybody_uses_it(promotion: Promotion) -> None:
    drop_limits()
    with without_row_locks(BUYERS):
        answers = run_together(BUYERS, everybody(promotion))
    assert answers == Counter(used=BUYERS)
    assert count_uses() == (BUYERS, BUYERS)


def test_control_without_lock_and_limits_one_buyer_uses_it_again_and_again(promotion: Promotion) -> None:
    """Whoever counts a buyer's uses before the others have committed takes one more."""
    drop_limits()
    with without_row_locks(BUYERS):
        answers = run_together(BUYERS, the_same(promotion))
    assert answers["used"] > 1


def test_whole_purchases_share_the_uses_and_the_others_change_nothing(buyer: Buyer) -> None:
    """Every cart shows the discount before anybody buys; whoever comes too late pays nothing and buys nothing."""
    with unit_of_work("test") as session:
        make_promotion(session, "TROIS", usage_limit=USES)
    carts = []
    for number in range(BUYERS):
        cart_id = buyer.fill_cart(1, email=f"acheteur{number}@example.com")
        assert buyer.post(f"/store/carts/{cart_id}", promo_codes=["trois"]).json()["cart"]["discount_total"] == 34.9
        buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
        carts.append(cart_id)

    def complete(number: int) -> str:
        try:
            return "bought" if isinstance(complete_for_buyer(carts[number]), Order) else "no order"
        except InvalidPromotionCode as refusal:
            return refusal.message

    answers = run_together(BUYERS, complete)
    assert answers == Counter({"bought": USES, "The promotion code TROIS is invalid": BUYERS - USES})
    state = read_state()
    assert (state["orders"], state["payments"], state["stock"], state["completed_carts"]) == (
        USES,
        USES,
        10 - USES,
        USES,
    )
    assert read_rows("SELECT used_count FROM promotion") == [(USES,)]
    assert read_rows("SELECT amount_cents, count(*) FROM order_line_adjustment GROUP BY 1") == [(3_490, USES)]


def test_who_counts_a_use_stands_in_nobodys_way(buyer: Buyer, promotion: Promotion) -> None:
    """A row that refers to the promotion is no use of it: carts with its code change while a purchase holds it.

    If they waited, a purchase with two codes and a cart with the same ones could wait for each other.
    """
    cart_id = buyer.fill_cart(1)
    with unit_of_work("test") as session:
        assert lock_promotions(session, {promotion.id})
        answer = buyer.post(f"/store/carts/{cart_id}", promo_codes=["trois"])
    assert (answer.status_code, answer.json()["cart"]["discount_total"]) == (200, 34.9)
