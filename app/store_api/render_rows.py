"""Rows turned into documents: the wire's names for columns, and only the columns that the caller keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.store_api.fields import FieldTree, prune
from app.store_api.shapes import absolute_url

Document = dict[str, object]
Columns = tuple[str, ...]

ADDRESSES = ("thumbnail", "url")
# Medusa deletes softly; here what is gone is gone, and what is there was never deleted.
DELETED_AT = "deleted_at"


@dataclass(frozen=True)
class Fields:
    """The own fields of a kind of thing: name on the wire -> column."""

    columns: Mapping[str, str]

    def pick(self, tree: FieldTree) -> "Picked":
        """Those that the caller keeps; the id always, for the pieces are told apart by it."""
        names = tuple(name for name in self.columns if tree.keeps(name))
        return Picked(names, tuple(self.columns[name] for name in names), has_deletion=tree.keeps(DELETED_AT))


@dataclass(frozen=True)
class Picked:
    """Names and columns of the fields that are kept, in one order."""

    names: Columns
    columns: Columns
    has_deletion: bool

    def write(self, row: Sequence[object]) -> Document:
        """The document of a row whose first columns are these."""
        document: Document = dict(zip(self.names, row, strict=False))
        for name, value in document.items():
            if type(value) is datetime:
                document[name] = write_instant(value)
            elif name in ADDRESSES and type(value) is str:
                document[name] = absolute_url(value)
        if self.has_deletion:
            document[DELETED_AT] = None
        return document


def write_instant(instant: datetime) -> str:
    """ISO 8601 UTC with milliseconds; the connection's time zone is UTC."""
    written = instant if instant.utcoffset() is None else instant.astimezone(UTC)
    return f"{written.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def prune_document(document: Document, tree: FieldTree) -> Document:
    """What the tree keeps of a document whose own fields were picked: the same one unless something below is cut."""
    if all(is_whole(child) for child in tree.children.values()):
        return document
    kept = prune(document, tree)
    return kept if isinstance(kept, dict) else document


def is_whole(tree: FieldTree) -> bool:
    """Whether nothing is left out of this level and those below it."""
    return tree.everything and not tree.removed and all(is_whole(child) for child in tree.children.values())
