"""Products by file: a dry run writes nothing, the file is written once, and what is wrong is named line by line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.db import unit_of_work
from app.imports.rules import FORMULA, neutralise, restore
from tests.command import run_command
from tests.factories.catalogue import make_product
from tests.factories.shop import MadeShop
from tests.import_files import HEADER, TWO, answer_of, import_text, problems_of, read_shop
from tests.shop_front import read_rows

NEW = "variant_option_1_name;variant_option_1_value"


def counts(answer: dict[str, object]) -> tuple[object, ...]:
    """What became of the units: made, changed, left alone, refused, written."""
    return tuple(answer[name] for name in ("create", "update", "same", "refused", "done"))


def test_a_file_is_written_once_and_comes_back_unharmed(shop: MadeShop, tmp_path: Path) -> None:
    before = read_shop()
    dry = import_text(tmp_path, TWO, "--dry-run")
    assert (dry.code, counts(answer_of(dry)), read_shop()) == (0, (2, 0, 0, 0, 0), before)
    assert read_rows("SELECT (SELECT count(*) FROM product_type), (SELECT count(*) FROM product_tag)") == [(0, 0)]
    done = import_text(tmp_path, TWO)
    assert (done.code, counts(answer_of(done))) == (0, (2, 0, 0, 0, 2)), done
    made = read_shop()
    assert made["product"] == [
        ("luna", "Lune", "published", {"marque": "Aura"}, "/static/luna.webp"),
        ("sol", "Soleil", "draft", None, None),
    ]
    assert made["tag"] == [("luna", "=1+1"), ("luna", "été")]
    assert made["price"] == [("LUNA-BLEU", "eur", 135_990), ("LUNA-NOIR", "eur", 34_900), ("SOL", "eur", 1_900)]
    ((actor, changed),) = read_rows(
        "SELECT actor, details->'title' FROM audit_log"
        " WHERE action = 'product.import' AND details->'title'->>'after' = 'Soleil'"
    )
    assert (str(actor)[:4], changed) == ("cli:", {"before": None, "after": "Soleil"})
    again = import_text(tmp_path, TWO)
    assert (counts(answer_of(again)), read_shop()) == ((0, 0, 2, 0, 0), made)
    _check_export_comes_back(tmp_path, made)


def _check_export_comes_back(folder: Path, made: object) -> None:
    """As a spreadsheet gets it: no formula; and as import reads it: nothing to change."""
    out = folder / "produits-export.csv"
    assert run_command("products", "export", str(out)).code == 0
    text = out.read_text("utf-8-sig")
    assert '"\'=1+1"' in text
    assert '"=1+1"' not in text
    back = run_command("products", "import", str(out), "--json")
    assert (counts(answer_of(back)), read_shop()) == ((0, 0, 2, 0, 0), made)
    taken = run_command("products", "export", str(out), "--json")
    assert (taken.code, answer_of(taken)["code"]) == (1, "csv_refused")
    assert out.read_text("utf-8-sig") == text


@given(st.text(st.characters(codec="utf-8")))
def test_no_cell_is_a_formula_and_each_is_read_back(text: str) -> None:
    written = neutralise(text)
    assert restore(written) == text
    assert not FORMULA.match(written) or written.startswith("'")


FORMS = {
    "UTF-8 with a mark, commas": ("utf-8-sig", ",", "\r\n"),
    "Windows, semicolons": ("cp1252", ";", "\r\n"),
    "Excel's Unicode text": ("utf-16", "\t", "\r\n"),
    "an old Macintosh's lines": ("utf-8", "\t", "\r"),
}


@pytest.mark.parametrize("form", FORMS)
def test_encodings_separators_and_names_of_columns_are_found_out(shop: MadeShop, tmp_path: Path, form: str) -> None:
    encoding, separator, line_end = FORMS[form]
    rows = [
        ["Product Handle", "PRODUCT TITLE", "product-description", "Variant Option 1 Name", "Variant Option 1 Value",
         "variant_price_eur_cents", "Variant Manage Inventory", "Product Id"],
        ["etui", "Étui à lunettes", f'"Deux lignes,{line_end} et un ""guillemet"" ; voilà"', "Taille", "M", "1990",
         "Non", "prod_of_another_shop"],
    ]  # fmt: skip
    text = line_end.join(separator.join(row) for row in rows) + line_end
    done = import_text(tmp_path, text.encode(encoding))
    assert counts(answer_of(done)) == (1, 0, 0, 0, 1), done
    expected = f'Deux lignes,{line_end} et un "guillemet" ; voilà'
    assert read_rows(
        "SELECT p.title, p.description, v.manages_stock FROM product p JOIN product_variant v ON v.product_id = p.id"
    ) == [("Étui à lunettes", expected, False)]


# What a file holds, and what is said of it: line, column, code.
WRONG: dict[str, tuple[str, list[tuple[int, str, str]]]] = {
    "cells": (
        "product_handle;product_title;product_status;product_weight_grams;product_is_discountable;product_image_1;"
        f"product_origin_country;product_metadata;variant_ean;variant_sku;{NEW};variant_price_eur_cents\n"
        "Été;T;vendu;-3;peut-être;javascript:alert(1);France;[1];3,76E+12;A\tB;Taille;M;349,00\n",
        [
            (2, "product_handle", "handle"), (2, "product_status", "choice"), (2, "product_weight_grams", "number"),
            (2, "product_is_discountable", "boolean"), (2, "product_image_1", "url"),
            (2, "product_origin_country", "country"), (2, "product_metadata", "json"),
            (2, "variant_ean", "spreadsheet_number"), (2, "variant_sku", "code"),
            (2, "variant_price_eur_cents", "cents"),
        ],
    ),
    "amounts": (
        f"product_handle;product_title;{NEW};variant_price_eur;variant_price_eur_cents;variant_price_jpy\n"
        "a;A;T;M;19,999;1999;\nb;B;T;M;19,90;1991;\nc;C;T;M;;;1,5\nd;D;T;M;999999,99;;\ne;E;T;M;1e3;;\n",
        [
            (2, "variant_price_eur", "amount"), (3, "variant_price_eur_cents", "price_twice"),
            (4, "variant_price_jpy", "amount"), (6, "variant_price_eur", "amount"),
        ],
    ),
    "lines": (
        f"product_handle;product_title;variant_sku;{NEW}\na;A;S-1;T;M\n;B;S-2;T;M\nc;C;S-1;T;M\nd;D\ne;E;S-5;T;M;f\n"
        "g;G;S-6;T;\nh;H\x0b;S-7;T;M\n",
        [
            (3, "product_handle", "missing"), (4, "variant_sku", "double_sku"), (5, "", "cell_count"),
            (6, "", "cell_count"), (7, "variant_option_1_value", "option_alone"), (8, "product_title", "control"),
        ],
    ),
    "products": (
        f"product_handle;product_title;product_status;product_tax_category;product_category_1;product_collection;"
        f"product_sales_channel_1;variant_sku;{NEW}\n"
        "a;A;;;;;;A-1;Taille;M\na;Autre;;;;;;A-2;Taille;L\nb;B;;;;;;B-1;;\nc;;;;;;;C-1;Taille;M\n"
        "d;D;published;;;;;D-1;Taille;M\ne;E;;bijoux;soldes;hiver;Salon;E-1;Taille;M\nf;F;;;;;;F-1;Taille;M\n"
        "f;F;;;;;;F-2;Taille;M\ng;G;;;;;;G-1;Taille;M\ng;G;;;;;;G-2;Couleur;Noir\n",
        [
            (3, "product_title", "differs"), (4, "variant_option_1_name", "no_option"),
            (5, "product_title", "no_title"),
            (6, "product_status", "publish"), (7, "product_tax_category", "unknown_tax"),
            (7, "product_categories", "unknown_category"), (7, "product_collection", "unknown_collection"),
            (7, "product_channels", "unknown_channel"), (9, "variant_sku", "double_variant"),
            (11, "variant_option_1_name", "options_differ"),
        ],
    ),
    "against the shop": (
        "product_handle;product_status;variant_sku;variant_option_1_name;variant_option_1_value;variant_price_eur_cents\n"
        "aura;;;Couleur;Noir;17000\nvide;;AURA-NOIR;Couleur;Rouge;\nvide;;AUTRE;Couleur;Noir;\nvide;;VIDE-NOIR;Couleur;Bleu;\n"
        "vieux;;;;;100\n",
        [
            (2, "variant_price_eur_cents", "price_moves"), (3, "variant_sku", "sku_elsewhere"),
            (4, "variant_sku", "sku_change"), (5, "variant_option_1_value", "options_change"),
            (6, "variant_price_eur_cents", "archived"),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_and_nothing_is_written(shop: MadeShop, tmp_path: Path, case: str) -> None:
    text, expected = WRONG[case]
    with unit_of_work("test") as session:
        for handle, status in (("aura", "published"), ("vide", "draft"), ("vieux", "archived")):
            make_product(session, shop.channel.id, handle=handle, status=status)
    before = read_shop()
    done = import_text(tmp_path, text)
    assert sorted(problems_of(done)) == sorted(expected), done
    answer = answer_of(done)
    assert (done.code, answer["state"], answer["done"], read_shop()) == (1, "refused", 0, before)
    for each in answer["problems"]:  # type: ignore[attr-defined]
        assert "{" not in each["message"].replace('{"', "")
        assert each["message"] != each["message_en"]


HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "blank": (b"\n\n", "empty"),
    "a zip called csv": (b"PK\x03\x04" + bytes(100), "not_csv"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(100), "not_csv"),
    "a picture": (b"\x89PNG\r\n" + bytes(100), "not_csv"),
    "NUL": (b"product_handle;product_title\na;\x00b\n", "nul"),
    "NUL in UTF-16": ("product_handle;product_title\na;\x00b\n".encode("utf-16"), "nul"),
    "half a character": (b"\xef\xbb\xbfproduct_handle\n\xc3\n", "encoding"),
    "bytes of no table": (b"product_handle\n\x81\xfe\n", "encoding"),
    "half of UTF-16": ("product_handle\na\n".encode("utf-16")[:-1], "encoding"),
    "a header alone": (b"product_handle;product_title\n", "no_lines"),
    "another table": (b"nom;prix\nx;1\n", "no_known_column"),
    "a misspelt column": (b"product_handle;product_titel\nx;1\n", "unknown_column"),
    "a nameless column": (b"product_handle;\nx;1\n", "unknown_column"),
    "a column twice": (b"product_handle;Handle\nx;y\n", "double_column"),
    "a column missing": (b"product_title;product_status\nx;draft\n", "missing_column"),
    "no currency": (b"product_handle;variant_price_xyz\nx;1\n", "unknown_currency"),
    "three hundred columns": (b";".join(b"product_tag_%d" % number for number in range(1, 400)), "too_many_columns"),
    "a cell of 10 MB": (b"product_handle;product_title\na;" + b"x" * 10_000_000, "line_too_long"),
    "a cell too long": (b"product_handle;product_title\na;" + b"x" * 200_000, "cell_too_long"),
    "a million cells": (b"product_handle;product_title\n" + b";" * 1_000_000, "line_too_long"),
    "a quote that never closes": (b'product_handle;product_title\na;"b\nc;d\n', "quotes"),
    "one that closes too late": (b'product_handle;product_title\na;"' + b"b\n" * 400_000, "cell_too_long"),
    "a quote inside": (b'product_handle;product_title\na;"b"c\n', "quotes"),
}


def test_a_hostile_file_is_refused_in_a_sentence_and_nothing_is_half_written(shop: MadeShop, tmp_path: Path) -> None:
    before = read_shop()
    for turn, (name, (content, code)) in enumerate(HOSTILE.items()):
        done = import_text(tmp_path, content, "--mode", ("all", "each")[turn % 2])
        answer = answer_of(done)
        assert (done.code, answer["state"], answer["done"]) == (1, "refused", 0), (name, done)
        assert [each[2] for each in problems_of(done)] == [code], name
    assert read_shop() == before
    assert read_rows("SELECT count(*) FROM csv_line") == [(0,)]
    ((fr, en),) = read_rows(
        "SELECT DISTINCT refusal_fr, refusal_en FROM csv_run WHERE refusal_code = 'not_csv' LIMIT 1"
    )
    assert "CSV UTF-8" in str(fr)
    assert "CSV UTF-8" in str(en)


def test_line_by_line_the_right_ones_are_written_and_a_corrected_file_brings_the_rest(
    shop: MadeShop, tmp_path: Path
) -> None:
    wrong = HEADER + "a;A;;;;;;A-1;Taille;M;10;\nb;B;vendu;;;;;B-1;Taille;M;20;\nc;C;;;;;;C-1;Taille;M;30;\n"
    done = import_text(tmp_path, wrong, "--mode", "each")
    assert (done.code, counts(answer_of(done))) == (1, (2, 0, 0, 1, 2)), done
    assert [row[0] for row in read_shop()["product"]] == ["a", "c"]
    text = run_command("products", "import", str(tmp_path / "lignes.csv"), "--mode", "each")
    assert "ligne 3 [product_status] : « vendu » n'est pas l'un de : draft, published, archived." in text.out
    right = import_text(tmp_path, wrong.replace("vendu", "draft"), "--mode", "each")
    assert (right.code, counts(answer_of(right))) == (0, (1, 0, 2, 0, 1)), right


def test_a_change_keeps_what_the_file_does_not_name(shop: MadeShop, tmp_path: Path) -> None:
    import_text(tmp_path, TWO)
    change = (
        "handle;product_subtitle;product_tag_1;product_image_1;product_image_2;variant_sku;variant_option_1_name;"
        "variant_option_1_value;variant_barcode;variant_price_eur_cents\n"
        "luna;Neuve;été;/static/b.webp;/static/luna.webp;LUNA-NOIR;;;123456;29900\n"
        "luna;Neuve;été;/static/b.webp;/static/luna.webp;LUNA-VERT;Couleur;Vert;;35900\n"
    )
    done = import_text(tmp_path, change)
    assert (done.code, counts(answer_of(done))) == (0, (0, 1, 0, 0, 1)), done
    now = read_shop()
    assert now["product"][0] == ("luna", "Lune", "published", {"marque": "Aura"}, "/static/b.webp")
    assert now["image"] == [("luna", "/static/b.webp", 0), ("luna", "/static/luna.webp", 1)]
    assert now["tag"] == [("luna", "été")]
    assert [row[2] for row in now["option"] if row[0] == "luna"] == ["Bleu", "Noir", "Vert"]
    assert ("LUNA-NOIR", "Noir", "123456", None) in now["variant"]
    assert ("LUNA-NOIR", "eur", 29_900) in now["price"]
    assert ("LUNA-BLEU", "eur", 135_990) in now["price"]
    ((details,),) = read_rows(
        "SELECT details FROM audit_log WHERE action = 'product.import' AND details ? 'subtitle' AND details ? 'images'"
        " AND details->'images'->'before' <> 'null'"
    )
    assert isinstance(details, dict)
    assert details["subtitle"] == {"before": None, "after": "Neuve"}
    assert details["tags"] == {"before": ["=1+1", "été"], "after": ["été"]}
    assert "title" not in details
    assert "status" not in details
    status = "product_handle;product_status\nluna;archived\nsol;\n"
    assert counts(answer_of(import_text(tmp_path, status))) == (0, 1, 1, 0, 1)
    assert read_shop()["product"][0][2] == "archived"


def test_a_price_that_moves_by_more_than_half_is_meant_twice(shop: MadeShop, tmp_path: Path) -> None:
    import_text(tmp_path, TWO)
    cheap = "variant_sku;currency_code;amount_cents\nLUNA-NOIR;EUR;3490\nSOL;eur;1900\n"
    before = read_shop()
    refused = import_text(tmp_path, cheap, "--kind", "prices")
    assert problems_of(refused) == [(2, "amount_cents", "price_moves")]
    assert "349.00" in refused.out
    assert "34.90" in refused.out
    assert read_shop() == before
    done = import_text(tmp_path, cheap, "--kind", "prices", "--confirm")
    assert (done.code, counts(answer_of(done))) == (0, (0, 1, 1, 0, 1)), done
    assert ("LUNA-NOIR", "eur", 3_490) in read_shop()["price"]
    ((details,),) = read_rows("SELECT details FROM audit_log WHERE action = 'price.set' ORDER BY id DESC LIMIT 1")
    assert details == {"currency": "eur", "old_cents": 34_900, "new_cents": 3_490, "reason": "import"}
