"""An invoice's document as pages: every letter embedded, nothing of the day or the machine it is made on.

Imported by `jobs.py` alone. Font: Source Sans Pro (SIL OFL 1.1), from the package `font-source-sans-pro`.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from io import BytesIO
from xml.sax.saxutils import escape

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from app.core.db import Json
from app.core.money import to_wire
from app.invoices.list_mentions import LABELS, NATURES, TITLES, list_mentions
from app.invoices.render_xml import read_part, read_parts

REGULAR, BOLD = "SourceSansPro", "SourceSansPro-Bold"
INK, GREY, LINE = HexColor("#1b1f24"), HexColor("#5b6470"), HexColor("#c8ced6")
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
COLUMNS = [WIDTH * part for part in (0.40, 0.08, 0.14, 0.10, 0.13, 0.15)]


def render_pdf(document: Json) -> bytes:
    """The pages, the same to the byte each time."""
    rl_config.invariant = 1
    _register_fonts()
    out = BytesIO()
    pages = BaseDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=24 * mm,
        title=f"{_title(document)} {document['number']}",
        author=str(read_part(document, "seller")["legal_name"]),
        invariant=1,
        initialFontName=REGULAR,
    )  # fmt: skip
    frame = Frame(MARGIN, 24 * mm, WIDTH, A4[1] - MARGIN - 24 * mm, leftPadding=0, rightPadding=0, id="page")
    pages.addPageTemplates(PageTemplate(frames=[frame], onPage=lambda canvas, _: _draw_foot(canvas, document)))
    pages.build(_list_blocks(document), canvasmaker=_make_canvas)
    return out.getvalue()


def _make_canvas(*given: object, **named: object) -> Canvas:
    """Starts with our font: the one that reportlab starts with is named in every file and embedded in none."""
    return Canvas(*given, **{**named, "initialFontName": REGULAR, "initialFontSize": 9})


@cache
def _register_fonts() -> None:
    folder = files("font_source_sans_pro") / "files"
    for name, file in ((REGULAR, "SourceSansPro-Regular.ttf"), (BOLD, "SourceSansPro-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def _style(size: float = 9, *, bold: bool = False, right: bool = False, grey: bool = False) -> ParagraphStyle:
    return ParagraphStyle(
        f"s{size}{bold}{right}{grey}",
        fontName=BOLD if bold else REGULAR,
        fontSize=size,
        leading=size * 1.3,
        textColor=GREY if grey else INK,
        alignment=TA_RIGHT if right else 0,
        splitLongWords=1,
    )


def _say(text: object, size: float = 9, *, bold: bool = False, right: bool = False, grey: bool = False) -> Paragraph:
    """What somebody wrote is text, never markup."""
    return Paragraph(escape(str(text)), _style(size, bold=bold, right=right, grey=grey))


def _list_blocks(document: Json) -> list[Flowable]:
    return [
        _head(document),
        Spacer(1, 8 * mm),
        _parties(document),
        Spacer(1, 7 * mm),
        _lines(document),
        Spacer(1, 4 * mm),
        _sums(document),
        Spacer(1, 6 * mm),
        *(_say(each, 8, grey=True) for each in _list_notes(document)),
    ]


def _title(document: Json) -> str:
    return TITLES[_locale(document)][str(document["kind"])]


def _locale(document: Json) -> str:
    return str(document["locale"])


def _day(document: Json, day: object) -> str:
    return format_date(date.fromisoformat(str(day)), "long", locale=_locale(document))


def _money(document: Json, cents: object) -> str:
    code = str(document["currency_code"])
    return format_currency(to_wire(int(str(cents)), code), code.upper(), locale=_locale(document))


def _rate(document: Json, rate: object) -> str:
    shown = format_decimal(Decimal(str(rate)), "#,##0.##", locale=_locale(document))
    return f"{shown}\u00a0%" if _locale(document) == "fr" else f"{shown}%"


def _head(document: Json) -> Table:
    labels, order = LABELS[_locale(document)], read_part(document, "order")
    paid = "refunded_on" if document["kind"] == "credit_note" else "paid_on"
    facts = [
        (labels["issued_on"], _day(document, document["issued_on"])),
        (labels["order"], f"{order['display_id']} ({_day(document, order['placed_on'])})"),
        (labels[paid], _day(document, document["paid_on"])),
    ]
    if order["purchase_order"]:
        facts.append((labels["purchase_order"], str(order["purchase_order"])))
    if document["corrects"] is not None:
        corrected = read_part(document, "corrects")
        facts.append((labels["corrects"], f"{corrected['number']} ({_day(document, corrected['issued_on'])})"))
    left = [_say(read_part(document, "seller")["shop_name"], 15, bold=True)]
    right = [
        _say(f"{_title(document)} {document['number']}", 15, bold=True, right=True),
        *(_say(f"{label} {value}", 9, right=True) for label, value in facts),
    ]
    return _plain_table([[left, right]], [WIDTH * 0.45, WIDTH * 0.55])


def _parties(document: Json) -> Table:
    labels = LABELS[_locale(document)]
    seller, buyer, delivery = read_part(document, "seller"), read_part(document, "buyer"), document["delivery"]
    blocks = [
        [_say(labels["seller"], 8, grey=True), *map(_say, _list_seller(document, seller))],
        [_say(labels["buyer"], 8, grey=True), *map(_say, _list_buyer(document, buyer))],
    ]
    if isinstance(delivery, dict):
        blocks.append([_say(labels["delivery"], 8, grey=True), *map(_say, _list_address(document, delivery))])
    return _plain_table([blocks], [WIDTH / len(blocks)] * len(blocks))


def _list_seller(document: Json, seller: Json) -> list[str]:
    labels = LABELS[_locale(document)]
    name = f"{seller['legal_name']} EI" if seller["is_sole_trader"] else str(seller["legal_name"])
    form = [str(seller["legal_form"])]
    if seller["capital"]:
        form.append(f"{labels['capital']} {seller['capital']}")
    told = [
        name,
        *_list_street(document, seller),
        ", ".join(form),
        f"SIRET {seller['siret']}",
        seller["registration"],
        f"{labels['vat_number']} {seller['vat_number']}" if seller["vat_number"] else None,
    ]
    return [str(each) for each in told if each]


def _list_buyer(document: Json, buyer: Json) -> list[str]:
    labels = LABELS[_locale(document)]
    numbers = [
        f"SIREN {buyer['siren']}" if buyer.get("siren") else None,
        f"{labels['vat_number']} {buyer['vat_number']}" if buyer.get("vat_number") else None,
    ]
    return [*_list_address(document, buyer), *(number for number in numbers if number)]


def _list_address(document: Json, party: Json) -> list[str]:
    names = [str(party[key]) for key in ("company", "name") if party.get(key)]
    return [*names, *_list_street(document, party)]


def _list_street(document: Json, party: Json) -> list[str]:
    town = " ".join(str(party[key]) for key in ("postal_code", "city") if party.get(key))
    code = str(party.get("country_code") or "").upper()
    country = Locale.parse(_locale(document)).territories.get(code, code)
    rows = (party.get("address_1"), party.get("address_2"), town, party.get("province"), country)
    return [str(row) for row in rows if row]


def _lines(document: Json) -> Table:
    labels = LABELS[_locale(document)]
    names = ("designation", "quantity", "unit_net", "rate", "net", "total")
    head: list[object] = [_say(labels[name], 8, bold=True, right=place > 0) for place, name in enumerate(names)]
    rows = [head, *(_line(document, line) for line in read_parts(document, "lines"))]
    table = Table(rows, colWidths=COLUMNS, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONTNAME", (0, 0), (-1, -1), REGULAR),  # of an empty cell too: else Helvetica, embedded nowhere
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
                ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
            ]
        )
    )
    return table


def _line(document: Json, line: Json) -> list[object]:
    quantity, gross, net = (int(str(line[name])) for name in ("quantity", "gross_net_cents", "net_cents"))
    about: list[object] = [_say(line["title"])]
    detail = ", ".join(str(each) for each in (line["detail"], line["sku"]) if each)
    if detail:
        about.append(_say(detail, 8, grey=True))
    if gross != net:
        label = LABELS[_locale(document)]["reduction"]
        about.append(_say(f"{label} {_money(document, net - gross)}", 8, grey=True))
    return [
        about,
        _say(quantity, right=True),
        _say(_unit(document, gross, quantity), right=True),
        _say(_rate(document, line["rate"]), right=True),
        _say(_money(document, net), right=True),
        _say(_money(document, line["total_cents"]), right=True),
    ]


def _unit(document: Json, net_cents: int, quantity: int) -> str:
    """To four decimals where the cents do not divide."""
    code = str(document["currency_code"])
    exact = to_wire(net_cents, code) / quantity
    shown = exact.quantize(Decimal("0.0001"))
    if net_cents % quantity == 0:
        return _money(document, net_cents // quantity)
    pattern = "#,##0.00## ¤" if _locale(document) == "fr" else "¤#,##0.00##"
    return format_currency(shown, code.upper(), pattern, locale=_locale(document), currency_digits=False)


def _sums(document: Json) -> Table:
    labels = LABELS[_locale(document)]
    rows = [(labels["total_net"], document["net_cents"], False)]
    rows += [
        (
            f"{labels['vat']} {_rate(document, rate['rate'])} ({_money(document, rate['net_cents'])})",
            rate["tax_cents"],
            False,
        )
        for rate in read_parts(document, "rates")
        if rate["category"] != "E"
    ]
    rows.append((labels["total_all"], document["total_cents"], True))
    due = labels["refunded" if document["kind"] == "credit_note" else "paid"]
    rows.append((due, document["total_cents"], False))
    cells = [
        ["", _say(label, bold=bold, right=True), _say(_money(document, cents), bold=bold, right=True)]
        for label, cents, bold in rows
    ]
    table = _plain_table(cells, [WIDTH * 0.35, WIDTH * 0.45, WIDTH * 0.20])
    return table


def _list_notes(document: Json) -> Sequence[str]:
    return [NATURES[_locale(document)][str(document["nature"])], *list_mentions(document)]


def _plain_table(cells: Sequence[Sequence[object]], widths: Sequence[float]) -> Table:
    table = Table(cells, colWidths=widths)
    table.setStyle(
        TableStyle(
            [
                ("FONTNAME", (0, 0), (-1, -1), REGULAR),  # of an empty cell too: else Helvetica, embedded nowhere
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
            ]
        )
    )
    return table


def _draw_foot(canvas: Canvas, document: Json) -> None:
    seller = read_part(document, "seller")
    words = f"{seller['legal_name']} · SIRET {seller['siret']} · {_title(document)} {document['number']}"
    canvas.saveState()
    canvas.setFont(REGULAR, 7.5)
    canvas.setFillColor(GREY)
    canvas.drawString(MARGIN, 12 * mm, words[:120])
    canvas.drawRightString(A4[0] - MARGIN, 12 * mm, str(canvas.getPageNumber()))
    canvas.restoreState()
