"""What a file may be: its size, its encoding, its separator, the columns that are known, what a cell may say."""

import csv
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal

from app.catalogue.rules import HANDLE, STATUSES
from app.core.errors import Refusal
from app.core.money import from_wire
from app.imports.render_problems import Unreadable, render_problem
from app.pricing.rules import HIGHEST_AMOUNT_CENTS
from app.stock.rules import LARGEST_LEVEL, LARGEST_MOVEMENT

Kind = Literal["products", "prices", "stock"]
Mode = Literal["all", "each"]
KINDS: tuple[Kind, ...] = ("products", "prices", "stock")

MOST_BYTES = 50_000_000
MOST_LINES = 100_000
# All or nothing is one transaction, which holds what it changes until its end; docs/decisions/0029 has the figures.
MOST_AT_ONCE: Mapping[str, int] = {"products": 50_000, "prices": 50_000, "stock": 10_000}
MOST_COLUMNS = 300
MOST_VARIANTS = 1_000
LONGEST_LINE = 500_000
LONGEST_CELL = 100_000

STARTS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "xlsx/zip"),
    (b"\xd0\xcf\x11\xe0", "xls"),
    (b"\x1f\x8b", "gzip"),
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"RIFF", "RIFF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"{\\rtf", "RTF"),
)
SEPARATORS = (";", ",", "\t")

# What a column holds, by its name in lower case with `_`; `#` is a number from 1 on, `*` a currency.
TEXTS = {
    "product_title": 500, "product_subtitle": 500, "product_description": LONGEST_CELL, "product_material": 200,
    "variant_title": 500, "variant_material": 200,
}  # fmt: skip
WORDS_OF = {
    "product_external_id": 200, "product_collection": 200, "product_type": 200, "product_tax_category": 100,
    "variant_option_#_name": 100, "variant_option_#_value": 200, "product_tag_#": 200, "product_category_#": 300,
    "product_sales_channel_#": 200,
}  # fmt: skip
CODES = {
    "variant_sku": 100, "variant_barcode": 100, "variant_ean": 100, "variant_upc": 100, "product_hs_code": 100,
    "product_mid_code": 100, "variant_hs_code": 100, "variant_mid_code": 100, "delivery_reference": 100,
}  # fmt: skip
MEASURES = tuple(
    f"{of}_{name}" for of in ("product", "variant") for name in ("weight_grams", "length_mm", "width_mm", "height_mm")
)
BOOLEANS = ("product_is_discountable", "variant_manages_stock", "variant_requires_shipping")
COLUMNS: Mapping[str, frozenset[str]] = {
    "products": frozenset(
        {
            *TEXTS, *WORDS_OF, *(CODES.keys() - {"delivery_reference"}), *MEASURES, *BOOLEANS, "product_handle",
            "product_status", "product_origin_country", "variant_origin_country", "product_metadata",
            "variant_metadata", "product_image_#", "variant_price_*_cents", "variant_price_*",
        }
    ),
    "prices": frozenset({"variant_sku", "currency_code", "amount_cents", "amount"}),
    "stock": frozenset(
        {"variant_sku", "stocked_quantity", "new_quantity", "received_quantity", "delivery_reference"}
    ),
}  # fmt: skip
NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "products": (("product_handle",),),
    "prices": (("variant_sku",), ("currency_code",), ("amount_cents", "amount")),
    "stock": (("variant_sku",), ("new_quantity", "received_quantity")),
}
# Other names for them: Medusa's files, and what people write.
OTHER_NAMES = {
    "handle": "product_handle", "title": "product_title", "status": "product_status", "sku": "variant_sku",
    "product_collection_id": "product_collection", "product_collection_handle": "product_collection",
    "product_type_id": "product_type", "product_discountable": "product_is_discountable",
    "variant_manage_inventory": "variant_manages_stock", "product_weight": "product_weight_grams",
    "product_length": "product_length_mm", "product_width": "product_width_mm", "product_height": "product_height_mm",
    "variant_weight": "variant_weight_grams", "variant_length": "variant_length_mm",
    "variant_width": "variant_width_mm", "variant_height": "variant_height_mm", "currency": "currency_code",
    "reference": "delivery_reference",
}  # fmt: skip
NUMBERED_NAMES = {"product_image_#_url": "product_image_#", "product_category_#_handle": "product_category_#"}
# They tell people something, or are another shop's ids: read and left alone.
IGNORED = re.compile(
    r"(product|variant)_(id|created_at|updated_at|deleted_at)|variant_product_id|variant_(variant_)?rank"
    r"|product_thumbnail|product_is_giftcard|variant_allow_backorder|available_quantity|reserved_quantity"
)
BESIDE = {"prices": ("product_handle", "product_title", "variant_title")}
BESIDE["stock"] = BESIDE["prices"]

# What a spreadsheet would take for a formula, our own apostrophes in front of it included (design §4.18).
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
NUMBER = re.compile(r"\d{1,10}")
SPREADSHEET_NUMBER = re.compile(r"\d[.,]\d+E[+-]\d+", re.IGNORECASE)
CODE = re.compile(r"[^\s\x00-\x1f](?:[^\x00-\x1f]*[^\s\x00-\x1f])?")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
YES = frozenset({"true", "1", "oui", "vrai", "yes", "o", "y"})
NO = frozenset({"false", "0", "non", "faux", "no", "n"})
STATUS_WORDS = {"brouillon": "draft", "publié": "published", "archivé": "archived"}


class CellRefused(Exception):
    """What a cell says is not what its column holds."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(code)


def neutralise(text: str) -> str:
    """A cell that no spreadsheet computes: an apostrophe in front of what looks like a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def restore(text: str) -> str:
    """The other way: what `neutralise` gave is what it was."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def check_start(head: bytes) -> None:
    """A file that begins like another kind of file is none of ours, whatever its name says (source: issue 5, 8).

    Raises `Unreadable`.
    """
    if not head:
        raise Unreadable(render_problem("empty"))
    found = next((kind for start, kind in STARTS if head.startswith(start)), None)
    if found is not None:
        raise Unreadable(render_problem("not_csv", found=found))


def decide_separator(first_line: str, kind: str) -> str:
    """What parts the columns: the sign that gives the most names that are known (source: docs/decisions/0029).

    Raises `Unreadable`.
    """
    known = {each: _count_known(_split(first_line, each), kind) for each in SEPARATORS}
    best = max(SEPARATORS, key=lambda each: known[each])
    if not known[best]:
        expected = ", ".join(sorted(COLUMNS[kind]))
        raise Unreadable(render_problem("no_known_column", 1, found=first_line, expected=expected))
    return best


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _count_known(names: Sequence[str], kind: str) -> int:
    return sum(is_known(name_column(name), kind) for name in names[: MOST_COLUMNS + 1])


def name_column(written: str) -> str:
    """The name of a column as we write it, whatever capitals, accents and blanks the file has."""
    plain = unicodedata.normalize("NFKD", written).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    general = generalise(name)
    return name if general not in NUMBERED_NAMES else name.rsplit("_", 1)[0]


def generalise(name: str) -> str:
    """`product_tag_2` is one of `product_tag_#`, `variant_price_eur_cents` one of `variant_price_*_cents`."""
    numbered = re.sub(r"_[1-9]\d{0,2}(?=_|$)", "_#", name)
    return re.sub(r"^(variant_price)_[a-z]{3}(?=_cents$|$)", r"\1_*", numbered)


def is_known(name: str, kind: str) -> bool:
    """Whether a column of this name means something here."""
    return generalise(OTHER_NAMES.get(name, name)) in COLUMNS[kind]


def is_ignored(name: str, kind: str) -> bool:
    """Whether it may be there and means nothing."""
    return bool(IGNORED.fullmatch(name)) or name in BESIDE.get(kind, ())


def decide_columns(header: Sequence[str], kind: str) -> list[str]:
    """What each column of a file means, "" for what is left alone; a misspelt one is refused, never skipped.

    Source: docs/decisions/0029. Raises `Unreadable`.
    """
    if len(header) > MOST_COLUMNS:
        raise Unreadable(render_problem("too_many_columns", 1, most=MOST_COLUMNS))
    columns: list[str] = []
    for written in header:
        name = OTHER_NAMES.get(name_column(written), name_column(written))
        if not is_known(name, kind) and not (name and is_ignored(name, kind)):
            raise Unreadable(render_problem("unknown_column", 1, written[:100], found=written))
        columns.append(name if is_known(name, kind) else "")
    given = [name for name in columns if name]
    double = next((name for name in given if given.count(name) > 1), None)
    if double is not None:
        raise Unreadable(render_problem("double_column", 1, double, found=double))
    for several in NEEDED[kind]:
        if not set(several) & set(given):
            raise Unreadable(render_problem("missing_column", 1, several[0], found=several[0]))
    return columns


def parse_cell(name: str, text: str) -> object:
    """What a cell that is not empty says; raises `CellRefused`."""
    general = generalise(name)
    if CONTROL.search(text):
        raise CellRefused("control")
    if general in TEXTS:
        return _within(text, TEXTS[general])
    text = text.strip()
    if general in WORDS_OF:
        return _within(text, WORDS_OF[general])
    if general in CODES:
        return _parse_code(text, CODES[general])
    if general in MEASURES or name.endswith("_quantity"):
        most = LARGEST_MOVEMENT if name == "received_quantity" else LARGEST_LEVEL
        return _parse_number(text, most, "number")
    if general in BOOLEANS:
        return _parse_boolean(text)
    return _parse_special(general, name, text)


def _parse_special(general: str, name: str, text: str) -> object:
    if general == "product_handle":
        if not HANDLE.fullmatch(_within(text, 200)):
            raise CellRefused("handle", found=text)
        return text
    if general == "product_status":
        return _parse_status(text)
    if general.endswith("_origin_country"):
        if not re.fullmatch(r"[A-Za-z]{2}", text):
            raise CellRefused("country", found=text)
        return text.lower()
    if general == "product_image_#":
        return _parse_url(text)
    if general == "currency_code":
        return text.lower()
    if general.endswith("_cents"):
        return _parse_number(text, HIGHEST_AMOUNT_CENTS, "cents")
    return parse_amount(text, name.rsplit("_", 1)[-1]) if general == "variant_price_*" else text


def parse_amount(text: str, currency_code: str) -> int:
    """A price in units of its currency (`1 349,00`) as cents; raises `CellRefused`."""
    plain = re.sub(r"[\s\u00a0\u202f]|€|EUR", "", text).replace(",", ".")
    try:
        if not re.fullmatch(r"\d{1,8}(\.\d{1,4})?", plain):
            raise CellRefused("amount", found=text)
        cents = from_wire(Decimal(plain), currency_code)
    except (InvalidOperation, Refusal):
        raise CellRefused("amount", found=text) from None
    if cents > HIGHEST_AMOUNT_CENTS:
        raise CellRefused("price_limit", most=HIGHEST_AMOUNT_CENTS)
    return cents


def _within(text: str, most: int) -> str:
    if len(text) > most:
        raise CellRefused("too_long", most=most)
    return text


def _parse_code(text: str, most: int) -> str:
    if SPREADSHEET_NUMBER.fullmatch(text):
        raise CellRefused("spreadsheet_number", found=text)
    if not CODE.fullmatch(_within(text, most)) or "\n" in text or "\r" in text or "\t" in text:
        raise CellRefused("code", found=text)
    return text


def _parse_number(text: str, most: int, code: str) -> int:
    plain = re.sub(r"[ \u00a0\u202f]", "", text)
    if not NUMBER.fullmatch(plain) or not plain.isascii() or int(plain) > most:
        raise CellRefused(code, found=text, most=most)
    return int(plain)


def _parse_boolean(text: str) -> bool:
    if text.lower() not in YES | NO:
        raise CellRefused("boolean", found=text)
    return text.lower() in YES


def _parse_status(text: str) -> str:
    status = STATUS_WORDS.get(text.lower(), text.lower())
    if status not in STATUSES:
        raise CellRefused("choice", found=text, expected=", ".join(STATUSES))
    return status


def _parse_url(text: str) -> str:
    if not re.fullmatch(r"(https://[^\s/]+/|/static/)\S+", _within(text, 2_000)) or "/../" in text:
        raise CellRefused("url", found=text)
    return text
