"""Which pictures nothing shows any more, and what lies in the store without a row: looked for each night.

Here and not in `files`, which knows neither products nor orders.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Text, cast, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.catalogue.models import (
    Product,
    ProductCategory,
    ProductCollection,
    ProductImage,
    ProductVariant,
)
from app.core.db import unit_of_work
from app.files import queries
from app.files.delete_file import delete_file
from app.files.errors import FileInUse
from app.files.models import DOCUMENT, PICTURE, StoredFile
from app.files.rules import find_public_name
from app.gateways.object_store import PRIVATE, PUBLIC, KeptObject, get_store
from app.orders.models import OrderLine

# A picture may wait this long for its product; what lies in the store without a row was cut off on its way there.
KEPT_UNUSED = timedelta(days=30)
KEPT_WITHOUT_ROW = timedelta(days=1)
AT_ONCE = 100
LISTED_AT_ONCE = 1_000

# Wherever an address of a picture may be written. Orders keep the thumbnail of what was bought.
ADDRESSES: tuple[InstrumentedAttribute[str] | InstrumentedAttribute[str | None], ...] = (
    ProductImage.url,
    Product.thumbnail,
    ProductVariant.thumbnail,
    OrderLine.thumbnail,
)
TEXTS: tuple[ColumnElement[str], ...] = (
    func.coalesce(Product.description, ""),
    func.coalesce(cast(Product.details, Text), ""),
    func.coalesce(cast(ProductVariant.details, Text), ""),
    ProductCategory.description.expression,
    func.coalesce(cast(ProductCategory.details, Text), ""),
    func.coalesce(cast(ProductCollection.details, Text), ""),
)


def is_shown() -> ColumnElement[bool]:
    """Whether anything shows the picture of the row of `stored_file` beside it."""
    return or_(
        *(exists(select(1).where(address.contains(StoredFile.public_name))) for address in ADDRESSES),
        *(exists(select(1).where(text.contains(StoredFile.public_name))) for text in TEXTS),
    )


def delete_picture(session: Session, file_id: str) -> None:
    """Delete a picture that nothing shows; raises `NotFound`, `FileInUse`."""
    picture = queries.get_picture(session, file_id)
    queries.lock_file(session, file_id)  # whoever wants to show it waits, and then finds it gone
    if session.scalar(select(StoredFile.id).where(StoredFile.id == file_id, is_shown())):
        raise FileInUse
    delete_file(session, picture)


def delete_unused(session: Session, now: datetime) -> int:
    """Delete pictures that nothing has shown for a month, a hundred at most; how many."""
    unused = select(StoredFile).where(StoredFile.kind == PICTURE, StoredFile.created_at < now - KEPT_UNUSED)
    found = session.scalars(unused.where(~is_shown()).order_by(StoredFile.created_at).limit(AT_ONCE).with_for_update())
    pictures = found.all()
    for picture in pictures:
        delete_file(session, picture)
    return len(pictures)


def list_strays(session: Session, objects: Iterable[KeptObject], now: datetime) -> list[str]:
    """The keys of what lies in the store for a day and belongs to nothing: an upload that was cut off on its way.

    A public file whose name is not one of ours, or that something shows, stays: the shop may have put it there.
    """
    old = [each.key for each in objects if each.changed_at < now - KEPT_WITHOUT_ROW]
    names = {key: _name_of(key) for key in old}
    asked = sorted({name for name in names.values() if name})
    known = set(session.scalars(select(StoredFile.public_name).where(StoredFile.public_name.in_(asked))))
    known |= set(session.scalars(select(StoredFile.id).where(StoredFile.id.in_(asked), StoredFile.kind == DOCUMENT)))
    strays = [key for key, name in names.items() if name and name not in known]
    return [key for key in strays if key.startswith(PRIVATE) or not _is_written(session, str(names[key]))]


def sweep_store(now: datetime) -> int:
    """Remove what belongs to nothing, with no transaction open while the store is asked; how many objects."""
    removed = 0
    for prefix in (PUBLIC, PRIVATE):
        found = list(get_store().list_objects(prefix))
        for start in range(0, len(found), LISTED_AT_ONCE):
            with unit_of_work() as session:
                strays = list_strays(session, found[start : start + LISTED_AT_ONCE], now)
            get_store().remove(strays)
            removed += len(strays)
    return removed


def _name_of(key: str) -> str | None:
    """Whose object it is: a picture's name, or a document's id."""
    return (
        find_public_name(f"/static/{key.removeprefix(PUBLIC)}") if key.startswith(PUBLIC) else key.removeprefix(PRIVATE)
    )


def _is_written(session: Session, public_name: str) -> bool:
    places = (*(exists(select(1).where(each.contains(public_name))) for each in (*ADDRESSES, *TEXTS)),)
    return bool(session.scalar(select(or_(*places))))
