"""The pictures of the demo shop: drawn once, kept under the name of their content, found again at the next start."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app.dev.demo_shop import objects, wearables
from app.dev.demo_shop.canvas import Canvas, Rgb, rgb
from app.dev.demo_shop.table import ShopTable

DRAWN_BY = ("canvas.py", "objects.py", "wearables.py")
KNOWN = "demo-pictures.json"


@dataclass(frozen=True)
class Sketch:
    """What decides a picture."""

    drawing: str
    colour: Rgb
    background: Rgb


def make_pictures(table: ShopTable, uploads: Path) -> dict[str, list[str]]:
    """Draw what is missing; gives each product's file names, by handle."""
    uploads.mkdir(parents=True, exist_ok=True)
    wanted = {product.handle: list_sketches(table, product.handle) for product in table.products}
    known = read_known(uploads)
    missing = {key_of(sketch): sketch for sketches in wanted.values() for sketch in sketches}
    missing = {key: sketch for key, sketch in missing.items() if not (uploads / known.get(key, "?")).exists()}
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as workers:
        drawn = workers.map(draw, missing.values(), chunksize=4) if missing else ()
        known |= dict(zip(missing, keep(drawn, uploads), strict=True))
    (uploads.parent / KNOWN).write_text(json.dumps(known, indent=1))
    return {handle: [known[key_of(sketch)] for sketch in sketches] for handle, sketches in wanted.items()}


def list_sketches(table: ShopTable, handle: str) -> list[Sketch]:
    """One picture per colour of the product."""
    product = next(row for row in table.products if row.handle == handle)
    shelf = next(row for row in table.categories if row.handle == product.category)
    return [Sketch(product.picture, table.tints[tint], rgb(shelf.background)) for tint in product.tints]


def key_of(sketch: Sketch) -> str:
    """Changes with the sketch, and with the code that draws it."""
    code = b"".join(Path(__file__).with_name(name).read_bytes() for name in DRAWN_BY)
    return hashlib.sha256(repr(sketch).encode() + code).hexdigest()


def read_known(uploads: Path) -> dict[str, str]:
    """Which file holds which sketch, as far as an earlier start drew it."""
    try:
        known: dict[str, str] = json.loads((uploads.parent / KNOWN).read_text())
    except (OSError, ValueError):
        return {}
    return known


def draw(sketch: Sketch) -> bytes:
    """The picture, always the same bytes for the same sketch."""
    canvas = Canvas(sketch.background)
    find_drawing(sketch.drawing)(canvas, sketch.colour)
    return canvas.webp()


def find_drawing(name: str) -> Callable[[Canvas, Rgb], None]:
    """The function that draws it; raises AttributeError for a name nobody draws."""
    drawing: Callable[[Canvas, Rgb], None] = getattr(wearables, name, None) or getattr(objects, name)
    return drawing


def keep(pictures: Iterable[bytes], uploads: Path) -> Iterable[str]:
    """Write each picture under the hash of its content; a half-written one never has that name."""
    for content in pictures:
        name = f"{hashlib.sha256(content).hexdigest()[:32]}.webp"
        unfinished = uploads / f"{name}.new"
        unfinished.write_bytes(content)
        unfinished.replace(uploads / name)
        yield name
