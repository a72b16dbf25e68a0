"""Products of a file, many at a time: what they come to beside the shop, and how they are written."""

from collections.abc import Collection, Iterable, Sequence
from typing import cast

from sqlalchemy import Text, any_, bindparam, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.catalogue.import_products import (
    KnownProduct,
    add_words,
    import_products,
    list_known_products,
    list_sku_owners,
)
from app.catalogue.models import ProductCategory, ProductCollection, ProductType
from app.catalogue.queries import list_families
from app.imports.plan_product import Planned, Surroundings, plan_product
from app.imports.queries import Unit
from app.pricing.queries import list_prices
from app.pricing.service import set_prices
from app.shop.models import SalesChannel, TaxRate
from app.shop.rules import STANDARD

_NAMES = bindparam("names", type_=ARRAY(Text))
# As `comptoir_publishing_faults` says it for one product.
_TAXED = text(
    "SELECT DISTINCT t.category FROM tax_rate t JOIN country c ON c.iso_2 = t.country_code"
    " WHERE c.region_id IS NOT NULL AND t.valid_from_on <= (now() AT TIME ZONE 'Europe/Paris')::date"
)
_IS_LIABLE = text(
    "SELECT coalesce((SELECT kind FROM vat_regime WHERE valid_from_on <= (now() AT TIME ZONE 'Europe/Paris')::date"
    " ORDER BY valid_from_on DESC LIMIT 1), 'liable') = 'liable'"
)


def plan_products(
    session: Session, units: Sequence[Unit], *, is_move_confirmed: bool, is_locking: bool
) -> list[Planned]:
    """What each product of a file comes to; with `is_locking` the products stay as they are until the transaction ends.

    Then the types of products that are not there yet are made, too.
    """
    known = list_known_products(session, [unit.name for unit in units], is_locking=is_locking)
    around = _read_surroundings(session, units, known, is_move_confirmed=is_move_confirmed, makes_types=is_locking)
    return [plan_product(unit, known.get(unit.name), around) for unit in units]


def write_products(session: Session, planned: Sequence[Planned]) -> None:
    """Write them with their prices. Raises what the services and the database refuse; a savepoint is the caller's."""
    import_products(session, [each.order for each in planned if each.order is not None])
    set_prices(session, [price for each in planned for price in each.prices], confirmed=True, reason="import")


def _read_surroundings(
    session: Session,
    units: Sequence[Unit],
    known: dict[str, KnownProduct],
    *,
    is_move_confirmed: bool,
    makes_types: bool,
) -> Surroundings:
    types = set(_said(units, "product", "type"))
    variant_ids = [variant.id for product in known.values() for variant in product.variants]
    is_liable = session.scalar(_IS_LIABLE)
    categories = set(session.scalars(select(TaxRate.category).distinct())) | {STANDARD}
    taxed = set(session.scalars(_TAXED))
    in_use = {str(product.columns["tax_category"]) for product in known.values()}
    default = session.scalar(select(SalesChannel.id).order_by(SalesChannel.id).limit(1))
    return Surroundings(
        categories=_ids(session, ProductCategory.id, ProductCategory.handle, _listed(units, "categories")),
        collections=_ids(
            session, ProductCollection.id, ProductCollection.handle, set(_said(units, "product", "collection"))
        ),
        types=add_words(session, ProductType, types)
        if makes_types
        else _ids(session, ProductType.id, ProductType.value, types),
        channels=_ids(session, SalesChannel.id, SalesChannel.name, _listed(units, "channels")),
        default_channel_id=default,
        tax_categories=frozenset(categories | in_use),
        taxed_categories=frozenset(taxed if is_liable else categories | in_use),
        families=list_families(session),
        sku_owners=list_sku_owners(session, set(_said(units, "variant", "sku"))),
        prices={(each.variant_id, each.currency_code): each.amount_cents for each in list_prices(session, variant_ids)},
        is_move_confirmed=is_move_confirmed,
    )


def _said(units: Iterable[Unit], part: str, name: str) -> list[str]:
    cells = (cast("dict[str, object]", line.cells.get(part, {})) for unit in units for line in unit.lines)
    return [str(each[name]) for each in cells if each.get(name) is not None]


def _listed(units: Iterable[Unit], name: str) -> set[str]:
    lists = (cast("list[str]", line.cells.get(name, [])) for unit in units for line in unit.lines)
    return {each for several in lists for each in several}


def _ids(
    session: Session, key: InstrumentedAttribute[str], name: InstrumentedAttribute[str], wanted: Collection[str]
) -> dict[str, str]:
    """The ids of what a file names by its name or by its id."""
    if not wanted:
        return {}
    query = select(key, name).where(or_(key == any_(_NAMES), name == any_(_NAMES)))
    found = session.execute(query, {"names": list(wanted)}).all()
    return {**{row[0]: row[0] for row in found}, **{row[1]: row[0] for row in found}}
