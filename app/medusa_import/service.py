"""A whole shop from Medusa, in the order in which things point at each other; twenty objects are a transaction.

Killed at any moment it is given again: what came stays, what did not comes. Read `docs/decisions/0030` first.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.context import current_actor
from app.core.db import unit_of_work
from app.core.ids import new_id
from app.gateways.errors import VendorFailure
from app.gateways.medusa import Document, Kind, MedusaSource
from app.medusa_import import queries
from app.medusa_import.compare_shops import Comparison, compare_shops
from app.medusa_import.errors import ShopNotSetUp, SourceWithoutStore
from app.medusa_import.import_customers import import_customer, list_customer_figures
from app.medusa_import.import_groups import (
    import_category,
    import_channel,
    import_collection,
    import_region,
    import_tag,
    import_type,
    sort_categories,
)
from app.medusa_import.import_orders import import_order, list_order_figures
from app.medusa_import.import_products import import_product, list_product_figures, note_takers
from app.medusa_import.import_stock import import_price_list, import_stock, list_price_list_figures, list_stock_figures
from app.medusa_import.models import MedusaRun
from app.medusa_import.record_taken import Figure, Problem, Run, leave_all, record_problems, take_page
from app.medusa_import.schemas import (
    CategoryIn,
    ChannelIn,
    CollectionIn,
    CustomerIn,
    InventoryItemIn,
    Part,
    PriceListIn,
    PricePreferenceIn,
    ProductIn,
    RegionIn,
    StoreIn,
    WordIn,
)
from app.medusa_import.schemas_order import OrderIn
from app.shop.queries import find_shop

MOST_TOLD = 3
AT_ONCE = 20


class Progress(NamedTuple):
    """How far a run is: so many of so many of one kind were looked at."""

    kind: str
    done: int
    of: int


@dataclass(frozen=True)
class Options:
    """`prices_are_final`: prices that Medusa keeps without VAT are what customers pay all the same."""

    is_dry: bool = False
    prices_are_final: bool = False
    tell: Callable[[Progress], None] = field(default=lambda _: None)


@dataclass(frozen=True)
class Report:
    """What a run came to; `changed_meanwhile` names what Medusa counted otherwise afterwards."""

    run_id: str
    source: str
    is_dry: bool
    comparison: Comparison
    problems: list[Problem]
    changed_meanwhile: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Every count and every total is accounted for."""
        return self.comparison.is_sound and not self.changed_meanwhile


class Step(NamedTuple):
    """One kind: its shape, what of it is counted, how one is taken."""

    kind: Kind
    shape: type[Part]
    list_figures: Callable[..., list[Figure]]
    take: Callable[..., str]


def _itself(kind: Kind) -> Callable[[Part], list[Figure]]:
    return lambda _: [Figure(kind)]


STEPS = (
    Step("region", RegionIn, _itself("region"), import_region),
    Step("sales_channel", ChannelIn, _itself("sales_channel"), import_channel),
    Step("category", CategoryIn, _itself("category"), import_category),
    Step("collection", CollectionIn, _itself("collection"), import_collection),
    Step("tag", WordIn, _itself("tag"), import_tag),
    Step("type", WordIn, _itself("type"), import_type),
    Step("product", ProductIn, list_product_figures, import_product),
    Step("inventory_item", InventoryItemIn, list_stock_figures, import_stock),
    Step("price_list", PriceListIn, list_price_list_figures, import_price_list),
    Step("customer", CustomerIn, list_customer_figures, import_customer),
    Step("order", OrderIn, list_order_figures, import_order),
)


class _Undone(Exception):
    """Ends the transaction of a dry run."""


def import_shop(source: MedusaSource, options: Options) -> Report:
    """Read everything, take what did not come before, compare. A dry run does all of it and undoes it at its end.

    Raises `ImportUnderWay`, `SourceWithoutStore`, `ShopNotSetUp`, `Retryable`, `Terminal`.
    """
    with queries.lock_import(), source:
        store = _get_store(source)
        if not options.is_dry:
            return _import(source, store, options, unit_of_work)
        report: Report | None = None
        try:
            with unit_of_work() as session:
                report = _import(source, store, options, lambda: nullcontext(session))
                raise _Undone
        except _Undone:
            pass
        if report is None:
            raise SourceWithoutStore
        return report


def _get_store(source: MedusaSource) -> str:
    for page in source.read("store"):
        for document in page:
            return StoreIn.model_validate(document).id
    raise SourceWithoutStore


def _import(
    source: MedusaSource,
    store: str,
    options: Options,
    open_session: Callable[[], AbstractContextManager[Session]],
) -> Report:
    run = Run(new_id("medusa"), store, open_session, options.is_dry, options.prices_are_final)
    _begin(run, source)
    problems: list[Problem] = []
    try:
        counts = {step.kind: source.count(step.kind) for step in STEPS}
        run.gross_currencies = _list_gross_currencies(source)
        _keep_numbers(run, source)
        for step in STEPS:
            _take_all(run, source, step, counts[step.kind], problems, options.tell)
        later = {step.kind: source.count(step.kind) for step in STEPS}
    except VendorFailure:
        _end(run, "stopped", None)
        raise
    changed = tuple(kind for kind, count in counts.items() if later[kind] != count)
    with open_session() as session:
        comparison = compare_shops(session, run)
    _end(run, "ended", comparison)
    return Report(run.id, store, options.is_dry, comparison, problems, changed)


def _begin(run: Run, source: MedusaSource) -> None:
    with run.open_session() as session:
        if find_shop(session) is None:
            raise ShopNotSetUp
        queries.get_first_channel(session)
        session.add(MedusaRun(id=run.id, source=run.source, way=source.way, actor=current_actor.get()))
        session.flush()  # what it brings refers to it


def _end(run: Run, state: str, comparison: Comparison | None) -> None:
    with run.open_session() as session:
        row = session.get_one(MedusaRun, run.id)
        row.state, row.ended_at = state, utc_now()
        row.figures = comparison.show() if comparison is not None else None
        record_audit(session, "medusa.import", run.id, {"source": run.source, "state": state})


def _list_gross_currencies(source: MedusaSource) -> set[str]:
    """The currencies whose prices hold the VAT."""
    preferences = [PricePreferenceIn.model_validate(each) for page in source.read("price_preference") for each in page]
    return {
        (each.value or "").lower()
        for each in preferences
        if each.attribute == "currency_code" and each.is_tax_inclusive
    }


def _take_all(
    run: Run,
    source: MedusaSource,
    step: Step,
    count: int,
    problems: list[Problem],
    tell: Callable[[Progress], None],
) -> None:
    """Read a page, take it in a few transactions."""
    done = 0
    for page in _pages(source, step):
        parsed = list(_parse(run, step, page))
        for record, _, _ in parsed:
            if isinstance(record, ProductIn):
                note_takers(run, record)
        for begin in range(0, len(parsed), AT_ONCE):
            _take(run, step, parsed[begin : begin + AT_ONCE], problems)
        done += len(page)
        tell(Progress(step.kind, done, count))


def _take(run: Run, step: Step, parsed: list[tuple[Part, str, list[Figure]]], problems: list[Problem]) -> None:
    """A transaction of its own, and a short one: what is committed stays, and buyers do not wait for its locks."""
    with run.open_session() as session:
        take_page(run, session, step.kind, parsed, step.take)
        record_problems(session, run)
    problems += run.problems
    run.problems.clear()
    run.known.clear()


def _pages(source: MedusaSource, step: Step) -> Iterator[list[Document]]:
    """As they are read; shelves all at once, each after the one in which it stands."""
    if step.kind != "category":
        yield from source.read(step.kind)
        return
    yield [document for page in source.read("category") for document in page]


def _parse(run: Run, step: Step, page: list[Document]) -> Iterator[tuple[Part, str, list[Figure]]]:
    records = []
    for document in page:
        try:
            records.append(step.shape.model_validate(document))
        except ValidationError as refused:
            external_id = document.get("id")
            named = external_id if isinstance(external_id, str) else "?"
            leave_all(run, step.kind, Problem(step.kind, named, "not_understood", _tell_faults(refused)))
    if step.kind == "category":
        records = list(sort_categories([each for each in records if isinstance(each, CategoryIn)]))
    for record in records:
        yield record, _id_of(record), step.list_figures(record)


def _id_of(record: Part) -> str:
    return str(getattr(record, "id"))  # noqa: B009 - each shape of a step has one


def _tell_faults(refused: ValidationError) -> str:
    """Which fields, and why, without what they hold."""
    faults = [f"{'.'.join(map(str, each['loc']))}: {each['type']}" for each in refused.errors(include_input=False)]
    return "; ".join(faults[:MOST_TOLD])


def _keep_numbers(run: Run, source: MedusaSource) -> None:
    """Whoever buys meanwhile gets a number above all of Medusa's; a dry run holds up nobody."""
    highest = source.find_highest_number()
    if highest is not None and not run.is_dry:
        with unit_of_work() as session:
            queries.raise_number(session, highest)
