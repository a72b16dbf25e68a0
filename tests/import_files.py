"""Files of products, prices and stock for tests, and who brings them."""

from pathlib import Path
from typing import Any

import httpx2

from app.core.auth import Principal
from app.core.callers import create_bearer
from app.core.db import unit_of_work
from app.staff.models import StaffUser
from tests.command import Done, run_command
from tests.money_back import Staff
from tests.shop_front import read_rows

HEADER = (
    "Product Handle;Product Title;Product Status;Product Tag 1;Product Tag 2;Product Type;Product Image 1;"
    "Variant SKU;Variant Option 1 Name;Variant Option 1 Value;Variant Price EUR;Product Metadata\n"
)
# Two products with three variants, as a spreadsheet of a French shop writes them.
TWO = (
    HEADER
    + 'luna;Lune;published;été;"=1+1";Monture;/static/luna.webp;LUNA-NOIR;Couleur;Noir;349,00;'
    + '"{""marque"": ""Aura""}"\n'
    + 'luna;Lune;published;été;"=1+1";Monture;/static/luna.webp;LUNA-BLEU;Couleur;Bleu;"1 359,90";\n'
    + "sol;Soleil;;;;;;SOL;Taille;Unique;19;\n"
)
# Everything that an import may write.
SHOP = {
    "product": "SELECT handle, title, status, metadata, thumbnail FROM product ORDER BY handle",
    "variant": "SELECT sku, title, barcode, weight_grams FROM product_variant ORDER BY sku",
    "option": (
        "SELECT p.handle, o.title, v.value FROM product_option_value v JOIN product_option o ON o.id = v.option_id"
        " JOIN product p ON p.id = o.product_id ORDER BY 1, 2, 3"
    ),
    "tag": (
        "SELECT p.handle, t.value FROM product_tag_link l JOIN product_tag t ON t.id = l.tag_id"
        " JOIN product p ON p.id = l.product_id ORDER BY 1, 2"
    ),
    "image": (
        "SELECT p.handle, i.url, i.rank FROM product_image i JOIN product p ON p.id = i.product_id ORDER BY 1, 3"
    ),
    "price": (
        "SELECT v.sku, c.currency_code, c.amount_cents FROM price c JOIN product_variant v ON v.id = c.variant_id"
        " ORDER BY 1, 2"
    ),
    "level": (
        "SELECT v.sku, l.stocked_quantity FROM stock_level l JOIN product_variant v ON v.id = l.variant_id ORDER BY 1"
    ),
    "movement": "SELECT reason, reference, delta FROM stock_movement ORDER BY id",
    "price history": "SELECT count(*) FROM price_history",
}
State = dict[str, list[tuple[Any, ...]]]


def read_shop() -> State:
    """What is in the shop."""
    return {name: [tuple(row) for row in read_rows(query)] for name, query in SHOP.items()}


def import_text(folder: Path, text: str | bytes, *options: str) -> Done:
    """`comptoir products import` of a file that holds this."""
    path = folder / "lignes.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return run_command("products", "import", str(path), "--json", *options)


def answer_of(done: Done) -> dict[str, object]:
    """What the command printed."""
    answer = done.answer
    assert isinstance(answer, dict), done
    return answer


def problems_of(done: Done) -> list[tuple[int, str, str]]:
    """Line, column and code of each problem."""
    problems = answer_of(done)["problems"]
    assert isinstance(problems, list)
    return [(each["line"], each["column"], each["code"]) for each in problems]


def hire_for(client: httpx2.Client, role: str = "staff") -> Staff:
    """An account of this role, before any client."""
    with unit_of_work("test") as session:
        session.add(StaffUser(id=f"user_{role}", email=f"{role}@example.com", role=role, token_version=1))
    token = create_bearer(Principal("user", f"user_{role}", f"user_{role}", 1))
    return Staff(client, {"authorization": f"Bearer {token}"})


def send(staff: Staff, kind: str, content: str | bytes, **query: str) -> httpx2.Response:
    """A file, as a browser's form sends it."""
    raw = content if isinstance(content, bytes) else content.encode()
    files = {"file": ("lignes.csv", raw, "text/csv")}
    return staff.http.post(f"/admin/{kind}/import", headers=staff.headers, files=files, params=query)
