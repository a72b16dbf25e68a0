"""Rows turned into documents: the wire's names for columns, and only the columns that the caller keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.fields import FieldTree, prune
from app.core.wire import absolute_url

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
        return Picked(
            names,
            tuple(self.columns[name] for name in names),
            tuple(name for name in names if name.endswith("_at")),
            tuple(name for name in names if name in ADDRESSES),
            has_deletion=tree.keeps(DELETED_AT),
        )


@dataclass(frozen=True)
class Picked:
    """Names and columns of the fields that are kept, in one order; which of them are instants, which addresses."""

    names: Columns
    columns: Columns
    instants: Columns
    addresses: Columns
    has_deletion: bool

    def write(self, row: Sequence[object]) -> Document:
        """The document of a row whose first columns are these."""
        document: Document = dict(zip(self.names, row, strict=False))
        for name in self.instants:
            document[name] = write_instant(document[name])
        for name in self.addresses:
            document[name] = write_address(document[name])
        if self.has_deletion:
            document[DELETED_AT] = None
        return document


def write_instant(instant: object) -> object:
    """ISO 8601 UTC with milliseconds; the connection's time zone is UTC."""
    return f"{instant.isoformat(timespec='milliseconds')[:-6]}Z" if isinstance(instant, datetime) else instant


def write_address(path: object) -> object:
    """A picture's whole address."""
    return absolute_url(path) if isinstance(path, str) else path


def prune_documents(documents: dict[str, Document], tree: FieldTree) -> dict[str, Document]:
    """What the tree keeps of documents whose own fields were picked: the same unless something below is cut."""
    if all(is_whole(child) for child in tree.children.values()):
        return documents
    pruned = {key: prune(document, tree) for key, document in documents.items()}
    return {key: kept for key, kept in pruned.items() if isinstance(kept, dict)}


def is_whole(tree: FieldTree) -> bool:
    """Whether nothing is left out of this level and those below it."""
    return tree.everything and not tree.removed and all(is_whole(child) for child in tree.children.values())
