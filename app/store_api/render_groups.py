"""Collections, tags and types: alike but for their fields; with the published products of each on request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import Response
from sqlalchemy.orm import Session

from app.catalogue.list_groups import GroupFilter, Kind, list_group_rows, list_grouped_products
from app.catalogue.queries import Page
from app.core.clock import utc_now
from app.core.fields import FieldTree, answer, answer_page, parse_fields
from app.shop.rules import compute_business_day
from app.store_api.keeping import ANY_PRODUCT, keepable
from app.store_api.render_products import compose_products
from app.store_api.render_rows import Document, Fields
from app.store_api.visitors import Visitor


@dataclass(frozen=True)
class Group:
    """A kind of group on the wire."""

    kind: Kind
    fields: Fields
    plural: str
    singular: str
    defaults: tuple[str, ...]


def list_groups(
    session: Session, group: Group, wanted: GroupFilter, page: Page, fields: str | None, channel_id: str
) -> Response:
    """The answer of a list."""
    tree = parse_fields(fields, group.defaults)
    documents, count = _compose(session, group, wanted, page, tree, channel_id)
    shown = answer_page(group.plural, documents, tree, count=count, offset=page.offset, limit=page.limit)
    return keepable(shown, *tags_of(tree))


def find_group(session: Session, group: Group, group_id: str, fields: str | None, channel_id: str) -> Response | None:
    """The answer with one of them."""
    tree = parse_fields(fields, group.defaults)
    wanted = GroupFilter({"id": [group_id]})
    documents, _ = _compose(session, group, wanted, Page(1, 0), tree, channel_id)
    if not documents:
        return None
    return keepable(answer(group.singular, documents[0], tree), *tags_of(tree))


def tags_of(tree: FieldTree) -> tuple[str, ...]:
    """What a group's answer shows beside what is shared by all: its products, where they are named."""
    return (ANY_PRODUCT,) if tree.wants("products") else ()


def _compose(
    session: Session, group: Group, wanted: GroupFilter, page: Page, tree: FieldTree, channel_id: str
) -> tuple[Sequence[Document], int]:
    picked = group.fields.pick(tree)
    rows, count = list_group_rows(session, group.kind, wanted, page, picked.columns)
    documents = [picked.write(row) for row in rows]
    if tree.wants("products"):
        add_products(session, group.kind, documents, tree.below("products"), channel_id)
    return documents, count


def add_products(session: Session, kind: Kind, documents: Sequence[Document], tree: FieldTree, channel_id: str) -> None:
    """Give each group its published products: their own fields, and what hangs on them where it is named."""
    grouped = list_grouped_products(session, kind, [str(document["id"]) for document in documents], channel_id)
    wanted = {product_id for product_ids in grouped.values() for product_id in product_ids}
    visitor = Visitor(channel_id, today())
    products = compose_products(session, wanted, visitor, tree)
    for document in documents:
        ids = grouped.get(str(document["id"]), [])
        document["products"] = [products[product_id] for product_id in ids if product_id in products]


def today() -> date:
    """The shop's day."""
    return compute_business_day(utc_now())
