"""Sets prices."""

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.pricing.models import Price
from app.pricing.rules import check_price
from app.shop.rules import check_currency


def set_price(session: Session, variant_id: str, currency_code: str, amount_cents: int) -> None:
    """Set what a variant costs in a currency, VAT included; raises `InvalidPrice`, `UnknownCurrency`."""
    check_currency(currency_code)
    check_price(amount_cents)
    statement = insert(Price).values(
        id=new_id("price"), variant_id=variant_id, currency_code=currency_code, amount_cents=amount_cents
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["variant_id", "currency_code"],
            set_={"amount_cents": amount_cents, "updated_at": func.now()},
        )
    )
