"""Ways to send in the store: at the price of the cart that asks (store-api §6)."""

from app.core.db import Json
from app.core.money import WireAmount, to_wire
from app.shipping.schemas import ShownOptionOut, price_id_of, shown_option_values
from app.shipping.service import Offer
from app.shop.models import TaxRate
from app.store_api.shapes_product import CalculatedPriceOut, price_shown


class ShippingOptionOut(ShownOptionOut):
    """A way to send, at the price of the cart that asked."""

    amount: WireAmount
    is_tax_inclusive: bool
    rules: list[Json]
    calculated_price: CalculatedPriceOut
    insufficient_inventory: bool


def shipping_option_out(offer: Offer, tax: TaxRate | None, *, is_short: bool) -> ShippingOptionOut:
    """An option at a cart's price; `is_short`: not all of the cart is on the shelf."""
    option = offer.option
    code, price_id = option.currency_code, price_id_of(option)
    return ShippingOptionOut.model_validate(
        {
            **shown_option_values(option),
            "amount": to_wire(offer.amount_cents, code),
            "is_tax_inclusive": True,
            "rules": [],
            "calculated_price": price_shown(price_id, option.id, offer.amount_cents, code, tax),
            "insufficient_inventory": is_short,
        }
    )
