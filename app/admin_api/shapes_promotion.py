"""Promotions as Medusa's Admin reads and writes them; what Medusa keeps at a campaign stands at the promotion."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from app.admin_api.shapes_price import CurrencyCode, GivenInstant
from app.core.bodies import Body, Ids, Line, PageOut
from app.core.money import GivenAmount, WireAmount, from_wire, keep_exact, to_wire
from app.core.wire import WireInstant
from app.promotions.errors import InvalidPromotion
from app.promotions.models import Promotion
from app.promotions.service import NewPromotion
from app.shop.rules import check_currency

Status = Literal["draft", "active", "inactive"]
Uses = Annotated[int, Field(ge=1, le=1_000_000)]
# A fixed promotion's is in currency units, that of another in percent.
Value = Annotated[Decimal, BeforeValidator(keep_exact), Field(gt=0, le=21_000_000, allow_inf_nan=False)]
Attribute = Literal["items.product.id", "items.product.categories.id", "items.product.collection_id"]
SCOPES: dict[Attribute, str] = {
    "items.product.id": "product_ids",
    "items.product.categories.id": "category_ids",
    "items.product.collection_id": "collection_ids",
}


class TargetRuleBody(Body):
    """What alone gets the promotion: products, or what lies in categories or collections."""

    attribute: Attribute
    operator: Literal["in", "eq"]
    values: Annotated[Ids, Field(min_length=1)]


class MethodBody(Body):
    """Medusa's keys: how much off what."""

    type: Literal["fixed", "percentage"]
    value: Value
    currency_code: CurrencyCode | None = None
    target_type: Literal["items", "shipping_methods", "order"] = "items"
    allocation: Literal["each", "across"] = "across"
    max_quantity: Uses | None = None
    target_rules: Annotated[list[TargetRuleBody], Field(max_length=3)] = Field(default=[])


class NewPromotionBody(Body):
    """Medusa's keys, and ours for what Medusa keeps at a campaign or in rules: dates, limits, the smallest basket."""

    code: Annotated[Line, Field(min_length=1, max_length=100)]
    type: Literal["standard"] = "standard"
    status: Status = "draft"
    is_automatic: bool = False
    application_method: MethodBody
    starts_at: GivenInstant | None = None
    ends_at: GivenInstant | None = None
    usage_limit: Uses | None = None
    usage_limit_per_customer: Uses | None = None
    minimum_item_total: GivenAmount | None = None


class PromotionBody(Body):
    """What of a promotion may change."""

    status: Status | None = None
    is_automatic: bool | None = None
    starts_at: GivenInstant | None = None
    ends_at: GivenInstant | None = None
    usage_limit: Uses | None = None
    usage_limit_per_customer: Uses | None = None


class RuleValueOut(BaseModel):
    """One thing that gets the promotion."""

    value: str


class TargetRuleOut(BaseModel):
    """What alone gets the promotion."""

    attribute: Attribute
    operator: str = "in"
    values: list[RuleValueOut]


class MethodOut(BaseModel):
    """How much off what."""

    type: str
    value: WireAmount
    currency_code: str | None
    target_type: str
    allocation: str
    max_quantity: int | None
    target_rules: list[TargetRuleOut]


class PromotionOut(BaseModel):
    """A promotion. `campaign` is always null: dates and limits stand here."""

    id: str
    code: str
    type: str = "standard"
    status: str
    is_automatic: bool
    is_tax_inclusive: bool = True
    campaign_id: None = None
    campaign: None = None
    application_method: MethodOut
    starts_at: WireInstant | None
    ends_at: WireInstant | None
    usage_limit: int | None
    usage_limit_per_customer: int | None
    used: int
    minimum_item_total: WireAmount | None
    created_at: WireInstant
    updated_at: WireInstant


class PromotionAnswer(BaseModel):
    """Medusa's envelope."""

    promotion: PromotionOut


class PromotionsAnswer(PageOut):
    """A page of promotions."""

    promotions: list[PromotionOut]


def new_promotion_of(body: NewPromotionBody) -> NewPromotion:
    """What the body asks for, in cents; raises `InvalidPromotion`, `UnknownCurrency`."""
    method = body.application_method
    code = method.currency_code
    if code is not None:
        check_currency(code)
    elif method.type == "fixed" or body.minimum_item_total is not None:
        raise InvalidPromotion("An amount has a currency")
    minimum_cents = from_wire(body.minimum_item_total, code) if body.minimum_item_total is not None and code else None
    chosen: dict[str, tuple[str, ...]] = {}
    for rule in method.target_rules:
        chosen[SCOPES[rule.attribute]] = (*chosen.get(SCOPES[rule.attribute], ()), *rule.values)
    return NewPromotion(
        code=body.code,
        percentage=method.value if method.type == "percentage" else None,
        amount_cents=from_wire(method.value, code) if method.type == "fixed" and code else None,
        # Of a percentage without a smallest basket the currency says nothing: it would limit it to one.
        currency_code=code if method.type == "fixed" or minimum_cents is not None else None,
        target_type=method.target_type,
        allocation=method.allocation,
        max_quantity=method.max_quantity,
        minimum_item_total_cents=minimum_cents,
        status=body.status,
        is_automatic=body.is_automatic,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        usage_limit=body.usage_limit,
        usage_limit_per_customer=body.usage_limit_per_customer,
        product_ids=chosen.get("product_ids", ()),
        category_ids=chosen.get("category_ids", ()),
        collection_ids=chosen.get("collection_ids", ()),
    )


def promotion_out(promotion: Promotion) -> PromotionOut:
    """One promotion, its scopes loaded."""
    code = promotion.currency_code
    minimum_cents = promotion.minimum_item_total_cents
    return PromotionOut(
        id=promotion.id,
        code=promotion.code,
        status=promotion.status,
        is_automatic=promotion.is_automatic,
        application_method=_method_out(promotion),
        starts_at=promotion.starts_at,
        ends_at=promotion.ends_at,
        usage_limit=promotion.usage_limit,
        usage_limit_per_customer=promotion.usage_limit_per_customer,
        used=promotion.used_count,
        minimum_item_total=to_wire(minimum_cents, code) if minimum_cents is not None and code else None,
        created_at=promotion.created_at,
        updated_at=promotion.updated_at,
    )


def _method_out(promotion: Promotion) -> MethodOut:
    code = promotion.currency_code
    amount = to_wire(promotion.amount_cents, code) if promotion.amount_cents is not None and code else None
    return MethodOut(
        type=promotion.type,
        value=amount if amount is not None else promotion.percentage or Decimal(0),
        currency_code=code,
        target_type=promotion.target_type,
        allocation=promotion.allocation,
        max_quantity=promotion.max_quantity,
        target_rules=_rules_out(promotion),
    )


def _rules_out(promotion: Promotion) -> list[TargetRuleOut]:
    found: dict[Attribute, Sequence[str | None]] = {
        "items.product.id": [scope.product_id for scope in promotion.scopes],
        "items.product.categories.id": [scope.category_id for scope in promotion.scopes],
        "items.product.collection_id": [scope.collection_id for scope in promotion.scopes],
    }
    chosen = {attribute: [value for value in values if value] for attribute, values in found.items()}
    return [
        TargetRuleOut(attribute=attribute, values=[RuleValueOut(value=value) for value in values])
        for attribute, values in chosen.items()
        if values
    ]
