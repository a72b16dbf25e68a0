"""Categories with what is above and below them, from one reading of all that may be shown."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.catalogue.list_groups import list_shown_categories
from app.core.fields import ALL, FieldTree, prune
from app.store_api.render_products import CATEGORY
from app.store_api.render_rows import Document

PARENT, CHILDREN = "parent_category", "category_children"


@dataclass(frozen=True)
class Family:
    """All shelves that may be shown, by id and by the one they stand in."""

    by_id: Mapping[str, Document]
    by_parent: Mapping[str, list[Document]]

    def show(self, category_id: str, tree: FieldTree, *, to_the_top: bool, to_the_leaves: bool) -> Document:
        """The category with those above and below: as far as `fields` names them, or as far as there are any."""
        own = self.by_id[category_id]
        shown = {name: value for name, value in own.items() if tree.keeps(name)}
        seen = frozenset([category_id])
        if to_the_top or tree.wants(PARENT):
            parent = self._parent(own, tree.below(PARENT), seen, to_the_top=to_the_top)
            shown[PARENT] = prune(parent, tree.below(PARENT))
        if to_the_leaves or tree.wants(CHILDREN):
            children = self._children(own, tree.below(CHILDREN), seen, to_the_leaves=to_the_leaves)
            shown[CHILDREN] = prune(children, tree.below(CHILDREN))
        return shown

    def _parent(self, child: Document, tree: FieldTree, seen: frozenset[str], *, to_the_top: bool) -> Document | None:
        parent_id = str(child["parent_category_id"])
        if parent_id not in self.by_id or parent_id in seen:
            return None
        parent = dict(self.by_id[parent_id])
        if to_the_top or tree.wants(PARENT):
            parent[PARENT] = self._parent(parent, tree.below(PARENT), seen | {parent_id}, to_the_top=to_the_top)
        return parent

    def _children(
        self, parent: Document, tree: FieldTree, seen: frozenset[str], *, to_the_leaves: bool
    ) -> list[Document]:
        """Without those it stands in itself: a loop of parents ends."""
        children = [dict(child) for child in self.by_parent.get(str(parent["id"]), []) if child["id"] not in seen]
        if to_the_leaves or tree.wants(CHILDREN):
            below = tree.below(CHILDREN)
            for child in children:
                above = seen | {str(child["id"])}
                child[CHILDREN] = self._children(child, below, above, to_the_leaves=to_the_leaves)
        return children


def read_family(session: Session) -> Family:
    """All shelves, in one statement."""
    picked = CATEGORY.pick(ALL)
    documents = [picked.write(row) for row in list_shown_categories(session, picked.columns)]
    by_parent: defaultdict[str, list[Document]] = defaultdict(list)
    for document in documents:
        by_parent[str(document["parent_category_id"])].append(document)
    return Family({str(document["id"]): document for document in documents}, by_parent)
