"""Price lists as Medusa's Admin reads them, with what the law compares a reduction with (french-rules §2.6)."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from app.core.bodies import PageOut
from app.core.money import WireAmount, to_wire
from app.core.wire import WireInstant
from app.pricing.models import PriceList, PriceListPrice
from app.pricing.rules import PriorPrice

# The prior price of a variant, by variant id and currency.
PriorPrices = Mapping[tuple[str, str], PriorPrice]


class ListPriceOut(BaseModel):
    """One price of a list. `prior_amount`: the lowest of the thirty days before, which a sale is shown against."""

    id: str
    price_list_id: str
    variant_id: str
    currency_code: str
    amount: WireAmount
    prior_amount: WireAmount | None
    created_at: WireInstant
    updated_at: WireInstant


class PriceListOut(BaseModel):
    """A list; `rules` are always empty: a list is for everybody, or (`is_public: false`) for customers with account."""

    id: str
    title: str
    description: str
    type: str
    status: str
    is_public: bool
    starts_at: WireInstant
    ends_at: WireInstant | None
    rules: dict[str, str] = {}
    rules_count: int = 0
    prices: list[ListPriceOut]
    created_at: WireInstant
    updated_at: WireInstant


class PriceListAnswer(BaseModel):
    """Medusa's envelope."""

    price_list: PriceListOut


class PriceListsAnswer(PageOut):
    """A page of lists."""

    price_lists: list[PriceListOut]


class RemovedPricesOut(BaseModel):
    """The prices that a batch took out of a list."""

    ids: list[str]
    object: str = "price"
    deleted: bool = True


class PriceBatchAnswer(BaseModel):
    """What a batch came to."""

    created: list[ListPriceOut]
    updated: list[ListPriceOut]
    deleted: RemovedPricesOut


def list_price_out(price: PriceListPrice, prior: PriorPrices) -> ListPriceOut:
    """One price of a list."""
    code = price.currency_code
    compared = prior.get((price.variant_id, code), PriorPrice(None)).amount_cents
    return ListPriceOut(
        id=price.id,
        price_list_id=price.price_list_id,
        variant_id=price.variant_id,
        currency_code=code,
        amount=to_wire(price.amount_cents, code),
        prior_amount=None if compared is None else to_wire(compared, code),
        created_at=price.created_at,
        updated_at=price.updated_at,
    )


def price_list_out(price_list: PriceList, prices: Sequence[PriceListPrice], prior: PriorPrices) -> PriceListOut:
    """A list with its prices."""
    return PriceListOut(
        id=price_list.id,
        title=price_list.title,
        description=price_list.description,
        type=price_list.type,
        status=price_list.status,
        is_public=price_list.is_public,
        starts_at=price_list.starts_at,
        ends_at=price_list.ends_at,
        prices=[list_price_out(price, prior) for price in prices],
        created_at=price_list.created_at,
        updated_at=price_list.updated_at,
    )
