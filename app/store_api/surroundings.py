"""What hangs on products and is shown by their variants too: each picture and option value is one document, shared."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.wire import absolute_url
from app.store_api.render_rows import DELETED_AT, Document


@dataclass
class Surroundings:
    """Pictures, options and tags by product; values by their own id, with the place they have among the options."""

    tax_categories: dict[str, str] = field(default_factory=dict)
    images: dict[str, list[Document]] = field(default_factory=dict)
    options: dict[str, list[Document]] = field(default_factory=dict)
    tags: dict[str, list[Document]] = field(default_factory=dict)
    values: dict[str, Document] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)

    def add(self, product_id: str, tax_category: str, lists: Mapping[str, object]) -> None:
        """Take in a product's lists, as `catalogue.list_rows` reads them."""
        self.tax_categories[product_id] = tax_category
        self.images[product_id] = [
            {
                "id": each[0],
                "url": absolute_url(str(each[1])),
                "rank": each[2],
                "metadata": each[3],
                "product_id": product_id,
            }
            for each in _rows(lists.get("images"))
        ]
        self.tags[product_id] = [
            {
                "id": each[0],
                "value": each[1],
                "metadata": each[2],
                "created_at": each[3],
                "updated_at": each[4],
                DELETED_AT: None,
            }
            for each in _rows(lists.get("tags"))
        ]
        self._add_options(product_id, _rows(lists.get("options")))

    def _add_options(self, product_id: str, rows: list[list[object]]) -> None:
        options: dict[object, Document] = {}
        for option_id, title, value_id, value in rows:
            own: Document = {"id": option_id, "title": title, "product_id": product_id, "metadata": None}
            shown: Document = {"id": value_id, "value": value, "option_id": option_id, "metadata": None}
            values = options.setdefault(option_id, {**own, "values": []})["values"]
            if isinstance(values, list):
                values.append(shown)
            self.ranks[str(value_id)] = len(self.ranks)
            self.values[str(value_id)] = {**shown, "option": own}
        self.options[product_id] = list(options.values())

    def images_of(self, product_id: str, own_ids: object) -> list[Document]:
        """The variant's own pictures, else all of the product's."""
        images = self.images[product_id]
        return (
            [image for image in images if image["id"] in own_ids] if isinstance(own_ids, list) and own_ids else images
        )

    def options_of(self, value_ids: object) -> list[Document]:
        """One entry per option, in the options' order: the starter compares the whole."""
        known = [value_id for value_id in value_ids if value_id in self.values] if isinstance(value_ids, list) else []
        return [self.values[value_id] for value_id in sorted(known, key=self.ranks.__getitem__)]


def _rows(found: object) -> list[list[object]]:
    return found if isinstance(found, list) else []
