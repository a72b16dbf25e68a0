"""The lines of an imported order. What is not in the catalogue any more gets an archived product to stand for it."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.catalogue.models import Product, ProductVariant
from app.core.ids import new_id
from app.medusa_import import queries
from app.medusa_import.errors import LeftOut
from app.medusa_import.record_taken import Figure, Taking
from app.medusa_import.rules import NO_CODE, SoldLine, compute_cents, compute_progress
from app.medusa_import.schemas_order import ItemIn, MethodIn, TaxLineIn
from app.orders.models import (
    Order,
    OrderLine,
    OrderLineAdjustment,
    OrderShippingAdjustment,
    OrderShippingMethod,
)
from app.promotions.models import Promotion
from app.promotions.rules import fold_code
from app.shipping.models import ShippingOption

GONE = "gone_variant"
OPTION = "medusa"


def place_lines(
    taking: Taking, order: Order, items: Sequence[ItemIn], sold: Sequence[SoldLine]
) -> dict[str, OrderLine]:
    """The lines, by the id of Medusa's item."""
    variants = {item.id: _variant(taking, item) for item in items}
    products = queries.list_product_ids(taking.session, set(variants.values()))
    lines = {}
    for position, (item, line) in enumerate(zip(items, sold, strict=True)):
        variant_id = variants[item.id]
        lines[item.id] = _line(taking, order, position, item, line, variant_id, products[variant_id])
    taking.session.add_all(lines.values())
    taking.session.flush()  # the reductions refer to them
    for item, line in zip(items, sold, strict=True):
        for reduction in line.reductions:
            promotion_id = _promotion(taking, reduction.code, order.currency_code)
            taking.session.add(
                OrderLineAdjustment(
                    id=new_id("ordliadj"),
                    order_line_id=lines[item.id].id,
                    promotion_id=promotion_id,
                    code=reduction.code,
                    amount_cents=reduction.cents,
                )
            )
    return lines


def _line(
    taking: Taking, order: Order, position: int, item: ItemIn, sold: SoldLine, variant_id: str, product_id: str
) -> OrderLine:
    progress = compute_progress(item, sold.quantity)
    if item.detail.return_requested_quantity:
        taking.note("return_open_there", kind="order_line", external_id=item.id)
    return OrderLine(
        id=new_id("ordli"),
        order_id=order.id,
        position=position,
        product_id=product_id,
        variant_id=variant_id,
        quantity=sold.quantity,
        unit_price_cents=sold.unit_price_cents,
        compare_at_unit_price_cents=_compare_at(item, order.currency_code),
        product_title=item.product_title or item.title,
        product_handle=item.product_handle or "",
        product_subtitle=item.product_subtitle,
        product_description=item.product_description,
        variant_title=item.variant_title or item.title,
        variant_sku=item.variant_sku,
        thumbnail=item.thumbnail,
        requires_shipping=item.requires_shipping,
        **_tax(item.tax_lines, sold),
        details=item.metadata,
        fulfilled_quantity=progress.fulfilled,
        shipped_quantity=progress.shipped,
        delivered_quantity=progress.delivered,
        return_received_quantity=progress.received_back,
        return_dismissed_quantity=progress.dismissed,
        created_at=order.created_at,
    )


def _compare_at(item: ItemIn, currency_code: str) -> int | None:
    """What the price was shown as reduced from; one that does not fit is not shown any more."""
    if item.compare_at_unit_price is None:
        return None
    try:
        return compute_cents(item.compare_at_unit_price, currency_code)
    except LeftOut:
        return None


def _tax(tax_lines: Sequence[TaxLineIn], sold: SoldLine) -> dict[str, object]:
    first = tax_lines[0] if tax_lines else None
    return {
        "tax_code": (first.code or "vat") if first else None,
        "tax_name": (first.description or first.code or "VAT") if first else None,
        "tax_rate": sold.rate,
    }


def _variant(taking: Taking, item: ItemIn) -> str:
    """The variant that was sold, or what stands for one that is gone."""
    found = taking.find("variant", item.variant_id)
    if found is not None:
        return found
    external_id = item.variant_id or f"title:{item.title}"
    known = taking.find(GONE, external_id)
    if known is not None:
        return known
    taking.note("product_gone", external_id, kind="order_line", external_id=item.id)
    made = _archive(taking.session, taking.run.source, external_id, item)
    taking.keep(made, Figure(GONE), external_id=external_id)
    return made


def _archive(session: Session, source: str, external_id: str, item: ItemIn) -> str:
    """An archived product nobody sees, with the names that were sold; its lines keep their own copies."""
    mark = sha256(f"{source} {external_id}".encode()).hexdigest()[:16]
    product = Product(
        id=new_id("prod"),
        title=item.product_title or item.title or "-",
        handle=f"medusa-{mark}",
        status="archived",
        external_id=item.product_id,
    )
    session.add(product)
    session.flush()  # the variant refers to it
    variant = ProductVariant(
        id=new_id("variant"), product_id=product.id, title=item.variant_title or item.title or "-", manages_stock=False
    )
    session.add(variant)
    session.flush()  # lines refer to it
    return variant.id


def place_method(taking: Taking, order: Order, methods: Sequence[MethodIn], sold: SoldLine) -> None:
    """How the order travelled; the option is one that is never offered."""
    session = taking.session
    made = OrderShippingMethod(
        id=new_id("ordsm"),
        order_id=order.id,
        shipping_option_id=_option(session, order),
        name=" + ".join(each.name for each in methods),
        amount_cents=sold.unit_price_cents,
        **_tax(methods[0].tax_lines, sold),
        data=None,
    )
    session.add(made)
    session.flush()  # the reductions refer to it
    taken: dict[str, int] = {}
    for reduction in sold.reductions:
        taken[reduction.code] = taken.get(reduction.code, 0) + reduction.cents
    for code, cents in sorted(taken.items()):
        promotion_id = _promotion(taking, code, order.currency_code)
        session.add(
            OrderShippingAdjustment(
                id=new_id("ordsmadj"),
                order_shipping_method_id=made.id,
                promotion_id=promotion_id,
                code=code,
                amount_cents=cents,
            )
        )


def _option(session: Session, order: Order) -> str:
    known = select(ShippingOption.id).where(
        ShippingOption.region_id == order.region_id, ShippingOption.code == "medusa"
    )
    found = session.scalar(known)
    if found is not None:
        return found
    made = ShippingOption(
        id=new_id("so"),
        region_id=order.region_id,
        code=OPTION,
        name="Medusa",
        amount_cents=0,
        currency_code=order.currency_code,
        is_active=False,
    )
    session.add(made)
    session.flush()  # the way of sending refers to it
    return made.id


def _promotion(taking: Taking, code: str, currency_code: str) -> str:
    """The promotion of this code, or an inactive one that stands for it: what it took off stands in the orders."""
    folded = fold_code(code) or fold_code(NO_CODE)
    stand_in = insert(Promotion).values(
        id=new_id("promo"),
        code=code,
        folded_code=folded,
        status="inactive",
        type="fixed",
        amount_cents=1,
        currency_code=currency_code,
        target_type="order",
        allocation="across",
    )
    taking.session.execute(stand_in.on_conflict_do_nothing(index_elements=["folded_code"]))
    return taking.session.scalars(select(Promotion.id).where(Promotion.folded_code == folded)).one()
