"""Products as JSON, straight from rows: each product of a page is a piece of its own, ready to be kept and sent.

`render_products(session, product_ids, visitor, tree)` gives the JSON of each of these products that the visitor may
see, by id. A product's piece depends on: its own rows, its variants, prices and pieces in stock, its tags, collection,
type and categories, the visitor (hashable: part of a cache's key) and the tree (keyed by the `fields` it was parsed
from). Nothing of one product is in the piece of another one: when a product is sold, its own piece is old, no other.
A visitor's day is part of the visitor, for VAT rates are dated; price lists begin and end by the clock
(`pricing.queries.find_next_price_change_at`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from pydantic_core import to_json
from sqlalchemy.orm import Session

from app.catalogue import list_rows
from app.core.fields import ALL, FieldTree
from app.store_api.render_rows import Document, Fields, prune_documents
from app.store_api.render_variants import compose_variants, variant_columns
from app.store_api.surroundings import Surroundings
from app.store_api.visitors import Visitor

PRODUCT = Fields(
    {
        "id": "id",
        "title": "title",
        "handle": "handle",
        "subtitle": "subtitle",
        "description": "description",
        "thumbnail": "thumbnail",
        "status": "status",
        "is_giftcard": "is_giftcard",
        "discountable": "is_discountable",
        "collection_id": "collection_id",
        "type_id": "type_id",
        "external_id": "external_id",
        "weight": "weight_grams",
        "length": "length_mm",
        "height": "height_mm",
        "width": "width_mm",
        "hs_code": "hs_code",
        "origin_country": "origin_country",
        "mid_code": "mid_code",
        "material": "material",
        "metadata": "metadata",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
)
DATED = {"metadata": "metadata", "created_at": "created_at", "updated_at": "updated_at"}
COLLECTION = Fields({"id": "id", "title": "title", "handle": "handle", **DATED})
WORD = Fields({"id": "id", "value": "value", **DATED})
CATEGORY = Fields(
    {
        "id": "id",
        "name": "name",
        "description": "description",
        "handle": "handle",
        "rank": "rank",
        "parent_category_id": "parent_category_id",
        **DATED,
    }
)

# Without `fields`: what the storefronts of Medusa expect (store-api §4). The rest comes when it is named.
PRODUCT_DEFAULTS = (
    *(name for name in PRODUCT.columns if name not in ("status", "external_id", "metadata")),
    "*type",
    "*collection",
    "*options",
    "*tags",
    "*images",
    "*variants",
    "*variants.options",
)
ONE = {"collection": COLLECTION, "type": WORD}


def render_products(
    session: Session, product_ids: Collection[str], visitor: Visitor, tree: FieldTree
) -> dict[str, bytes]:
    """The JSON of each of these products, by id; one that the visitor may not see is absent."""
    documents = compose_products(session, product_ids, visitor, tree)
    return {product_id: to_json(document) for product_id, document in documents.items()}


def compose_products(
    session: Session, product_ids: Collection[str], visitor: Visitor, tree: FieldTree
) -> dict[str, Document]:
    """The same as documents, for other things that show products: to be written, not to be changed."""
    documents, around = read_products(session, product_ids, visitor.channel_id, tree, variants=_named(tree))
    if not documents:
        return {}
    lists: dict[str, Mapping[str, list[Document]]] = {
        "options": around.options,
        "images": around.images,
        "tags": around.tags,
    }
    if tree.wants("categories"):
        lists["categories"] = _read_categories(session, documents.keys())
    if tree.wants("variants"):
        below = tree.below("variants")
        rows = list_rows.list_variant_rows(session, documents.keys(), variant_columns(below))
        lists["variants"] = _by_product(compose_variants(session, rows, around, visitor, below))
    for name, found in lists.items():
        if tree.wants(name):
            for product_id, document in documents.items():
                document[name] = found.get(product_id, [])
    return prune_documents(documents, tree)


def read_products(
    session: Session, product_ids: Collection[str], channel_id: str, tree: FieldTree, variants: FieldTree
) -> tuple[dict[str, Document], Surroundings]:
    """Those products that are shown in the channel: own fields, collection and type; beside, what hangs on them.

    `variants` says what the variants shown with them take from there.
    """
    picked = PRODUCT.pick(tree)
    one = {name: ONE[name].pick(ALL) for name in ONE if tree.wants(name)}
    beside = tuple(f"{name}.{column}" for name, below in one.items() for column in below.columns)
    lists = tuple(name for name in ("images", "options", "tags") if tree.wants(name) or variants.wants(name))
    columns = (*picked.columns, "tax_category")
    documents: dict[str, Document] = {}
    around = Surroundings()
    for row in list_rows.list_product_rows(session, product_ids, channel_id, columns, beside=beside, lists=lists):
        product_id, document = str(row[0]), picked.write(row)
        place = len(columns)
        for name, below in one.items():
            document[name] = below.write(row[place:]) if row[place] is not None else None
            place += len(below.columns)
        around.add(product_id, str(row[len(columns) - 1]), dict(zip(lists, row[place:], strict=True)))
        documents[product_id] = document
    return documents, around


def _named(tree: FieldTree) -> FieldTree:
    return tree.below("variants") if tree.wants("variants") else ALL


def _read_categories(session: Session, product_ids: Collection[str]) -> Mapping[str, list[Document]]:
    picked = CATEGORY.pick(ALL)
    rows = list_rows.list_category_rows(session, product_ids, picked.columns)
    return _by_product((row[0], picked.write(row[1:])) for row in rows)


def _by_product(pairs: Iterable[tuple[object, Document]]) -> Mapping[str, list[Document]]:
    found: defaultdict[str, list[Document]] = defaultdict(list)
    for product_id, document in pairs:
        found[str(product_id)].append(document)
    return found
