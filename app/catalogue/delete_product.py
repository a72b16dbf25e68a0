"""Deletes what nobody ever bought. What was sold is archived: its orders, returns and invoices speak of it."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.catalogue import queries
from app.catalogue.change_variants import refusing_kept
from app.catalogue.models import Product
from app.catalogue.update_product import describe_product
from app.core.audit_log import record_change
from app.core.versions import check_unchanged


def delete_product(session: Session, product_id: str, *, if_match: str | None = None) -> None:
    """Delete a product with its variants, prices, pieces and pictures; the histories of prices and pieces stay.

    The levels of its variants are locked before it (order of locks: stock first). Raises `ProductNotFound`,
    `ChangedMeanwhile`, `ProductSold`, `ProductPromised`.
    """
    product = queries.lock_product(session, product_id)
    check_unchanged(if_match, product.updated_at)
    before = describe_product(product)
    session.expunge(product)
    with refusing_kept():
        session.execute(delete(Product).where(Product.id == product_id))
    record_change(session, "product.delete", product_id, before, {})
