"""Changes products: what they say, where they stand, whether they are shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from app.catalogue.errors import HandleTaken, ProductNotFound
from app.catalogue.models import (
    Product,
    ProductImage,
    product_category_link,
    product_tag_link,
)
from app.catalogue.queries import PUBLISHED
from app.catalogue.rules import check_handle_change, check_status_change
from app.catalogue.service import get_categories, get_tags, refuse_unknown_groups
from app.core.audit_log import record_audit
from app.core.clock import utc_now


class Same:
    """Stands for what is not to change: None is a value of its own."""


SAME = Same()


@dataclass(frozen=True)
class ProductChanges:
    """What is left out stays; lists replace the former ones."""

    title: str | Same = SAME
    subtitle: str | Same | None = SAME
    description: str | Same | None = SAME
    handle: str | Same = SAME
    thumbnail: str | Same | None = SAME
    details: Mapping[str, object] | Same | None = SAME
    collection_id: str | Same | None = SAME
    type_id: str | Same | None = SAME
    tag_ids: Iterable[str] | Same = SAME
    category_ids: Iterable[str] | Same = SAME

    def columns(self) -> dict[str, object]:
        """The columns of the product that change."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        lists = ("tag_ids", "category_ids")
        return {name: value for name, value in values.items() if name not in lists and not isinstance(value, Same)}


def update_product(session: Session, product_id: str, changes: ProductChanges) -> Product:
    """Change what a product says; the audit keeps which fields.

    Raises `ProductNotFound`, `InvalidProduct`, `HandleTaken`, `UnknownReference`.
    """
    product = _get_locked(session, product_id)
    columns = changes.columns()
    if isinstance(changes.handle, str):
        _check_handle(session, product, changes.handle)
    new_collection, new_type = columns.get("collection_id"), columns.get("type_id")
    refuse_unknown_groups(
        session,
        new_collection if isinstance(new_collection, str) else None,
        new_type if isinstance(new_type, str) else None,
    )
    for name, value in columns.items():
        setattr(product, name, dict(value) if isinstance(value, Mapping) else value)
    changed = sorted(columns)
    if not isinstance(changes.tag_ids, Same):
        _set_tags(session, product_id, changes.tag_ids)
        changed.append("tags")
    if not isinstance(changes.category_ids, Same):
        _set_categories(session, product_id, changes.category_ids)
        changed.append("categories")
    product.updated_at = utc_now()
    record_audit(session, "product.update", product_id, {"fields": changed})
    session.flush()  # a rule of the database speaks here and not at the commit
    return product


def set_status(session: Session, product_id: str, status: str) -> Product:
    """Publish a product, archive it or draw it back; raises `ProductNotFound`, `InvalidProduct`."""
    product = _get_locked(session, product_id)
    pictures = session.scalar(select(func.count()).where(ProductImage.product_id == product_id)) or 0
    check_status_change(status, has_picture=pictures > 0)
    before, product.status = product.status, status
    if status == PUBLISHED:
        product.published_at = product.published_at or utc_now()
    record_audit(session, "product.status", product_id, {"before": before, "after": status})
    session.flush()  # what is read next in this transaction sees it
    return product


def _get_locked(session: Session, product_id: str) -> Product:
    product = session.scalar(select(Product).where(Product.id == product_id).with_for_update())
    if product is None:
        raise ProductNotFound(f"Product with id: {product_id} was not found")
    return product


def _check_handle(session: Session, product: Product, handle: str) -> None:
    check_handle_change(product.handle, handle, was_published=product.published_at is not None)
    taken = select(Product.id).where(Product.handle == handle, Product.id != product.id)
    if session.scalar(taken):
        raise HandleTaken(f"Product with handle: {handle}, already exists.")


def _set_tags(session: Session, product_id: str, tag_ids: Iterable[str]) -> None:
    rows = [{"product_id": product_id, "tag_id": tag.id} for tag in get_tags(session, tag_ids)]
    session.execute(delete(product_tag_link).where(product_tag_link.c.product_id == product_id))
    if rows:
        session.execute(insert(product_tag_link), rows)


def _set_categories(session: Session, product_id: str, category_ids: Iterable[str]) -> None:
    rows = [{"product_id": product_id, "category_id": each.id} for each in get_categories(session, category_ids)]
    session.execute(delete(product_category_link).where(product_category_link.c.product_id == product_id))
    if rows:
        session.execute(insert(product_category_link), rows)
