"""`comptoir products`: what the shop sells, whatever its state. Amounts are in cents."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from app.catalogue.list_products import ProductFilter, list_product_ids
from app.catalogue.models import Product
from app.catalogue.queries import Page, get_product, get_product_id, list_products
from app.catalogue.update_product import set_status
from app.cli import products_families, products_images, products_price
from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.money import show_cents
from app.cli.output import JsonOption, print_json, print_line
from app.cli.products_import import export_file, import_file
from app.core.db import unit_of_work
from app.pricing.models import Price
from app.pricing.queries import list_prices

app = typer.Typer(no_args_is_help=True)
app.add_typer(products_price.app, name="price")
app.add_typer(products_families.app, name="families")
app.add_typer(products_images.app, name="images")
app.command(
    help=french_or_english(
        "Donner aux produits les étiquettes que disent leurs métadonnées ; relancer ne change rien.",
        "Give products the tags that their metadata says; a second run changes nothing.",
    )
)(products_families.tags)


class Status(StrEnum):
    """Where a product stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


ProductArgument = Annotated[
    str, typer.Argument(help=french_or_english("Produit : adresse, SKU ou identifiant", "Product: handle, SKU or id"))
]
WordsArgument = Annotated[
    list[str], typer.Argument(help=french_or_english("Titre, SKU, code-barres…", "Title, SKU, barcode…"))
]
StatusOption = Annotated[Status | None, typer.Option("--status", help=french_or_english("Son état", "Its status"))]
ReasonOption = Annotated[str, typer.Option("--reason", help=french_or_english("Pourquoi", "Why"))]
MostOption = Annotated[int, typer.Option("-n", min=1, max=1000, help=french_or_english("Au plus", "At most"))]


@app.command(
    "list", help=french_or_english("Les produits, du plus récent au plus ancien.", "The products, newest first.")
)
def list_all(status: StatusOption = None, most: MostOption = 50, as_json: JsonOption = False) -> None:
    _print_found(ProductFilter(None, statuses=_statuses(status)), Page(most, 0, "-created_at"), as_json)


@app.command(help=french_or_english("Chercher parmi tous les produits.", "Search all products."))
def find(words: WordsArgument, status: StatusOption = None, most: MostOption = 50, as_json: JsonOption = False) -> None:
    _print_found(ProductFilter(None, text=" ".join(words), statuses=_statuses(status)), Page(most, 0), as_json)


@app.command(help=french_or_english("Un produit, ses variantes et leurs prix.", "A product, its variants and prices."))
def show(named: ProductArgument, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        product = get_product(session, get_product_id(session, named))
        prices = list_prices(session, [variant.id for variant in product.variants])
    print_product(product, prices, as_json=as_json)


@app.command(
    help=french_or_english(
        "Publier : il faut une variante, un prix par variante, une image et un taux de TVA.",
        "Publish: it takes a variant, a price for each, a picture and a VAT rate.",
    )
)
def publish(named: ProductArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    _set_status(named, Status.PUBLISHED, reason, as_json)


@app.command(
    help=french_or_english(
        "Retirer de la vente pour de bon ; un produit qui a des commandes ne se supprime pas.",
        "Take it off sale for good; a product that has orders is not deleted.",
    )
)
def archive(named: ProductArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    _set_status(named, Status.ARCHIVED, reason, as_json)


@app.command(help=french_or_english("Remettre en brouillon : plus visible.", "Draw back to draft: no longer visible."))
def draft(named: ProductArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    _set_status(named, Status.DRAFT, reason, as_json)


app.command(
    "import",
    help=french_or_english(
        "Créer et modifier par un fichier CSV : produits, prix (--kind prices) ou stock (--kind stock).",
        "Create and change by a CSV file: products, prices (--kind prices) or stock (--kind stock).",
    ),
)(import_file)
app.command(
    "export",
    help=french_or_english(
        "Écrire un fichier CSV qu'import relit : produits, prix ou stock.",
        "Write a CSV file that import reads: products, prices or stock.",
    ),
)(export_file)


def print_product(product: Product, prices: Sequence[Price], *, as_json: bool) -> None:
    """All of a product, with what its variants cost."""
    if as_json:
        print_json(_describe_whole(product, prices))
        return
    _print_product(product)
    for variant in product.variants:
        amounts = [
            show_cents(each.amount_cents, each.currency_code) for each in prices if each.variant_id == variant.id
        ]
        asked = ", ".join(amounts) or french_or_english("sans prix", "no price")
        print_line(f"  {variant.id}  {variant.sku or '-'}  {variant.title}  {asked}")


def _set_status(named: str, status: Status, reason: str, as_json: bool) -> None:
    with acting_as_caller(), unit_of_work() as session:
        product = set_status(session, get_product_id(session, named), status.value, reason=reason or None)
    if as_json:
        print_json(_describe(product))
    else:
        _print_product(product)


def _statuses(status: Status | None) -> tuple[str, ...]:
    return (status.value,) if status else ()


def _print_found(wanted: ProductFilter, page: Page, as_json: bool) -> None:
    with acting_as_caller(), unit_of_work() as session:
        product_ids, _ = list_product_ids(session, wanted, page)
        found = list_products(session, product_ids)
    if as_json:
        print_json([_describe(each) for each in found])
        return
    for each in found:
        _print_product(each)
    if not found:
        print_line(french_or_english("Aucun produit.", "No product."))


def _describe(product: Product) -> dict[str, object]:
    names = ("id", "handle", "title", "status", "created_at", "updated_at", "published_at")
    return {
        **{name: getattr(product, name) for name in names},
        "skus": [variant.sku for variant in product.variants],
        "tags": sorted(tag.value for tag in product.tags),
    }


def _describe_whole(product: Product, prices: Sequence[Price]) -> dict[str, object]:
    variants = [
        {
            "id": variant.id,
            "sku": variant.sku,
            "title": variant.title,
            "prices": [
                {"currency_code": each.currency_code, "amount_cents": each.amount_cents}
                for each in prices
                if each.variant_id == variant.id
            ],
        }
        for variant in product.variants
    ]
    beside = {"images": [image.url for image in product.images], "metadata": product.details}
    return {**_describe(product), "variants": variants, **beside}


def _print_product(product: Product) -> None:
    print_line(f"{product.created_at:%Y-%m-%d}  {product.id}  {product.handle}  {product.status}  {product.title}")
