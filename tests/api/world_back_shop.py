"""What the Admin's routes name in their paths and bodies, one function per noun; see `tests/api/world.py`."""

from datetime import timedelta
from typing import TYPE_CHECKING

from app.admin_api.shapes_stock import LOCATION_ID, item_id_of
from app.catalogue.check_metadata import FamilyDefinition, PropertyRule
from app.catalogue.service import create_collection, create_tag, create_type
from app.catalogue.set_family import set_family
from app.checkout.record_manual_payment import record_manual_payment
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.files.create_picture import create_picture
from app.files.service import store_private
from app.fulfilment.rules import Packed
from app.fulfilment.service import create_fulfilment
from app.imports.compare_file import compare_file
from app.imports.export_run import export_run
from app.imports.service import add_file, create_run
from app.invoices.queries import find_invoice_of_order
from app.orders.queries import get_order, get_order_row
from app.payments.queries import list_payments
from app.pricing.schedule_prices import create_scheduled_prices
from app.pricing.service import NewPrice
from app.returns.draft_return import open_draft
from app.returns.service import create_reason
from app.stock.service import reserve
from tests.factories import pictures
from tests.factories.catalogue import make_product
from tests.factories.pricing import make_price_list
from tests.factories.promotions import make_promotion

if TYPE_CHECKING:
    from tests.api.world import World


def add_back_shop(world: "World") -> None:
    """One of everything that staff works with: its id by the word before it in a path."""
    world.bodies["role"] = "staff"
    add_catalogue(world)
    add_stock(world)
    add_orders(world)
    add_prices(world)
    add_files_of_lines(world)
    add_files(world)
    add_returns(world)


def add_catalogue(world: "World") -> None:
    """What the product that everybody buys is sorted by, and a family whose metadata is checked."""
    with unit_of_work("test") as session:
        tag, kind = create_tag(session, "nouveau"), create_type(session, "lunettes")
        collection = create_collection(session, "Hiver", "hiver")
        set_family(session, "lunettes", FamilyDefinition(properties={"brand": PropertyRule(type="string")}))
    world.ids |= {
        "variants": str(world.bodies["variant_id"]),
        "options": world.ids["product-options"],
        "product-tags": tag.id,
        "product-types": kind.id,
        "collections": collection.id,
        "product-families": "lunettes",
    }


def add_orders(world: "World") -> None:
    """A paid order with a parcel that is packed, and whoever bought it."""
    order_id = world.ids["orders"]
    with unit_of_work("test") as session:
        order = get_order(session, order_id)
        order.paid_at = order.created_at
        session.flush()  # the database asks whether it is paid
        parcel = create_fulfilment(session, order_id, [Packed(order.lines[0].id, 1)])
        world.ids |= {
            "fulfillments": parcel.id,
            "customers": str(order.customer_id),
            "sales-channels": str(order.sales_channel_id),
            "stores": "store_1",
            "currencies": "eur",
        }


def add_stock(world: "World") -> None:
    """Pieces of a product that nobody in these tests buys, one of them promised."""
    with unit_of_work("test") as session:
        made = make_product(session, str(world.bodies["sales_channel_id"]), handle="compte")
        variant_id = made.variants[0].id
        reserve(session, "cart_of_somebody", {variant_id: 1})
    world.ids |= {
        "inventory-items": item_id_of(variant_id),
        "location-levels": LOCATION_ID,
        "stock-locations": LOCATION_ID,
        "reservations": f"resitem_cart_of_somebody.{variant_id}",
    }


def add_prices(world: "World") -> None:
    """A list of other prices, a planned price and a promotion, of a product that nobody in these tests buys."""
    with unit_of_work("test") as session:
        made = make_product(session, str(world.bodies["sales_channel_id"]), handle="solde")
        variant_id = made.variants[0].id
        listed = make_price_list(session, variant_id, 30_000, list_type="override")
        tomorrow = utc_now() + timedelta(days=1)
        planned = create_scheduled_prices(session, [NewPrice(variant_id, "eur", 30_000)], tomorrow)
        promotion = make_promotion(session, "MONDE")
    world.ids |= {
        "price-lists": listed.id,
        "scheduled-prices": planned[0].id,
        "promotions": promotion.id,
    }
    world.bodies |= {"applies_at": tomorrow.isoformat(), "attribute": "items.product.id"}


def add_files_of_lines(world: "World") -> None:
    """An import that is checked and waits for its word, a link that waits for its file, and an export."""
    line = b"product_handle;product_title;variant_option_1_name;variant_option_1_value\nfichier;Fichier;Taille;Unique\n"
    with unit_of_work("test") as session:
        run, expected = create_run(session, "products"), create_run(session, "products", state="expected")
        add_file(session, run, [line])
        exported = create_run(session, "products", direction="export")
    assert compare_file(run.id).state == "checked"
    export_run(exported.id)
    world.ids |= {"imports": run.id, "import": expected.id, "exports": exported.id}
    world.bodies |= {"file_key": expected.id, "originalname": "produits.csv"}


def add_invoice(world: "World", order_id: str) -> None:
    """Of an order that a guest paid by transfer; who sells is said by whoever may."""
    with unit_of_work("test") as session:
        order = get_order_row(session, order_id)
        payment = list_payments(session, order.payment_collection_id)[0]
        record_manual_payment(session, payment.id, "owner")
    with unit_of_work("test") as session:
        invoice = find_invoice_of_order(session, order_id)
    assert invoice is not None
    world.ids["invoices"] = invoice.id
    world.bodies |= {
        "legal_name": "Boutique",
        "legal_form": "SARL",
        "siret": "12345678200002",
        "address_1": "1 rue de l'Exemple",
        "postal_code": "69001",
        "city": "Lyon",
    }


def add_files(world: "World") -> None:
    """A picture that nothing shows yet, and a private document."""
    picture = create_picture(pictures.encoded(pictures.halves(8, 6), "PNG"), "image.png")
    with unit_of_work("test") as session:
        document = store_private(session, b"document", "application/pdf", "document.pdf")
    world.ids |= {"uploads": picture.id, "files": document.id}


def add_returns(world: "World") -> None:
    """A return that somebody of the shop began to write down, and a reason that no return has."""
    with unit_of_work("test") as session:
        draft = open_draft(session, world.ids["orders"])
        reason = create_reason(session, "monde", "De ce monde")
    world.ids |= {"returns": draft.id, "return-reasons": reason.id}
    world.bodies |= {"proof_of_dispatch": "8R00000000000", "shipping_option_id": world.bodies["option_id"]}
