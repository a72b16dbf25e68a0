"""The document of an invoice: everything it says, as it was when the number was given, in plain values.

The PDF and its XML are made of this alone, years later too. Days are ISO 8601, amounts integer cents.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.core.clock import utc_now
from app.core.db import Json
from app.invoices.rules import (
    NetPart,
    Part,
    RateSum,
    compute_net_parts,
    compute_rate_sums,
    compute_treatment,
)
from app.orders.compute_totals import compute_order_totals
from app.orders.models import Order, OrderAddress, OrderLine, OrderShippingMethod
from app.shop.models import Seller
from app.shop.rules import compute_business_day

NOUGHT = Decimal("0.00")
FORMAT = "comptoir-invoice-1"
SELLER = (
    "legal_name", "legal_form", "siren", "siret", "registration", "vat_number", "address_1", "address_2",
    "postal_code", "city", "country_code", "capital", "is_sole_trader", "pays_vat_on_debits",
)  # fmt: skip
# What a business says of itself in the metadata of its cart, and what each must look like to be printed.
BUYER_KEYS = {
    "siren": re.compile(r"[0-9]{9}"),
    "vat_number": re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}"),
    "purchase_order": re.compile(r"[^\x00-\x1f]{1,60}"),
}


@dataclass(frozen=True)
class Surroundings:
    """What an invoice says beside its order. `home_rate` in percent: for what was sold to a country nobody named."""

    seller: Seller
    shop_name: str
    provider_id: str | None
    home_rate: Decimal = NOUGHT


def describe_invoice(order: Order, around: Surroundings) -> Json:
    """What the invoice of a whole order says; its number, day and seal are added as it is issued."""
    parts = list_parts(order, around.home_rate)
    sums = compute_rate_sums(parts)
    nets = compute_net_parts(parts, sums)
    names = [*map(_name_line, order.lines), *map(_name_method, order.shipping_methods)]
    return {
        **_describe_around(order, around.seller, around.shop_name),
        "kind": "invoice",
        "paid_on": compute_business_day(order.paid_at or utc_now()).isoformat(),
        "paid_by": around.provider_id if order.total_cents else None,
        "corrects": None,
        "about": None,
        "lines": [{**name, **_describe_part(part, net)} for name, part, net in zip(names, parts, nets, strict=True)],
        **describe_sums(sums),
    }


def describe_sums(sums: Sequence[RateSum]) -> Json:
    """The amounts by rate, and in all."""
    return {
        "rates": [
            {
                **_describe_treatment(each),
                "net_cents": each.net_cents,
                "tax_cents": each.tax_cents,
                "total_cents": each.total_cents,
            }
            for each in sums
        ],
        "net_cents": sum(each.net_cents for each in sums),
        "tax_cents": sum(each.tax_cents for each in sums),
        "total_cents": sum(each.total_cents for each in sums),
    }


def describe_correction(invoice: Json, kind: str, corrects: Json, about: str, sums: Sequence[RateSum]) -> Json:
    """What a credit note, or what undoes one, says: all that its invoice said, and one line for each rate."""
    lines = [
        {
            "title": about,
            "detail": None,
            "sku": None,
            "quantity": 1,
            **_describe_treatment(each),
            "gross_net_cents": each.net_cents,
            "net_cents": each.net_cents,
            "total_cents": each.total_cents,
        }
        for each in sums
    ]
    today = compute_business_day(utc_now()).isoformat()
    kept = {name: value for name, value in invoice.items() if name not in ("number", "issued_on", "previous_sha256")}
    return {
        **kept, "kind": kind, "corrects": corrects, "about": about, "paid_on": today, "lines": lines,
        **describe_sums(sums),
    }  # fmt: skip


def _describe_treatment(each: RateSum | Part) -> Json:
    treatment = each.treatment
    return {
        "rate": str(each.rate),
        "category": treatment.category,
        "reason": treatment.reason,
        "reason_code": treatment.reason_code,
    }


def _describe_around(order: Order, seller: Seller, shop_name: str) -> Json:
    billing = order.billing_address or order.shipping_address
    details = order.details or {}
    told = {key: _told(details.get(key), shape) for key, shape in BUYER_KEYS.items()}
    delivery = _describe_address(order.shipping_address) if order.shipping_methods else None
    buyer = _describe_address(billing) or {"name": order.email or ""}
    goods = {line.requires_shipping for line in order.lines}
    return {
        "format": FORMAT,
        "locale": "en" if order.locale.startswith("en") else "fr",
        "currency_code": order.currency_code,
        "order": {
            "id": order.id,
            "display_id": order.display_id,
            "placed_on": compute_business_day(order.created_at).isoformat(),
            "purchase_order": told.pop("purchase_order"),
        },
        "seller": {"shop_name": shop_name, **{name: getattr(seller, name) for name in SELLER}},
        "buyer": {
            **buyer, **told, "is_business": bool(buyer.get("company") or told["siren"] or told["vat_number"]),
        },
        "delivery": delivery if delivery != buyer else None,
        "nature": "both" if len(goods) > 1 else "goods" if True in goods else "services",
    }  # fmt: skip


def _told(value: object, shape: re.Pattern[str]) -> str | None:
    """Metadata is anybody's: what does not look like what it says is left out."""
    said = value.strip() if isinstance(value, str) else ""
    return said if shape.fullmatch(said) else None


def _describe_address(address: OrderAddress | None) -> Json | None:
    if address is None:
        return None
    return {
        "name": " ".join(part for part in (address.first_name, address.last_name) if part) or None,
        **{
            name: getattr(address, name) or None
            for name in ("company", "address_1", "address_2", "postal_code", "city", "province", "country_code")
        },
    }


def country_of(order: Order) -> str | None:
    """Where it goes; of what is not sent, where its buyer lives."""
    address = order.shipping_address or order.billing_address
    return address.country_code if address else None


def lacks_rate(order: Order) -> bool:
    """Whether something was sold of which nobody knew the country."""
    lines = any(line.tax_rate is None for line in order.lines)
    return lines or any(method.tax_rate is None for method in order.shipping_methods)


def list_parts(order: Order, home_rate: Decimal = NOUGHT) -> list[Part]:
    """The lines of a whole order and its way of sending, as VAT sees them; `home_rate` in percent where it has none."""
    totals, country = compute_order_totals(order), country_of(order)
    charged: list[tuple[OrderLine | OrderShippingMethod, int]] = [
        *((line, line.quantity) for line in order.lines),
        *((method, 1) for method in order.shipping_methods),
    ]
    charges = [*totals.items, *totals.shipping]
    return [
        Part(
            quantity=quantity,
            gross_cents=charge.original_total_cents,
            total_cents=charge.total_cents,
            rate=(rate := (home_rate if each.tax_rate is None else each.tax_rate).quantize(NOUGHT)),
            treatment=compute_treatment(each.tax_code, rate, country),
        )
        for (each, quantity), charge in zip(charged, charges, strict=True)
    ]


def _name_line(line: OrderLine) -> Json:
    detail = line.variant_title if line.variant_title != line.product_title else None
    return {"title": line.product_title, "detail": detail, "sku": line.variant_sku}


def _name_method(method: OrderShippingMethod) -> Json:
    return {"title": method.name, "detail": None, "sku": None}


def _describe_part(part: Part, net: NetPart) -> Json:
    return {
        "quantity": part.quantity,
        **_describe_treatment(part),
        "gross_net_cents": net.gross_net_cents,
        "net_cents": net.net_cents,
        "total_cents": part.total_cents,
    }
