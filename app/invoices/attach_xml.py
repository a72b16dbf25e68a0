"""Puts an invoice's XML into its PDF, as Factur-X wants it. Imported by `jobs.py` alone.

The library writes the present instant into what it makes; the invoice's own day takes its place, so that the same
document gives the same file years later. The colour profile is what PDF/A-3 asks of a file with colours.
"""

import re
from hashlib import sha256
from io import BytesIO

from facturx import generate_from_binary
from PIL import ImageCms
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from app.core.db import Json
from app.invoices.list_mentions import TITLES
from app.invoices.render_xml import LEVEL, read_part

_INSTANTS = re.compile(rb"(<xmp:(?:CreateDate|ModifyDate)>)[^<]*")
# Where an ICC profile has the instant at which it was made.
_PROFILE_DAY = slice(24, 36)


def attach_xml(pdf: bytes, xml: bytes, document: Json) -> bytes:
    """The whole file, the same to the byte each time."""
    title = f"{TITLES[str(document['locale'])][str(document['kind'])]} {document['number']}"
    author = str(read_part(document, "seller")["legal_name"])
    whole = generate_from_binary(
        pdf,
        xml,
        flavor="factur-x",
        level=LEVEL,
        check_xsd=False,  # checked as it was made
        check_schematron=False,
        pdf_metadata={"author": author, "title": title, "subject": title, "keywords": "Factur-X"},
        lang=f"{document['locale']}",
        afrelationship="data",
    )
    writer = PdfWriter(clone_from=PdfReader(BytesIO(whole)))
    _pin(writer, str(document["issued_on"]))
    _name_colours(writer)
    seal = sha256(pdf + xml).digest()[:16]
    writer._ID = ArrayObject([ByteStringObject(seal), ByteStringObject(seal)])
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _pin(writer: PdfWriter, day: str) -> None:
    """The invoice's day wherever the library wrote the present instant."""
    instant = TextStringObject(f"D:{day.replace('-', '')}000000+00'00'")
    writer.add_metadata({"/CreationDate": instant, "/ModDate": instant})
    metadata = writer.root_object["/Metadata"].get_object()
    assert isinstance(metadata, StreamObject)  # noqa: S101 - the library has just written it
    pinned = DecodedStreamObject()
    pinned.set_data(_INSTANTS.sub(rb"\g<1>" + f"{day}T00:00:00+00:00".encode(), metadata.get_data()))
    pinned.update({NameObject("/Type"): NameObject("/Metadata"), NameObject("/Subtype"): NameObject("/XML")})
    place = metadata.indirect_reference
    attached = writer.root_object["/AF"].get_object()
    assert place is not None  # noqa: S101 - likewise
    assert isinstance(attached, ArrayObject)  # noqa: S101 - likewise
    writer._replace_object(place, pinned)
    for each in attached:
        embedded = each.get_object()["/EF"]["/F"].get_object()
        embedded["/Params"][NameObject("/ModDate")] = instant


def _name_colours(writer: PdfWriter) -> None:
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[_PROFILE_DAY] = bytes((7, 0xD0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))  # 2000-01-01
    profile = DecodedStreamObject()
    profile.set_data(bytes(made))
    profile[NameObject("/N")] = NumberObject(3)
    intent = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/OutputIntent"),
            NameObject("/S"): NameObject("/GTS_PDFA1"),
            NameObject("/OutputConditionIdentifier"): TextStringObject("sRGB IEC61966-2.1"),
            NameObject("/Info"): TextStringObject("sRGB IEC61966-2.1"),
            NameObject("/DestOutputProfile"): writer._add_object(profile),
        }
    )
    writer.root_object[NameObject("/OutputIntents")] = ArrayObject([writer._add_object(intent)])
