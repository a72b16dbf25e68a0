"""Which products nobody may withdraw from (French law, L221-28): said of a product, kept by the lines of its orders."""

from sqlalchemy.orm import Session

from app.catalogue.models import Product
from app.catalogue.queries import get_product, get_product_id
from app.core.audit_log import record_change


def exclude_product(session: Session, named: str, reason: str | None) -> Product:
    """From now on purchases of it may not be withdrawn from, for this reason of the law (None: they may).

    What was bought keeps what was said that day. Raises `ProductNotFound`.
    """
    product = get_product(session, get_product_id(session, named))
    before = {"withdrawal_excluded_reason": product.withdrawal_excluded_reason}
    product.withdrawal_excluded_reason = reason
    after = {"withdrawal_excluded_reason": reason}
    record_change(session, "product.withdrawal", product.id, before, after)
    return product
