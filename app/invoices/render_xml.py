"""The CII XML of an invoice's document, profile EN 16931, checked against its XSD. Imported by `jobs.py` alone."""

from collections.abc import Mapping
from typing import TypedDict

from facturx import generate_cii_xml, xml_check_xsd

from app.core.db import Json
from app.core.money import to_wire
from app.invoices.list_mentions import NATURES, list_mentions

LEVEL = "en16931"
TYPE_CODES = {"invoice": "380", "credit_note": "381", "reversal": "380"}
# UNTDID 4461: by card, by a means agreed on.
MEANS = {"pp_stripe_stripe": "48"}
SIREN_SCHEME, SIRET_SCHEME = "0002", "0009"
# What EN 16931 calls a piece.
PIECE = "C62"
Terms = dict[str, object]


class Line(TypedDict):
    """One line of a document, as `describe_invoice` wrote it."""

    title: str
    detail: str | None
    sku: str | None
    quantity: int
    rate: str
    category: str
    reason: str | None
    reason_code: str | None
    gross_net_cents: int
    net_cents: int
    total_cents: int


def render_xml(document: Json) -> bytes:
    """The XML, the same to the byte each time; raises where it does not fit its XSD."""
    terms = describe_terms(document)
    # Schematron would be sought at a server on port 5000, which nobody runs; the XSD is checked here, by name.
    xml: bytes = generate_cii_xml(terms, level=LEVEL, check_xsd=False, check_schematron=False)
    xml_check_xsd(xml, flavor="factur-x", level=LEVEL)
    return xml


def describe_terms(document: Json) -> Terms:
    """The business terms of EN 16931, made anew each time: the library changes what it is given."""
    order, seller, buyer = (read_part(document, name) for name in ("order", "seller", "buyer"))
    code = str(document["currency_code"])
    terms: Terms = {
        "BT-1": document["number"],
        "BT-2": document["issued_on"],
        "BT-3": TYPE_CODES[str(document["kind"])],
        "BT-5": code.upper(),
        "BT-9": document["paid_on"],
        "BT-13": order["purchase_order"],
        "BT-14": str(order["display_id"]),
        "BT-23": {"goods": "B1", "services": "S1", "both": "M1"}[str(document["nature"])],
        "BT-81": MEANS.get(str(document["paid_by"]), "1"),
        "BG-1": [
            {"BT-22": mention}
            for mention in [NATURES[_locale(document)][str(document["nature"])], *list_mentions(document)]
        ],
        "BG-4": _describe_seller(seller),
        "BG-7": _describe_party(buyer, str(seller["country_code"])),
        "BG-23": [_describe_rate(rate, code) for rate in read_parts(document, "rates")],
        "BG-25": [
            _describe_line(place, line, code) for place, line in enumerate(read_parts(document, "lines"), start=1)
        ],
        **_describe_sums(document, code),
    }
    delivery = document["delivery"]
    # Always said: the library writes an empty element otherwise, which the XSD refuses.
    terms["BG-13"] = _describe_party(delivery if isinstance(delivery, dict) else buyer, str(seller["country_code"]))
    if document["corrects"] is not None:
        corrected = read_part(document, "corrects")
        terms["BG-3"] = [{"BT-25": corrected["number"], "BT-26": corrected["issued_on"]}]
    return {name: value for name, value in terms.items() if value is not None}


def read_part(document: Mapping[str, object], name: str) -> Json:
    """A part of a document that is an object."""
    part = document[name]
    if not isinstance(part, dict):
        raise TypeError(name)
    return part


def read_parts(document: Mapping[str, object], name: str) -> list[Json]:
    """A part of a document that is a list of objects."""
    parts = document[name]
    if not isinstance(parts, list):
        raise TypeError(name)
    return parts


def _locale(document: Json) -> str:
    return str(document["locale"])


def _amount(cents: object, code: str) -> str:
    """As the decimal text that XML takes: 34900 euro cents are 349.00."""
    return str(to_wire(int(str(cents)), code))


def _describe_seller(seller: Json) -> Terms:
    vat_number = seller["vat_number"]
    legal = [
        seller["legal_form"],
        f"capital {seller['capital']}" if seller["capital"] else None,
        seller["registration"],
    ]
    return {
        "name": f"{seller['legal_name']} EI" if seller["is_sole_trader"] else seller["legal_name"],
        "legal_info": ", ".join(str(each) for each in legal if each),
        "biz_name": seller["shop_name"],
        "identifiers": {SIRET_SCHEME: seller["siret"]},
        "legal_identifier": seller["siren"],
        "legal_identifier_schemeid": SIREN_SCHEME,
        # Whoever has no VAT number is named by the SIREN: BR-E-02 wants one of both.
        **({"vat_identifier": vat_number} if vat_number else {"tax_identifier": seller["siren"]}),
        **_describe_address(seller, str(seller["country_code"])),
    }


def _describe_party(party: Json, home: str) -> Terms:
    described: Terms = {
        "name": party.get("company") or party.get("name") or "-",
        **_describe_address(party, home),
    }
    if party.get("siren"):
        described |= {"legal_identifier": party["siren"], "legal_identifier_schemeid": SIREN_SCHEME}
    if party.get("vat_number"):
        described["vat_identifier"] = party["vat_number"]
    return described


def _describe_address(party: Json, home: str) -> Terms:
    """BR-11 wants a country; of who gave no address at all it is the seller's."""
    told = {
        "addr_l1": party.get("address_1"),
        "addr_l2": party.get("address_2"),
        "postcode": party.get("postal_code"),
        "city": party.get("city"),
        "country_subdivision": party.get("province"),
    }
    country = str(party.get("country_code") or home).upper()
    return {**{name: value for name, value in told.items() if value}, "country_code": country}


def _describe_rate(rate: Json, code: str) -> Terms:
    described: Terms = {
        "BT-116": _amount(rate["net_cents"], code),
        "BT-117": _amount(rate["tax_cents"], code),
        "BT-118": rate["category"],
        "BT-119": rate["rate"],
    }
    if rate["reason"] is not None:
        described |= {"BT-120": rate["reason"], "BT-121": rate["reason_code"]}
    return described


def _describe_line(place: int, line: Json, code: str) -> Terms:
    """The price is that of all its pieces (BT-149): a unit price without VAT has cents that no coin has."""
    reduction_cents = int(str(line["gross_net_cents"])) - int(str(line["net_cents"]))
    described: Terms = {
        "BT-126": str(place),
        "BT-129": str(line["quantity"]),
        "BT-130": PIECE,
        "BT-131": _amount(line["net_cents"], code),
        "BT-146": _amount(line["gross_net_cents"], code),
        "BT-149": str(line["quantity"]),
        "BT-151": line["category"],
        "BT-152": line["rate"],
        "BT-153": line["title"],
    }
    if line["detail"]:
        described["BT-154"] = line["detail"]
    if line["sku"]:
        described["BT-155"] = line["sku"]
    if reduction_cents:
        described["BG-27"] = [{"amount": _amount(reduction_cents, code), "reason": "Remise", "reason_code": "95"}]
    return described


def _describe_sums(document: Json, code: str) -> Terms:
    """All of it is paid: nothing is due."""
    net, tax, total = (_amount(document[name], code) for name in ("net_cents", "tax_cents", "total_cents"))
    return {
        "BT-106": net, "BT-109": net, "BT-110": tax, "BT-112": total, "BT-113": total, "BT-115": _amount(0, code),
    }  # fmt: skip
