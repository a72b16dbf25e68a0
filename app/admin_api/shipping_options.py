"""`/admin/shipping-options`: the ways to send an order or a return, their prices and where they go.

Source: store-api §6 and §11, decision 0032.
"""

# ruff: noqa: RUF012 - pydantic copies the defaults of a model, and so these lists are never shared

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import Depends, Query, Response
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints
from sqlalchemy.orm import Session

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.schemas import AdminPageQuery, AdminQuery, DeletedOut, PathId
from app.core.api_document import refusing
from app.core.bodies import Body, Id, Ids, Line, Metadata, PageOut
from app.core.db import Json, SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.core.money import LARGEST_AMOUNT, GivenAmount, WireAmount, from_wire, keep_exact, to_wire
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, etag_of
from app.core.wire import WireInstant
from app.shipping.errors import OptionPricesUnclear, OptionZoneUnknown, ShippingOptionNotFound
from app.shipping.models import ShippingOption
from app.shipping.queries import OptionSearch, get_option, list_all_options
from app.shipping.rules import Destination, PriceStep
from app.shipping.schemas import ShownOptionOut, shown_option_values, zone_id_of
from app.shipping.service import NewShippingOption, create_option
from app.shipping.update_option import OptionChanges, delete_option, update_option
from app.shop.errors import RegionNotFound
from app.shop.queries import find_region, list_regions

reading = reading_router()
writing = writing_router()

MOST_STEPS = 50
MOST_PLACES = 200
Fields = Annotated[AdminQuery, Query()]
Amount = Annotated[Decimal, BeforeValidator(keep_exact), Field(ge=0, le=LARGEST_AMOUNT, allow_inf_nan=False)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Grams = Annotated[int, Field(gt=0, le=1_000_000)]
Country = Annotated[str, StringConstraints(to_lower=True, pattern="^[A-Za-z]{2}$")]


class OptionsQuery(AdminPageQuery):
    """Which ways to send."""

    id: Ids = []
    region_id: Ids = []
    is_return: bool | None = None


class PriceRuleBody(Body):
    """From which item total on a price applies, in currency units."""

    attribute: Literal["item_total"]
    operator: Literal["gte"]
    value: GivenAmount


class PriceBody(Body):
    """Medusa's keys; without rules, the plain price."""

    currency_code: Annotated[str, StringConstraints(max_length=3, to_lower=True)] | None = None
    region_id: Id | None = None
    amount: Amount
    rules: Annotated[list[PriceRuleBody], Field(max_length=1)] = []


class WeightStepBody(Body):
    """Ours: another price from a weight on."""

    from_weight_grams: Grams
    amount: Amount


class DestinationBody(Body):
    """Ours: where it goes, or never goes; Corsica and overseas are refused unless they are named."""

    country_code: Country
    is_served: bool = True
    province: Annotated[str, StringConstraints(max_length=100)] = ""
    postal_prefix: Annotated[str, StringConstraints(max_length=20)] = ""


class RuleBody(Body):
    """Medusa's way to switch an option off, and to say that it is for returns."""

    attribute: Literal["enabled_in_store", "is_return"]
    operator: Literal["eq"]
    value: Literal["true", "false"]


class TypeBody(Body):
    """What the option is; `code` is its own in its region."""

    label: Line | None = None
    description: Annotated[str, StringConstraints(max_length=1_000)] = ""
    code: Code


class OptionBody(Body):
    """What of a way to send changes; what is absent stays. Steps and destinations replace those that were."""

    name: Name | None = None
    prices: Annotated[list[PriceBody], Field(min_length=1, max_length=MOST_STEPS)] | None = None
    weight_steps: Annotated[list[WeightStepBody], Field(max_length=MOST_STEPS)] | None = None
    destinations: Annotated[list[DestinationBody], Field(max_length=MOST_PLACES)] | None = None
    max_weight_grams: Grams | None = None
    rank: Annotated[int, Field(ge=0, le=10_000)] | None = None
    is_active: bool | None = None
    rules: Annotated[list[RuleBody], Field(max_length=2)] = []
    data: Metadata | None = None
    metadata: Metadata | None = None


class NewOptionBody(OptionBody):
    """Medusa's keys and ours: `region_id` says what `service_zone_id` does. The shop has one profile, one provider."""

    name: Name
    type: TypeBody
    prices: Annotated[list[PriceBody], Field(min_length=1, max_length=MOST_STEPS)]
    region_id: Id | None = None
    service_zone_id: Id | None = None
    shipping_profile_id: Literal["sp_default"] | None = None
    provider_id: Literal["manual_manual"] = "manual_manual"
    price_type: Literal["flat", "calculated"] = "flat"
    kind: Literal["shipping", "pickup"] = "shipping"
    is_return: bool = False


class WeightStepOut(BaseModel):
    """Another price from a weight on."""

    from_weight_grams: int
    amount: WireAmount


class DestinationOut(BaseModel):
    """Where it goes, or never goes."""

    country_code: str
    is_served: bool
    province: str
    postal_prefix: str


class OptionOut(ShownOptionOut):
    """A way to send as the shop set it up."""

    region_id: str
    amount: WireAmount
    currency_code: str
    rules: list[Json]
    is_active: bool
    is_return: bool
    rank: int
    max_weight_grams: int | None
    weight_steps: list[WeightStepOut]
    destinations: list[DestinationOut]
    created_at: WireInstant
    updated_at: WireInstant


class OptionAnswer(BaseModel):
    """Medusa's envelope."""

    shipping_option: OptionOut


class OptionsAnswer(PageOut):
    """A page of them."""

    shipping_options: list[OptionOut]


@reading.get("/shipping-options", response_model=OptionsAnswer, openapi_extra=describe_query(OptionsQuery))
def list_options(session: SessionDep, query: Annotated[OptionsQuery, Depends(query_of(OptionsQuery))]) -> Response:
    """All of the shop's ways to send, switched off or not."""
    wanted = OptionSearch(query.q, query.id, query.region_id, query.is_return)
    found, count = list_all_options(session, wanted, limit=query.limit, offset=query.offset)
    tree = parse_fields(query.fields)
    shown = [_out(option) for option in found]
    return answer_page("shipping_options", shown, tree, count=count, offset=query.offset, limit=query.limit)


@writing.post(
    "/shipping-options",
    response_model=OptionAnswer,
    responses=refusing(RegionNotFound, ShippingOptionNotFound, ChangedMeanwhile),
)
def create(session: SessionDep, query: Fields, body: NewOptionBody) -> Response:
    """Offer one more way to send."""
    region_id = _region_of(session, body)
    region = find_region(session, region_id)
    currency_code = region.currency_code if region else ""
    amount_cents, steps = _read_prices(body.prices, currency_code)
    rules = {rule.attribute: rule.value == "true" for rule in body.rules}
    made = create_option(
        session,
        NewShippingOption(
            region_id=region_id,
            code=body.type.code,
            name=body.name,
            amount_cents=amount_cents,
            description=body.type.description,
            kind=body.kind,
            rank=body.rank or 0,
            is_return=rules.get("is_return", body.is_return),
            steps=(*steps, *_read_weights(body.weight_steps or [], currency_code)),
            max_weight_grams=body.max_weight_grams,
            destinations=_read_places(body.destinations or []),
        ),
    )
    if not rules.get("enabled_in_store", body.is_active is not False):
        update_option(session, made.id, {"is_active": False})
    return _answer(session, made.id, query)


@reading.get("/shipping-options/{option_id}", response_model=OptionAnswer)
def show(session: SessionDep, option_id: PathId, query: Fields) -> Response:
    """One of them."""
    return _answer(session, option_id, query)


@writing.post("/shipping-options/{option_id}", response_model=OptionAnswer, responses=refusing(ChangedMeanwhile))
def change(session: SessionDep, option_id: PathId, query: Fields, body: OptionBody, if_match: IfMatchDep) -> Response:
    """Change a way to send; what was bought keeps what it cost."""
    update_option(session, option_id, _changes(get_option(session, option_id), body), if_match)
    return _answer(session, option_id, query)


@writing.delete("/shipping-options/{option_id}", responses=refusing(ChangedMeanwhile))
def delete(session: SessionDep, option_id: PathId, if_match: IfMatchDep) -> DeletedOut:
    """Remove one that nobody ever chose."""
    delete_option(session, option_id, if_match)
    return DeletedOut(id=option_id, object="shipping_option")


def _answer(session: Session, option_id: str, query: AdminQuery) -> Response:
    session.flush()  # steps and destinations are read in their order
    session.expire_all()
    option = get_option(session, option_id)
    found = answer("shipping_option", _out(option), parse_fields(query.fields))
    found.headers["ETag"] = etag_of(option.updated_at)
    return found


def _region_of(session: Session, body: NewOptionBody) -> str:
    """Every region is one of Medusa's zones."""
    regions, _ = list_regions(session, limit=1_000, offset=0)
    known = [each.id for each in regions if body.region_id in (None, each.id)]
    fit = [each for each in known if body.service_zone_id in (None, zone_id_of(each))]
    if len(fit) != 1:
        raise OptionZoneUnknown
    return fit[0]


def _changes(option: ShippingOption, body: OptionBody) -> OptionChanges:
    changes: OptionChanges = {}
    code, given = option.currency_code, body.model_fields_set
    if body.name is not None:
        changes["name"] = body.name
    if body.rank is not None:
        changes["rank"] = body.rank
    if "max_weight_grams" in given:
        changes["max_weight_grams"] = body.max_weight_grams
    if body.is_active is not None:
        changes["is_active"] = body.is_active
    for rule in body.rules:
        if rule.attribute == "enabled_in_store":
            changes["is_active"] = rule.value == "true"
    if body.destinations is not None:
        changes["destinations"] = _read_places(body.destinations)
    if body.prices is not None or body.weight_steps is not None:
        terms = [step.terms for step in option.steps]
        steps = [step for step in terms if step.from_item_total_cents is not None]
        weights = [step for step in terms if step.from_weight_grams is not None]
        if body.prices is not None:
            changes["amount_cents"], steps = _read_prices(body.prices, code)
        if body.weight_steps is not None:
            weights = _read_weights(body.weight_steps, code)
        changes["steps"] = [*steps, *weights]
    return changes


def _read_prices(given: Sequence[PriceBody], currency_code: str) -> tuple[int, list[PriceStep]]:
    """The plain price, which there is one of, and those from an item total on; in the region's currency."""
    plain = [each for each in given if not each.rules]
    if len(plain) != 1 or any(each.currency_code not in (None, currency_code) for each in given):
        raise OptionPricesUnclear
    steps = [
        PriceStep(
            from_wire(each.amount, currency_code), from_item_total_cents=from_wire(each.rules[0].value, currency_code)
        )
        for each in given
        if each.rules
    ]
    if len({step.from_item_total_cents for step in steps}) < len(steps):
        raise OptionPricesUnclear
    return from_wire(plain[0].amount, currency_code), steps


def _read_weights(given: Sequence[WeightStepBody], currency_code: str) -> list[PriceStep]:
    steps = {
        each.from_weight_grams: PriceStep(
            from_wire(each.amount, currency_code), from_weight_grams=each.from_weight_grams
        )
        for each in given
    }
    if len(steps) < len(given):
        raise OptionPricesUnclear
    return list(steps.values())


def _read_places(given: Sequence[DestinationBody]) -> tuple[Destination, ...]:
    """Each once; the last word about a place counts."""
    places = {
        (each.country_code, each.province, each.postal_prefix): Destination(
            each.country_code, each.is_served, each.province, each.postal_prefix
        )
        for each in given
    }
    return tuple(places.values())


def _out(option: ShippingOption) -> OptionOut:
    code = option.currency_code
    weights = sorted((step.from_weight_grams, step.amount_cents) for step in option.steps if step.from_weight_grams)
    places = ("country_code", "is_served", "province", "postal_prefix")
    own = (
        "region_id",
        "currency_code",
        "is_active",
        "is_return",
        "rank",
        "max_weight_grams",
        "created_at",
        "updated_at",
    )
    return OptionOut.model_validate(
        {
            **shown_option_values(option),
            **{name: getattr(option, name) for name in own},
            "amount": to_wire(option.amount_cents, code),
            "rules": [
                {"attribute": "is_return", "operator": "eq", "value": str(option.is_return).lower()},
                {"attribute": "enabled_in_store", "operator": "eq", "value": str(option.is_active).lower()},
            ],
            "weight_steps": [
                WeightStepOut(from_weight_grams=grams, amount=to_wire(cents, code)) for grams, cents in weights
            ],
            "destinations": [{name: getattr(each, name) for name in places} for each in option.destinations],
        }
    )
