"""`comptoir products images`: the pictures of a product; the first is its thumbnail. The worker makes what is shown."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.catalogue.models import Product, ProductImage
from app.catalogue.queries import get_product, get_product_id
from app.catalogue.update_product import changing_product, set_images
from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.db import unit_of_work
from app.core.errors import InvalidRequest
from app.files.create_picture import check_picture, create_picture
from app.files.decide_kind import EXTENSIONS, MOST_UPLOAD_BYTES
from app.files.fetch_picture import fetch_picture, list_shopify_pictures
from app.files.models import StoredFile
from app.files.queries import list_files
from app.files.rules import PUBLIC_PATH, SHOWN_SUFFIX

app = typer.Typer(no_args_is_help=True, help=french_or_english("Les images d'un produit.", "A product's pictures."))

MOST_FILES = 100
TAKEN = frozenset(extension for each in EXTENSIONS.values() for extension in each)

ProductArgument = Annotated[
    str, typer.Argument(help=french_or_english("Produit : adresse, SKU ou identifiant", "Product: handle, SKU or id"))
]
PathsArgument = Annotated[
    list[Path], typer.Argument(help=french_or_english("Images, ou dossiers d'images", "Pictures, or folders of them"))
]
UrlsArgument = Annotated[
    list[str], typer.Argument(help=french_or_english("Adresses des images", "Addresses of the pictures"))
]
ImagesArgument = Annotated[
    list[str], typer.Argument(help=french_or_english("Images, img_..., dans l'ordre", "Pictures, img_..., in order"))
]
ShopifyOption = Annotated[
    bool,
    typer.Option(
        "--shopify", help=french_or_english("Ce sont des pages produit Shopify", "These are Shopify product pages")
    ),
]
ReasonOption = Annotated[str, typer.Option("--reason", help=french_or_english("Pourquoi", "Why"))]


@app.command(
    "list", help=french_or_english("Les images d'un produit et leur état.", "A product's pictures and their state.")
)
def list_all(named: ProductArgument, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        product = get_product(session, get_product_id(session, named))
    print_images(product, as_json=as_json)


@app.command(
    help=french_or_english(
        "Ajouter des images à la suite : JPEG, PNG, WebP, AVIF, GIF, 10 Mo au plus chacune.",
        "Add pictures after the others: JPEG, PNG, WebP, AVIF, GIF, 10 MB each at most.",
    )
)
def add(named: ProductArgument, paths: PathsArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    with acting_as_caller():
        product_id = _find(named)
        brought = [(read_bounded(path), path.name) for path in list_paths(paths)]
        for content, name in brought:
            check_picture(content, name, "")
        taken = [create_picture(content, name) for content, name in brought]
        product = attach(product_id, taken, reason)
    print_images(product, as_json=as_json)


@app.command(
    help=french_or_english(
        "Aller chercher des images sur le web et les ajouter ; jamais à l'intérieur du réseau.",
        "Fetch pictures from the web and add them; never from inside the network.",
    )
)
def fetch(
    named: ProductArgument,
    urls: UrlsArgument,
    shopify: ShopifyOption = False,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    with acting_as_caller():
        product_id = _find(named)
        addresses = [each for url in urls for each in (list_shopify_pictures(url) if shopify else [url])]
        taken = [fetch_picture(url) for url in addresses[:MOST_FILES]]
        product = attach(product_id, taken, reason)
    print_images(product, as_json=as_json)


@app.command(
    help=french_or_english(
        "Mettre ces images en tête, dans cet ordre ; la première est la vignette.",
        "Put these pictures first, in this order; the first is the thumbnail.",
    )
)
def order(
    named: ProductArgument, images: ImagesArgument, reason: ReasonOption = "", as_json: JsonOption = False
) -> None:
    with acting_as_caller(), changed(_find(named), reason) as (session, product):
        chosen = [_get_image(product, each).url for each in images]
        set_images(session, product, [*chosen, *(image.url for image in product.images)])
    print_images(product, as_json=as_json)


@app.command(
    help=french_or_english(
        "Retirer des images du produit ; le fichier reste un mois.",
        "Take pictures off the product; files stay a month.",
    )
)
def remove(
    named: ProductArgument, images: ImagesArgument, reason: ReasonOption = "", as_json: JsonOption = False
) -> None:
    with acting_as_caller(), changed(_find(named), reason) as (session, product):
        gone = {_get_image(product, each).id for each in images}
        set_images(session, product, [image.url for image in product.images if image.id not in gone])
    print_images(product, as_json=as_json)


def attach(product_id: str, taken: Sequence[StoredFile], reason: str) -> Product:
    """Hang pictures behind those that the product has; one that it has already stays in its place."""
    with changed(product_id, reason) as (session, product):
        urls = [f"{PUBLIC_PATH}{each.public_name}{SHOWN_SUFFIX}" for each in taken]
        set_images(session, product, [*(image.url for image in product.images), *urls])
    return product


@contextmanager
def changed(product_id: str, reason: str) -> Iterator[tuple[Session, Product]]:
    """The locked product in a transaction of its own."""
    with unit_of_work() as session, changing_product(session, product_id, reason=reason or None) as product:
        yield session, product


def list_paths(paths: Sequence[Path]) -> list[Path]:
    """The files that are named, and in a folder its pictures by their names; raises `InvalidRequest`."""
    found: list[Path] = []
    for path in paths:
        inside = (
            sorted(each for each in path.iterdir() if each.suffix[1:].lower() in TAKEN) if path.is_dir() else [path]
        )
        found += inside
    if not found or len(found) > MOST_FILES:
        raise InvalidRequest(f"Entre 1 et {MOST_FILES} images / between 1 and {MOST_FILES} pictures")
    return found


def read_bounded(path: Path) -> bytes:
    """A file's bytes, one more than are taken at most; raises `InvalidRequest`."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_UPLOAD_BYTES + 1)
    except OSError:
        raise InvalidRequest(
            f"Illisible pour le compte de la boutique / not readable by the shop's account: {path.name}"
        ) from None


def print_images(product: Product, *, as_json: bool) -> None:
    """The pictures in their order, and what became of each file."""
    with unit_of_work() as session:
        files = {each.id: each for each in list_files(session, [image.file_id for image in product.images])}
    rows = [_describe(image, files.get(image.file_id or "")) for image in product.images]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print_line("  ".join(str(row[name]) for name in ("rank", "id", "state", "url")))
    if not rows:
        print_line(french_or_english("Aucune image.", "No picture."))


def _describe(image: ProductImage, file: StoredFile | None) -> dict[str, object]:
    state = "elsewhere" if file is None else file.refusal or file.status
    return {"rank": image.rank, "id": image.id, "url": image.url, "file_id": image.file_id, "state": state}


def _find(named: str) -> str:
    with unit_of_work() as session:
        return get_product_id(session, named)


def _get_image(product: Product, named: str) -> ProductImage:
    found = next((image for image in product.images if image.id == named), None)
    if found is None:
        raise InvalidRequest(f"Le produit n'a pas cette image / the product has no such picture: {named}")
    return found
