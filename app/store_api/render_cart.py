"""Carts as JSON documents (store-api §5), written straight: a storefront reads its cart on every page."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.carts.models import Cart, CartShippingMethod
from app.carts.queries import CartContents, LineContents, Reduction
from app.carts.rules import ChargeTotals
from app.carts.schemas import charge_cents, totals_cents
from app.catalogue.schemas import product_summary_values, variant_values
from app.core.fields import FieldTree
from app.core.masking import masked_email
from app.core.money import to_wire_number
from app.core.wire import absolute_url
from app.customers.models import AddressColumns
from app.customers.schemas import ADDRESS_FIELDS
from app.payments.schemas import PaymentCollectionOut
from app.promotions.models import Promotion
from app.shop.models import Region, TaxRate
from app.store_api.masking import masked_address
from app.store_api.render_rows import Document, write_instant


@dataclass(frozen=True)
class Beside:
    """What a cart shows that is not its own: its region, and what is owed for it once somebody asked."""

    region: Document
    collection: PaymentCollectionOut | None = None


def render_cart(contents: CartContents, beside: Beside, tree: FieldTree) -> Document:
    """A cart with all that shows it, as far as the caller keeps it; `payment_collection` is absent until there is one.

    Products and variants of its lines come when they are named.
    """
    cart, code = contents.cart, contents.cart.currency_code
    document = {**_own_values(cart), **_money(totals_cents(contents.totals), code), **_personal_values(contents)}
    if tree.keeps("items"):
        below = tree.below("items")
        wanted = tree.wants("items.product"), tree.wants("items.variant")
        charged = zip(contents.lines, contents.totals.items, strict=True)
        document["items"] = [_line(line, charge, code, wanted, below) for line, charge in charged]
    method = cart.shipping_method
    document["shipping_methods"] = [_shipping_method(method, contents)] if method else []
    if tree.keeps("region"):
        document["region"] = beside.region
    document["promotions"] = [_promotion(promotion) for promotion in contents.promotions]
    document["credit_lines"] = []
    if beside.collection is not None:
        document["payment_collection"] = beside.collection.model_dump(mode="json")
    return document


def _money(amounts: dict[str, int], currency_code: str) -> Document:
    return {name: to_wire_number(cents, currency_code) for name, cents in amounts.items()}


def _own_values(cart: Cart) -> Document:
    return {
        "id": cart.id,
        "currency_code": cart.currency_code,
        "locale": cart.locale,
        "region_id": cart.region_id,
        "sales_channel_id": cart.sales_channel_id,
        "customer_id": cart.customer_id,
        "metadata": cart.details,
        "created_at": write_instant(cart.created_at),
        "updated_at": write_instant(cart.updated_at),
        "completed_at": write_instant(cart.completed_at) if cart.completed_at else None,
        "shipping_address_id": cart.shipping_address_id,
        "billing_address_id": cart.billing_address_id,
    }


def _personal_values(contents: CartContents) -> Document:
    """In the open while a buyer fills the form in; masked like the order's once the cart is completed."""
    cart = contents.cart
    is_open = cart.completed_at is None
    show_address = _address if is_open else _masked_address
    email = cart.email if is_open else masked_email(cart.email)
    return {
        "email": email,
        "shipping_address": show_address(cart.shipping_address_id, cart.shipping_address),
        "billing_address": show_address(cart.billing_address_id, cart.billing_address),
        "customer": {"id": cart.customer_id, "email": email or "", "groups": []} if cart.customer_id else None,
    }


def _address(address_id: str | None, address: AddressColumns | None) -> Document | None:
    if address is None:
        return None
    columns = {name: getattr(address, name) for name in ADDRESS_FIELDS}
    return {"id": address_id, **columns, "metadata": address.details}


def _masked_address(address_id: str | None, address: AddressColumns | None) -> Document | None:
    shown = masked_address(address_id, address)
    return shown.model_dump(mode="json") if shown else None


def _line(
    content: LineContents, charge: ChargeTotals, code: str, wanted: tuple[bool, bool], below: FieldTree
) -> Document:
    line, variant, product = content.line, content.variant, content.product
    compare_at_cents = line.compare_at_unit_price_cents
    document = {
        "id": line.id,
        "cart_id": line.cart_id,
        **_money(charge_cents(charge), code),
        "quantity": line.quantity,
        "unit_price": to_wire_number(line.unit_price_cents, code),
        "compare_at_unit_price": None if compare_at_cents is None else to_wire_number(compare_at_cents, code),
        "is_tax_inclusive": True,
        "is_discountable": product.is_discountable,
        "is_giftcard": product.is_giftcard,
        "is_custom_price": False,
        "requires_shipping": variant.requires_shipping,
        "metadata": line.details or {},
        "created_at": write_instant(line.created_at),
        "updated_at": write_instant(line.updated_at),
        "tax_lines": _tax_lines("calitxl", line.id, content.tax, charge, code),
        "adjustments": _adjustments(content.reductions, code),
        **_copied_values(content),
    }
    wants_product, wants_variant = wanted
    if wants_product:
        document["product"] = _plain(product_summary_values(product))
    if wants_variant:
        shown = _plain(variant_values(variant, product))
        if below.wants("variant.product"):
            shown["product"] = _plain(product_summary_values(product))
        document["variant"] = shown
    return document


def _plain(values: dict[str, object]) -> Document:
    """The same with its instants as text."""
    instants = {name: write_instant(values[name]) for name in ("created_at", "updated_at")}
    return {**values, **instants, "deleted_at": None}


def _copied_values(content: LineContents) -> Document:
    """What a line repeats of its product and variant."""
    variant, product = content.variant, content.product
    return {
        "title": product.title,
        "subtitle": variant.title,
        "thumbnail": absolute_url(variant.thumbnail or product.thumbnail),
        "variant_id": variant.id,
        "variant_title": variant.title,
        "variant_sku": variant.sku,
        "variant_barcode": variant.barcode,
        "variant_option_values": content.names.option_values,
        "product_id": product.id,
        "product_title": product.title,
        "product_description": product.description,
        "product_subtitle": product.subtitle,
        "product_handle": product.handle,
        "product_type": content.names.product_type,
        "product_type_id": product.type_id,
        "product_collection": content.names.product_collection,
    }


def _tax_lines(prefix: str, owner_id: str, tax: TaxRate | None, charge: ChargeTotals, code: str) -> list[Document]:
    """The VAT of a charge; none as long as no country is known."""
    if tax is None:
        return []
    return [
        {
            "id": f"{prefix}_{owner_id.partition('_')[2]}",
            "description": tax.name,
            "code": tax.code,
            "rate": float(tax.rate),
            "provider_id": "system",
            "total": to_wire_number(charge.tax_cents, code),
            "subtotal": to_wire_number(charge.original_tax_cents, code),
        }
    ]


def _adjustments(reductions: Sequence[Reduction], code: str) -> list[Document]:
    return [
        {
            "id": reduction.id,
            "code": reduction.code,
            "promotion_id": reduction.promotion_id,
            "amount": to_wire_number(reduction.amount_cents, code),
            "is_tax_inclusive": True,
        }
        for reduction in reductions
    ]


def _shipping_method(method: CartShippingMethod, contents: CartContents) -> Document:
    charge, code = contents.totals.shipping[0], contents.cart.currency_code
    return {
        "id": method.id,
        "cart_id": method.cart_id,
        **_money(charge_cents(charge), code),
        "shipping_option_id": method.shipping_option_id,
        "name": method.name,
        "description": None,
        "amount": to_wire_number(method.amount_cents, code),
        "is_tax_inclusive": True,
        # Where the carrier leaves it, such as a relay point; an id alone does not tell once it is bought.
        "data": (method.data or {}) if contents.cart.completed_at is None else {},
        "metadata": None,
        "tax_lines": _tax_lines("casmtxl", method.id, contents.shipping_tax, charge, code),
        "adjustments": _adjustments(contents.shipping_reductions, code),
    }


def render_region(region: Region) -> Document:
    """A region whose countries are loaded."""
    return {
        "id": region.id,
        "name": region.name,
        "currency_code": region.currency_code,
        "automatic_taxes": True,
        "metadata": None,
        "created_at": write_instant(region.created_at),
        "updated_at": write_instant(region.updated_at),
        "deleted_at": None,
        "countries": [
            {
                "iso_2": country.iso_2,
                "iso_3": country.iso_3,
                "num_code": country.num_code,
                "name": country.display_name.upper(),
                "display_name": country.display_name,
                "region_id": country.region_id,
            }
            for country in region.countries
        ],
    }


def _promotion(promotion: Promotion) -> Document:
    """What it takes off; how often it may be used, by whom and until when is the shop's business."""
    value: float
    if promotion.percentage is not None:
        value = float(promotion.percentage)
    else:
        value = to_wire_number(promotion.amount_cents or 0, promotion.currency_code or "")
    return {
        "id": promotion.id,
        "code": promotion.code,
        "type": "standard",
        "is_automatic": promotion.is_automatic,
        "is_tax_inclusive": True,
        "application_method": {
            "id": f"proappmet_{promotion.id.partition('_')[2]}",
            "type": promotion.type,
            "value": value,
            "currency_code": promotion.currency_code,
            "target_type": promotion.target_type,
            "allocation": promotion.allocation,
            "max_quantity": promotion.max_quantity,
        },
    }
