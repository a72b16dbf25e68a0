"""Medusa's `fields` grammar (store-api §2): which keys of a composed document an answer keeps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from fastapi import Response
from pydantic import BaseModel
from pydantic_core import to_json

EVERYTHING = "*"
# A blank is a `+` that nobody escaped in the address.
PREFIXES = ("+", "-", " ", EVERYTHING)


@dataclass
class FieldTree:
    """What is kept of one level of a document; shared between requests, never changed once it is parsed."""

    everything: bool = False
    children: dict[str, "FieldTree"] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)

    def wants(self, path: str) -> bool:
        """Whether the relation was named, by the caller or the defaults: `items.product` is composed only then."""
        return self._find(path) is not None

    def keeps(self, name: str) -> bool:
        """Whether this key of this level stays; `id` always does."""
        return name == "id" or (name not in self.removed and (self.everything or name in self.children))

    def below(self, path: str) -> "FieldTree":
        """The tree of a relation; all of it when nobody named it."""
        return self._find(path) or ALL

    def _find(self, path: str) -> "FieldTree | None":
        node: FieldTree | None = self
        for name in path.split("."):
            node = node.children.get(name) if node else None
        return node

    def add(self, path: Sequence[str]) -> None:
        """Keep this key; a level that holds everything goes on doing so below a key that is named in it."""
        node = self
        for name in path:
            node.removed.discard(name)
            node = node.children.setdefault(name, FieldTree(everything=node.everything))
        node.everything = True

    def remove(self, path: Sequence[str]) -> None:
        """Drop this key with everything below it."""
        *above, last = path
        node = self
        for name in above:
            node = node.children.setdefault(name, FieldTree(everything=node.everything))
        node.children.pop(last, None)
        node.removed.add(last)


ALL = FieldTree(everything=True)


@lru_cache(maxsize=256)
def parse_fields(raw: str | None, defaults: tuple[str, ...] = (EVERYTHING,)) -> FieldTree:
    """The caller's `fields` applied to the defaults, which are written in the same grammar (`*` alone: all there is).

    One entry without prefix and the list replaces the defaults; all entries prefixed and it changes them.
    """
    entries = [entry for entry in (raw or "").split(",") if entry.strip()]
    replaces = any(not entry.startswith(PREFIXES) and not entry.rstrip().endswith(".*") for entry in entries)
    tree = FieldTree()
    for entry in [*(() if replaces else defaults), *entries]:
        _apply(tree, entry.strip())
    return tree


def _apply(tree: FieldTree, entry: str) -> None:
    if entry == EVERYTHING:
        tree.everything = True
        return
    change: Callable[[Sequence[str]], None] = tree.remove if entry.startswith("-") else tree.add
    path = [name for name in entry.lstrip("".join(PREFIXES)).split(".") if name not in ("", EVERYTHING)]
    if path:
        change(path)


def prune(document: object, tree: FieldTree) -> object:
    """The document with what the tree keeps; what it names and the document does not hold is left out silently."""
    if isinstance(document, list):
        return [prune(element, tree) for element in document]
    if not isinstance(document, Mapping) or (tree.everything and not tree.children and not tree.removed):
        return document
    return {
        name: prune(value, tree.children[name]) if name in tree.children else value
        for name, value in document.items()
        if tree.keeps(name)
    }


def answer(name: str, shown: BaseModel | Mapping[str, object], tree: FieldTree, **beside: object) -> Response:
    """The answer `{name: document}`, pruned; `beside` stands next to it (`type="order"`, `deleted=True`)."""
    return Response(to_json({name: prune(_plain(shown), tree), **beside}), media_type="application/json")


def answer_list(name: str, shown: Sequence[BaseModel | Mapping[str, object]], tree: FieldTree) -> Response:
    """The answer of a list that is never paged: `{name: [documents]}`."""
    return Response(to_json({name: [prune(_plain(each), tree) for each in shown]}), media_type="application/json")


def answer_page(
    name: str,
    shown: Sequence[BaseModel | Mapping[str, object]],
    tree: FieldTree,
    *,
    count: int,
    offset: int,
    limit: int,
) -> Response:
    """The answer of a list in Medusa's envelope; `count` is of all that match."""
    documents = [prune(_plain(each), tree) for each in shown]
    body = {name: documents, "count": count, "offset": offset, "limit": limit}
    return Response(to_json(body), media_type="application/json")


def _plain(shown: BaseModel | Mapping[str, object]) -> object:
    return shown.model_dump(mode="json") if isinstance(shown, BaseModel) else shown
