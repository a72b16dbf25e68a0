"""How the demo shop's products are sorted and described: collections, types, tags, inner shelves, metadata.

One pass over products that are new and products of an earlier release alike: it adds what is missing and changes
nothing that somebody has set.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.catalogue.models import Product, product_category_link, product_tag_link
from app.catalogue.queries import find_collection_by_handle
from app.catalogue.service import create_collection, create_tag, create_type
from app.dev.demo_shop.table import CollectionRow, ProductRow, ShopTable


def arrange(session: Session, table: ShopTable, categories: dict[str, str]) -> None:
    """Sort every product of the table; `categories` are ids by handle."""
    products = {product.handle: product for product in session.scalars(select(Product))}
    collections = {row.handle: _make_collection(session, row) for row in table.collections}
    types = {
        value: create_type(session, value).id for value in sorted({row.type for row in table.products if row.type})
    }
    tags = {
        value: create_tag(session, value).id for value in sorted({tag for row in table.products for tag in row.tags})
    }
    for row in table.products:
        product = products[row.handle]
        _describe(product, row, collections, types)
        _link(session, product.id, (tags[tag] for tag in row.tags), (categories[handle] for handle in row.also_in))


def _make_collection(session: Session, row: CollectionRow) -> str:
    known = find_collection_by_handle(session, row.handle)
    return (known or create_collection(session, row.title, row.handle)).id


def _describe(product: Product, row: ProductRow, collections: dict[str, str], types: dict[str, str]) -> None:
    product.collection_id = product.collection_id or collections.get(row.collection)
    product.type_id = product.type_id or types.get(row.type)
    if product.details is None and row.metadata:
        product.details = row.metadata


def _link(session: Session, product_id: str, tag_ids: Iterable[str], category_ids: Iterable[str]) -> None:
    for tag_id in tag_ids:
        session.execute(insert(product_tag_link).values(product_id=product_id, tag_id=tag_id).on_conflict_do_nothing())
    for category_id in category_ids:
        statement = insert(product_category_link).values(product_id=product_id, category_id=category_id)
        session.execute(statement.on_conflict_do_nothing())
