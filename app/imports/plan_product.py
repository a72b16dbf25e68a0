"""What the lines of one product come to, beside what it is in the shop: pure, so that a dry run writes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from app.catalogue.check_metadata import FAMILY, FamilyDefinition, check_metadata
from app.catalogue.errors import FAULTS, InvalidMetadata
from app.catalogue.import_products import (
    PRODUCT_COLUMNS,
    VARIANT_COLUMNS,
    KnownOption,
    KnownProduct,
    KnownVariant,
    NewRows,
    ProductOrder,
    Values,
)
from app.core.ids import new_id
from app.core.money import to_wire
from app.imports.queries import Line, Unit
from app.imports.render_problems import Problem, render_problem
from app.pricing.rules import PriceMove
from app.pricing.service import NewPrice

PRODUCT_DEFAULTS: Values = {
    **dict.fromkeys(PRODUCT_COLUMNS), "status": "draft", "tax_category": "standard", "is_discountable": True,
}  # fmt: skip
VARIANT_DEFAULTS: Values = {**dict.fromkeys(VARIANT_COLUMNS), "manages_stock": True, "requires_shipping": True}
# An empty cell leaves these as they are: there is no product without a title.
NEEDED = frozenset({"title", "status", "tax_category", "is_discountable", "manages_stock", "requires_shipping", "sku"})
NAMES = {"metadata": "details"}


@dataclass(frozen=True)
class Surroundings:
    """What products refer to, as it is now: ids by the names that a file may give them."""

    categories: Mapping[str, str]
    collections: Mapping[str, str]
    types: Mapping[str, str]
    channels: Mapping[str, str]
    default_channel_id: str | None
    tax_categories: frozenset[str]
    taxed_categories: frozenset[str]
    families: Mapping[str, FamilyDefinition]
    sku_owners: Mapping[str, str]
    prices: Mapping[tuple[str, str], int]
    is_move_confirmed: bool


class Pieces(NamedTuple):
    """Pieces of a variant: those that came in under this reference, or without one those that were counted."""

    variant_id: str
    quantity: int
    reference: str | None


@dataclass
class Planned:
    """What is to be done with a unit: `action` is `create`, `update`, `same` or `refused`."""

    unit: Unit
    action: str = "same"
    problems: list[Problem] = field(default_factory=list)
    order: ProductOrder | None = None
    prices: list[NewPrice] = field(default_factory=list)
    pieces: Pieces | None = None


@dataclass
class _Draft:
    """A product in the making."""

    unit: Unit
    known: KnownProduct | None
    around: Surroundings
    id: str
    options: dict[str, KnownOption]
    columns: Values
    new: NewRows = field(default_factory=NewRows)
    changed: dict[str, Values] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    prices: list[NewPrice] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, line: int, column: str, code: str, **values: object) -> None:
        """Note what is wrong."""
        self.problems.append(render_problem(code, line, column, **values))


def plan_product(unit: Unit, known: KnownProduct | None, around: Surroundings) -> Planned:
    """What is written of a product; a unit with a refused line is refused as a whole."""
    if any(line.state == "refused" for line in unit.lines):
        return Planned(unit, "refused")
    draft = _Draft(
        unit,
        known,
        around,
        id=known.id if known else new_id("prod"),
        options={title: KnownOption(each.id, dict(each.value_ids)) for title, each in known.options.items()}
        if known
        else {},
        columns=dict(known.columns) if known else dict(PRODUCT_DEFAULTS),
    )
    _settle_columns(draft)
    lists = {name: _agree_list(draft, name) for name in ("images", "tags", "categories", "channels")}
    order_lists = _settle_lists(draft, lists)
    if known is None and not _settle_options(draft):
        return Planned(unit, "refused", draft.problems)
    for line in unit.lines:
        _settle_variant(draft, line)
    images = cast("list[str] | None", order_lists["image_urls"])
    _demand_publishable(draft, images if images is not None else known.image_urls if known else [])
    if draft.problems:
        return Planned(unit, "refused", draft.problems)
    order = ProductOrder(
        draft.id,
        unit.name,
        known,
        draft.columns,
        draft.new,
        draft.changed,
        **order_lists,  # type: ignore[arg-type]
    )
    return Planned(unit, _name_action(draft, order), [], order, draft.prices)


def _name_action(draft: _Draft, order: ProductOrder) -> str:
    known = draft.known
    if known is None:
        return "create"
    is_same = (
        draft.columns == known.columns
        and not (draft.new.variants or draft.changed or draft.prices)
        and all(
            wanted is None or wanted == is_now
            for wanted, is_now in (
                (order.image_urls, known.image_urls),
                (order.tags, known.tags),
                (order.category_ids, known.category_ids),
                (order.channel_ids, known.channel_ids),
            )
        )
    )
    return "same" if is_same else "update"


def _part(line: Line, name: str) -> dict[str, object]:
    return cast("dict[str, object]", line.cells.get(name, {}))


def _settle_columns(draft: _Draft) -> None:
    """The product's own columns: what any of its lines says, and no two of them differently."""
    said: dict[str, object] = {}
    for line in draft.unit.lines:
        for name, value in _part(line, "product").items():
            if value is not None and said.get(name) is not None and said[name] != value:
                draft.refuse(line.number, f"product_{name}", "differs", found=value)
            said[name] = value if value is not None else said.get(name)
    for name in ("collection", "type"):
        if name in said:
            _settle_reference(draft, name, said.pop(name))
    for name, value in said.items():
        column = NAMES.get(name, name)
        if column in PRODUCT_COLUMNS and not (value is None and column in NEEDED):
            draft.columns[column] = value
    first = draft.unit.lines[0].number
    if not str(draft.columns["title"] or "").strip():
        draft.refuse(first, "product_title", "no_title")
    if said.get("tax_category") and said["tax_category"] not in draft.around.tax_categories:
        expected = ", ".join(sorted(draft.around.tax_categories))
        draft.refuse(first, "product_tax_category", "unknown_tax", found=said["tax_category"], expected=expected)
    if said.get("metadata"):
        _demand_metadata(draft, cast("dict[str, object]", said["metadata"]))


def _settle_reference(draft: _Draft, name: str, value: object) -> None:
    known = draft.around.collections if name == "collection" else draft.around.types
    if value is None:
        draft.columns[f"{name}_id"] = None
    elif str(value) in known:
        draft.columns[f"{name}_id"] = known[str(value)]
    elif name == "type":
        draft.columns["type_id"] = f"new type {value}"  # a dry run does not make it
    else:
        draft.refuse(draft.unit.lines[0].number, "product_collection", "unknown_collection", found=value)


def _demand_metadata(draft: _Draft, metadata: dict[str, object]) -> None:
    """As `catalogue.service:demand_metadata`, with families that were read once for many."""
    families, name = draft.around.families, metadata.get(FAMILY)
    if name is None or not families:
        return
    try:
        if name not in families:
            raise InvalidMetadata(f"{FAMILY}: {name} ({', '.join(sorted(families))})")
        check_metadata(str(name), families[str(name)], metadata)
    except InvalidMetadata as refused:
        draft.refuse(draft.unit.lines[0].number, "product_metadata", "metadata", found=refused.message)


def _agree_list(draft: _Draft, name: str) -> list[str] | None:
    """What the lines say of pictures or shelves: the same everywhere, or nothing; None where no column asks."""
    agreed: list[str] | None = None
    for line in draft.unit.lines:
        if name in line.cells:
            said = cast("list[str]", line.cells[name])
            if said and agreed and said != agreed:
                draft.refuse(line.number, f"product_{name}", "differs", found=", ".join(said))
            agreed = said or agreed or []
    return agreed


def _settle_lists(draft: _Draft, lists: Mapping[str, list[str] | None]) -> dict[str, object]:
    first = draft.unit.lines[0].number
    settled: dict[str, object] = {"image_urls": lists["images"], "tags": _as_set(lists["tags"])}
    for name, field_name, known, code in (
        ("categories", "category_ids", draft.around.categories, "unknown_category"),
        ("channels", "channel_ids", draft.around.channels, "unknown_channel"),
    ):
        wanted = lists[name]
        unknown = [each for each in wanted or () if each not in known]
        if unknown:
            draft.refuse(first, f"product_{name}", code, found=unknown[0])
        settled[field_name] = None if wanted is None else {known[each] for each in wanted if each in known}
    if draft.known is None and settled["channel_ids"] is None and draft.around.default_channel_id:
        settled["channel_ids"] = {draft.around.default_channel_id}
    return settled


def _as_set(values: Iterable[str] | None) -> set[str] | None:
    return None if values is None else set(values)


def _settle_options(draft: _Draft) -> bool:
    """The options of a new product are those of its first line."""
    pairs = cast("list[list[str]]", draft.unit.lines[0].cells["options"])
    if not pairs:
        draft.refuse(draft.unit.lines[0].number, "variant_option_1_name", "no_option")
        return False
    for rank, (title, _) in enumerate(pairs):
        option = KnownOption(new_id("opt"))
        draft.options[title] = option
        draft.new.options.append({"id": option.id, "product_id": draft.id, "title": title, "rank": rank})
    return True


def _settle_variant(draft: _Draft, line: Line) -> None:
    """The variant that a line is about; a line that says nothing of one is about the product alone."""
    said, prices = _part(line, "variant"), _part(line, "prices")
    options = dict(cast("list[list[str]]", line.cells["options"]))
    if not options and all(value is None for value in (*said.values(), *prices.values())):
        return
    sku = cast("str | None", said.get("sku"))
    if sku is not None and draft.around.sku_owners.get(sku, draft.id) != draft.id:
        draft.refuse(line.number, "variant_sku", "sku_elsewhere", found=sku)
        return
    variant = _find_variant(draft, sku, options)
    if not _is_option_fit(draft, line, variant, options):
        return
    name = variant.id if variant else repr(sorted(options.items()))
    if name in draft.taken:
        shown = " / ".join(options.values()) or sku or name
        draft.refuse(line.number, "variant_sku", "double_variant", found=shown)
        return
    draft.taken[name] = line.number
    variant_id = _change_variant(draft, line, variant, said) if variant else _add_variant(draft, said, options)
    for currency_code, cents in prices.items():
        if cents is not None:
            _settle_price(draft, line, variant_id, currency_code, cast(int, cents))


def _find_variant(draft: _Draft, sku: str | None, options: Mapping[str, str]) -> KnownVariant | None:
    variants = draft.known.variants if draft.known else []
    by_sku = next((each for each in variants if sku is not None and each.columns["sku"] == sku), None)
    if by_sku is not None:
        return by_sku
    if options:
        return next((each for each in variants if each.options == options), None)
    return variants[0] if len(variants) == 1 and sku is None else None


def _is_option_fit(draft: _Draft, line: Line, variant: KnownVariant | None, options: Mapping[str, str]) -> bool:
    """A known variant keeps its options, a new one has a value for each of its product's."""
    sku = _part(line, "variant").get("sku")
    if variant is not None:
        has = variant.columns["sku"]
        if options and options != variant.options:
            draft.refuse(
                line.number, "variant_option_1_value", "options_change", found=" / ".join(variant.options.values())
            )
        elif sku is not None and has is not None and sku != has:
            draft.refuse(line.number, "variant_sku", "sku_change", found=has)
        else:
            return True
    elif set(options) != set(draft.options):
        expected = ", ".join(draft.options)
        draft.refuse(line.number, "variant_option_1_name", "options_differ", expected=expected)
    else:
        return True
    return False


def _change_variant(draft: _Draft, line: Line, variant: KnownVariant, said: Mapping[str, object]) -> str:
    columns = dict(variant.columns)
    for name, value in said.items():
        column = NAMES.get(name, name)
        if not (value is None and column in NEEDED):
            columns[column] = value
    if columns != variant.columns:
        draft.changed[variant.id] = columns
    return variant.id


def _add_variant(draft: _Draft, said: Mapping[str, object], options: Mapping[str, str]) -> str:
    variant_id = new_id("variant")
    columns = {**VARIANT_DEFAULTS, "title": " / ".join(options[title] for title in draft.options)}
    for name, value in said.items():
        if value is not None:
            columns[NAMES.get(name, name)] = value
    rank = len(draft.new.variants) + (len(draft.known.variants) if draft.known else 0)
    draft.new.variants.append({"id": variant_id, "product_id": draft.id, "rank": rank, **columns})
    for title, value in options.items():
        known = draft.options[title].value_ids
        if value not in known:
            known[value] = new_id("optval")
            draft.new.values.append(
                {"id": known[value], "option_id": draft.options[title].id, "value": value, "rank": len(known) - 1}
            )
        draft.new.variant_values.append({"variant_id": variant_id, "option_value_id": known[value]})
    return variant_id


def _settle_price(draft: _Draft, line: Line, variant_id: str, currency_code: str, cents: int) -> None:
    move = PriceMove(variant_id, currency_code, draft.around.prices.get((variant_id, currency_code)), cents)
    if move.old_cents == cents:
        return
    column = f"variant_price_{currency_code}_cents"
    problem = find_price_problem(
        move,
        line.number,
        column,
        is_archived=draft.columns["status"] == "archived",
        is_move_confirmed=draft.around.is_move_confirmed,
    )
    if problem is not None:
        draft.problems.append(problem)
    else:
        draft.prices.append(NewPrice(variant_id, currency_code, cents))


def find_price_problem(
    move: PriceMove, line: int, column: str, *, is_archived: bool, is_move_confirmed: bool
) -> Problem | None:
    """Why this price may not be written, if it may not: as `pricing.rules:check_moves`, for one line."""
    if move.old_cents is not None and is_archived:
        return render_problem("archived", line, column)
    if move.old_cents is not None and move.is_beyond_half and not is_move_confirmed:
        before, after = (f"{to_wire(cents, move.currency_code)}" for cents in (move.old_cents, move.new_cents))
        return render_problem("price_moves", line, column, before=before, after=after)
    return None


def _demand_publishable(draft: _Draft, images: list[str]) -> None:
    """What a published product needs (S0-075), said before the database refuses it."""
    known = draft.known
    if draft.columns["status"] != "published" or (known and known.columns == draft.columns and not draft.new.variants):
        return
    variant_ids = [each.id for each in known.variants] if known else []
    variant_ids += [str(row["id"]) for row in draft.new.variants]
    priced = {variant_id for variant_id, _ in draft.around.prices} | {new.variant_id for new in draft.prices}
    faults = [
        fault
        for fault, is_there in (
            ("variant", bool(variant_ids)),
            ("price", set(variant_ids) <= priced),
            ("image", bool(images)),
            ("tax", draft.columns["tax_category"] in draft.around.taxed_categories),
        )
        if not is_there
    ]
    if faults:
        french, english = (", ".join(FAULTS[fault][place] for fault in faults) for place in (0, 1))
        first = draft.unit.lines[0].number
        draft.refuse(first, "product_status", "publish", found=french, found_english=english)
