"""Regions, channels, shelves, collections, tags and types: what exists here under the same name is used."""

from collections.abc import Sequence

from sqlalchemy import select

from app.catalogue.models import ProductCategory, ProductCollection, ProductTag, ProductType
from app.catalogue.service import create_category, create_collection, create_tag, create_type
from app.medusa_import import queries
from app.medusa_import.errors import LeftOut
from app.medusa_import.record_taken import Taking
from app.medusa_import.schemas import CategoryIn, ChannelIn, CollectionIn, RegionIn, WordIn
from app.shop.queries import find_sales_channel_by_name
from app.shop.rules import check_currency
from app.shop.service import create_region, create_sales_channel


def import_region(taking: Taking, region: RegionIn) -> str:
    """The region that sells there in this currency, else a new one of the countries that nobody has."""
    code, countries = region.currency_code.lower(), [each.iso_2.lower() for each in region.countries]
    check_currency(code)
    session = taking.session
    found = queries.find_region_like(session, region.name, code, countries)
    if found is not None:
        return found
    free = queries.list_free_countries(session, countries)
    if not free:
        raise LeftOut("region_without_countries", f"{code}: {', '.join(countries)}")
    name = region.name.strip() or code.upper()
    taking.note("region_made", f"{name}: {', '.join(free)}")
    return create_region(session, name, code, free).id


def import_channel(taking: Taking, channel: ChannelIn) -> str:
    """The channel of this name."""
    found = find_sales_channel_by_name(taking.session, channel.name)
    return (found or create_sales_channel(taking.session, channel.name)).id


def import_category(taking: Taking, category: CategoryIn) -> str:
    """A shelf; the one in which it stands was taken before."""
    session = taking.session
    found = session.scalar(select(ProductCategory.id).where(ProductCategory.handle == category.handle))
    if found is not None:
        taking.note("same_handle_here", category.handle)
        return found
    parent_id = taking.find("category", category.parent_category_id)
    if parent_id is None and category.parent_category_id is not None:
        raise LeftOut("parent_missing", category.parent_category_id)
    made = create_category(
        session,
        category.name,
        category.handle,
        description=category.description or "",
        rank=category.rank or 0,
        parent_category_id=parent_id,
        is_internal=category.is_internal,
        details=category.metadata,
    )
    made.is_active = category.is_active
    return made.id


def import_collection(taking: Taking, collection: CollectionIn) -> str:
    """A collection, or the one that has its handle here."""
    session = taking.session
    found = session.scalar(select(ProductCollection.id).where(ProductCollection.handle == collection.handle))
    if found is not None:
        taking.note("same_handle_here", collection.handle)
        return found
    return create_collection(session, collection.title, collection.handle, details=collection.metadata).id


def import_tag(taking: Taking, word: WordIn) -> str:
    """The tag of this word."""
    return _with_details(create_tag(taking.session, _demand_word(word)), word)


def import_type(taking: Taking, word: WordIn) -> str:
    """The type of this word."""
    return _with_details(create_type(taking.session, _demand_word(word)), word)


def _demand_word(word: WordIn) -> str:
    if not word.value.strip():
        raise LeftOut("word_empty")
    return word.value


def _with_details(made: ProductTag | ProductType, word: WordIn) -> str:
    made.details = made.details or word.metadata
    return made.id


def sort_categories(categories: Sequence[CategoryIn]) -> list[CategoryIn]:
    """Each after the one in which it stands; those that stand in one another, or in none that is there, come last."""
    waiting, inside = {each.id: each for each in categories}, list[CategoryIn]()
    while ready := [each for each in waiting.values() if each.parent_category_id not in waiting]:
        inside += ready
        for each in ready:
            del waiting[each.id]
    return inside + list(waiting.values())
