"""The options of a product and their values: added before its variants change, taken away after it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.catalogue.errors import InvalidProduct, OptionNotFound
from app.catalogue.models import Product, ProductOption, ProductOptionValue, variant_option_link
from app.catalogue.rules import NewOption, check_options
from app.core.ids import new_id


@dataclass(frozen=True)
class OptionChanges:
    """An option as it shall be: that of this id or else of this title, or a new one. Without values: those it has."""

    title: str | None = None
    values: tuple[str, ...] | None = None
    id: str | None = None


def extend_options(session: Session, product: Product, wanted: Sequence[OptionChanges]) -> None:
    """Make the options and values that are not there yet, in this order, and give others their new title.

    A variant that is there gets the first value of a new option: it has one value of each at any time.
    Raises `OptionNotFound`, `InvalidProduct`.
    """
    for rank, change in enumerate(wanted):
        option = find_option(product, change)
        if option is None:
            option = _make_option(session, product, change)
        option.rank = rank
        option.title = change.title or option.title
        _extend_values(session, option, change.values)
    session.flush()  # variants name the values


def prune_options(session: Session, product: Product, wanted: Sequence[OptionChanges]) -> None:
    """Take away the options that are not named, and of those named the values that are not; raises `InvalidProduct`."""
    named = {option.id: change for change in wanted if (option := find_option(product, change)) is not None}
    for option in product.options:
        change = named.get(option.id)
        if change is None:
            delete_option(session, option)
        elif change.values is not None:
            _prune_values(session, option, change.values)


def find_option(product: Product, change: OptionChanges) -> ProductOption | None:
    """The option that is meant, None for a new one; raises `OptionNotFound`, `InvalidProduct`."""
    if change.id is not None:
        return get_option(product, change.id)
    if change.title is None:
        raise InvalidProduct("An option has a title")
    return next((option for option in product.options if option.title == change.title), None)


def get_option(product: Product, option_id: str) -> ProductOption:
    """The option of this product; raises `OptionNotFound`."""
    found = next((option for option in product.options if option.id == option_id), None)
    if found is None:
        raise OptionNotFound(f"Product option with id: {option_id} was not found")
    return found


def change_option(session: Session, option: ProductOption, title: str | None, values: tuple[str, ...] | None) -> None:
    """Give an option another title, other values; raises `InvalidProduct` where a variant has one that would go."""
    option.title = title or option.title
    if values is not None:
        _extend_values(session, option, values)
        _prune_values(session, option, values)


def delete_option(session: Session, option: ProductOption) -> None:
    """Take an option away, with its values; variants that it alone told apart are refused at the end of the change."""
    of_it = select(ProductOptionValue.id).where(ProductOptionValue.option_id == option.id)
    session.execute(delete(variant_option_link).where(variant_option_link.c.option_value_id.in_(of_it)))
    session.execute(delete(ProductOption).where(ProductOption.id == option.id))


def _make_option(session: Session, product: Product, change: OptionChanges) -> ProductOption:
    check_options([NewOption(change.title or "", change.values or ())])
    option = ProductOption(id=new_id("opt"), product_id=product.id, title=change.title, values=[])
    product.options.append(option)
    _extend_values(session, option, change.values)
    session.flush()  # variants name the values
    for variant in product.variants:
        variant.option_values.append(option.values[0])
    return option


def _extend_values(session: Session, option: ProductOption, values: tuple[str, ...] | None) -> None:
    if values is None:
        return
    check_options([NewOption(option.title, values)])
    known = {each.value: each for each in option.values}
    for rank, value in enumerate(values):
        if value in known:
            known[value].rank = rank
        else:
            option.values.append(ProductOptionValue(id=new_id("optval"), value=value, rank=rank))
    session.flush()  # variants name the values


def _prune_values(session: Session, option: ProductOption, values: tuple[str, ...]) -> None:
    gone = [each for each in option.values if each.value not in values]
    link = variant_option_link.c
    query = select(link.option_value_id).where(link.option_value_id.in_([each.id for each in gone])).limit(1)
    used = session.scalar(query)
    if used is not None:
        value = next(each.value for each in gone if each.id == used)
        raise InvalidProduct(f"Option value {value} is that of a variant: change or delete the variant first")
    session.execute(delete(ProductOptionValue).where(ProductOptionValue.id.in_([each.id for each in gone])))
