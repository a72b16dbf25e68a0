"""Which products a storefront's list holds: filters, search, order, page. Ids only; `list_rows` reads the rest."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_, case, false, func, literal, not_, or_, select, true
from sqlalchemy.orm import Session

from app.catalogue.list_rows import PRODUCT, VALUE, VARIANT, is_shown
from app.catalogue.models import ProductSearch, product_category_link, product_tag_link, variant_option_link
from app.catalogue.queries import InstantFilter, Page, match_instants

SEARCH = ProductSearch.__table__
ORDERS = ("id", "title", "handle", "created_at", "updated_at")
DEFAULT_ORDER = "created_at"
# Shorter words are found at the beginning of a word only: they have no trigram of their own.
SHORTEST_PART = 3
# How alike a phrase and some words must be where nothing holds it: a letter too many, missing or wrong in five.
LIKENESS = 0.5
SHORTEST_SWAPPED, LONGEST_SWAPPED = 4, 15
MOST_SWAPPED = 5


@dataclass(frozen=True)
class ProductFilter:
    """What to show of the catalogue; empty means no condition.

    `channel_id`: what is published there, as a storefront sees it; None: everything, as staff does.
    """

    channel_id: str | None
    ids: Collection[str] = ()
    handles: Collection[str] = ()
    titles: Collection[str] = ()
    external_ids: Collection[str] = ()
    collection_ids: Collection[str] = ()
    category_ids: Collection[str] = ()
    tag_ids: Collection[str] = ()
    type_ids: Collection[str] = ()
    statuses: Collection[str] = ()
    sales_channel_ids: Collection[str] = ()
    option_ids: Collection[str] = ()
    option_values: Collection[str] = ()
    option_value_ids: Collection[str] = ()
    is_giftcard: bool | None = None
    instants: Collection[InstantFilter] = ()
    text: str | None = None
    all_of: Collection["ProductFilter"] = ()
    any_of: Collection["ProductFilter"] = ()


@dataclass(frozen=True)
class _Search:
    """Which products the words find, and which of them come first."""

    condition: ColumnElement[bool]
    ranks: Sequence[ColumnElement[object]]


def list_product_ids(
    session: Session, wanted: ProductFilter, page: Page, count: int | None = None
) -> tuple[list[str], int]:
    """A page of the products that match, and how many match in all: `count`, where it is known.

    Words are searched without accents and capitals, each as a part of the product's or its variants' words; where
    nothing holds them, what resembles them is found. Without an `order`, the best match comes first.
    """
    if not wanted.text or not wanted.text.strip():
        return _list_page(session, wanted, page, None, count)
    phrase = " ".join(_words(session, wanted.text))
    found = _list_page(session, wanted, page, _exactly(phrase))
    return found if found[1] or not phrase else _list_page(session, wanted, page, _alike(session, phrase))


def _list_page(
    session: Session, wanted: ProductFilter, page: Page, search: _Search | None, count: int | None = None
) -> tuple[list[str], int]:
    """The page and the count, in one statement."""
    conditions = [*_conditions(wanted), *_nested(session, wanted)]
    order, is_turned = (page.order or DEFAULT_ORDER).removeprefix("-"), (page.order or "").startswith("-")
    ranks = search.ranks if search is not None and page.order is None else ()
    columns = [PRODUCT.c[order].label("place"), *(rank.label(f"rank_{place}") for place, rank in enumerate(ranks))]
    query = select(PRODUCT.c.id, *columns).where(*_seen(wanted.channel_id), *conditions)
    if search is not None:
        query = query.join_from(PRODUCT, SEARCH, SEARCH.c.product_id == PRODUCT.c.id).where(search.condition)
    # Found once, for both, where something is asked for; the whole catalogue is walked in its order, and counted once
    # after each change.
    is_narrow = bool(conditions) or search is not None
    found = query.cte("found").prefix_with("MATERIALIZED") if is_narrow else query.subquery("found")
    turned = [each.desc() if is_turned else each.asc() for each in (found.c.place, found.c.id)]
    first = [found.c[f"rank_{place}"] for place in range(len(ranks))]
    ids = select(found.c.id).order_by(*first, *turned).limit(page.limit).offset(page.offset).scalar_subquery()
    counted = select(func.count()).select_from(found).scalar_subquery() if count is None else literal(count)
    row = session.execute(select(func.array(ids), counted)).one()
    return list(row[0]), int(row[1])


def _seen(channel_id: str | None) -> list[ColumnElement[bool]]:
    return [] if channel_id is None else [is_shown(literal(channel_id))]


def _nested(session: Session, wanted: ProductFilter) -> Iterator[ColumnElement[bool]]:
    """All of some conditions, any of others; their words are searched as they are written."""
    for each in wanted.all_of:
        yield _condition(session, each)
    if wanted.any_of:
        yield or_(*(_condition(session, each) for each in wanted.any_of))


def _condition(session: Session, wanted: ProductFilter) -> ColumnElement[bool]:
    conditions = _conditions(wanted)
    if wanted.text and wanted.text.strip():
        found = select(SEARCH.c.product_id).where(_exactly(" ".join(_words(session, wanted.text))).condition)
        conditions.append(PRODUCT.c.id.in_(found))
    return and_(true(), *conditions)


def _conditions(wanted: ProductFilter) -> list[ColumnElement[bool]]:
    columns = {
        "id": wanted.ids,
        "handle": wanted.handles,
        "title": wanted.titles,
        "external_id": wanted.external_ids,
        "collection_id": wanted.collection_ids,
        "type_id": wanted.type_ids,
        "status": wanted.statuses,
    }
    conditions = [_among(PRODUCT.c[name], values) for name, values in columns.items() if values]
    for link, name, values in (
        (product_category_link, "category_id", wanted.category_ids),
        (product_tag_link, "tag_id", wanted.tag_ids),
    ):
        if values:
            linked = select(link.c.product_id).where(link.c.product_id == PRODUCT.c.id, _among(link.c[name], values))
            conditions.append(linked.exists())
    if wanted.sales_channel_ids:
        conditions.append(PRODUCT.c.channel_ids.op("&&")(literal(list(wanted.sales_channel_ids), ARRAY(Text))))
    if wanted.option_ids or wanted.option_values:
        conditions.append(_has_variant(wanted))
    if wanted.option_value_ids:
        conditions.append(_has_values(wanted.option_value_ids))
    if wanted.is_giftcard is not None:
        conditions.append(PRODUCT.c.is_giftcard if wanted.is_giftcard else not_(PRODUCT.c.is_giftcard))
    return [*conditions, *match_instants(PRODUCT, wanted.instants)]


def _has_variant(wanted: ProductFilter) -> ColumnElement[bool]:
    """A variant with this value of this option."""
    chosen = (
        select(VARIANT.c.product_id)
        .join_from(VARIANT, variant_option_link, variant_option_link.c.variant_id == VARIANT.c.id)
        .join(VALUE, VALUE.c.id == variant_option_link.c.option_value_id)
    )
    for column, values in ((VALUE.c.option_id, wanted.option_ids), (VALUE.c.value, wanted.option_values)):
        if values:
            chosen = chosen.where(_among(column, values))
    return PRODUCT.c.id.in_(chosen)


def _has_values(value_ids: Collection[str]) -> ColumnElement[bool]:
    """A variant with one of these values of every option that they belong to, as Medusa 2.21 takes it."""
    options = func.count(VALUE.c.option_id.distinct())
    asked = select(options).where(_among(VALUE.c.id, value_ids)).scalar_subquery()
    chosen = (
        select(VARIANT.c.product_id)
        .join_from(VARIANT, variant_option_link, variant_option_link.c.variant_id == VARIANT.c.id)
        .join(VALUE, VALUE.c.id == variant_option_link.c.option_value_id)
        .where(_among(variant_option_link.c.option_value_id, value_ids))
        .group_by(VARIANT.c.id)
        .having(options == asked)
    )
    return PRODUCT.c.id.in_(chosen)


def _among(column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    return column == any_(literal(list(values), ARRAY(Text)))


def _words(session: Session, written: str) -> list[str]:
    """As the database folds its own words; what has neither letter nor digit finds nothing."""
    folded: str = session.scalar(select(func.comptoir_fold(written))) or ""
    return [word for word in folded.split() if any(character.isalnum() for character in word)]


def _exactly(phrase: str) -> _Search:
    """Every word is a part of the product's words; its title is the phrase, begins with it, holds it, or does not."""
    words = phrase.split()
    parts = [SEARCH.c.words.like(f"%{'' if len(word) >= SHORTEST_PART else ' '}{_escaped(word)}%") for word in words]
    escaped, title = _escaped(phrase), SEARCH.c.title
    whole = SEARCH.c.words.concat(" ").like(f"% {escaped} %")  # such as a SKU
    rank = case(
        (title == phrase, 0),
        (title.like(f"{escaped}%"), 1),
        (title.like(f"%{escaped}%"), 2),
        *([(whole, 3)] if len(phrase) >= SHORTEST_PART else []),
        else_=4,
    )
    return _Search(and_(*parts) if parts else false(), [rank])


def _alike(session: Session, phrase: str) -> _Search:
    """Small slips of the pen forgiven: most trigrams of the phrase are there, or two letters of a word are swapped."""
    session.execute(select(func.set_config("pg_trgm.word_similarity_threshold", str(LIKENESS), True)))
    resembles = SEARCH.c.words.op("%>", is_comparison=True)(phrase)
    swapped = [
        or_(*(SEARCH.c.words.like(f"%{_escaped(form)}%") for form in _swap_letters(word)))
        for word in phrase.split()[:MOST_SWAPPED]
    ]
    return _Search(or_(resembles, and_(*swapped)), [-func.word_similarity(phrase, SEARCH.c.words)])


def _swap_letters(word: str) -> list[str]:
    """The word, and where it is long enough each form with two neighbours swapped."""
    if not SHORTEST_SWAPPED <= len(word) <= LONGEST_SWAPPED:
        return [word]
    swapped = [f"{word[:place]}{word[place + 1]}{word[place]}{word[place + 2 :]}" for place in range(len(word) - 1)]
    return [word, *swapped]


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
