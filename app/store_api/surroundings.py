"""What variants show of their products: pictures and option values, each document made once and shared."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.catalogue import list_rows
from app.store_api.render_rows import Document
from app.store_api.shapes import absolute_url


@dataclass
class Surroundings:
    """Pictures and options by product; values by their own id, with the place they have among the options."""

    tax_categories: Mapping[str, str]
    images: defaultdict[str, list[Document]] = field(default_factory=lambda: defaultdict(list))
    options: defaultdict[str, list[Document]] = field(default_factory=lambda: defaultdict(list))
    values: dict[str, Document] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)

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


def read_surroundings(
    session: Session, product_ids: Collection[str], tax_categories: Mapping[str, str], *, images: bool, options: bool
) -> Surroundings:
    """The VAT categories of these products, with their pictures and options where somebody shows them."""
    around = Surroundings(tax_categories)
    if images:
        _read_images(session, product_ids, around)
    if options:
        _read_options(session, product_ids, around)
    return around


def _read_images(session: Session, product_ids: Collection[str], around: Surroundings) -> None:
    for product_id, image_id, url, rank, metadata in list_rows.list_image_rows(session, product_ids):
        around.images[str(product_id)].append(
            {
                "id": image_id,
                "url": absolute_url(str(url)),
                "rank": rank,
                "metadata": metadata,
                "product_id": product_id,
            }
        )


def _read_options(session: Session, product_ids: Collection[str], around: Surroundings) -> None:
    seen: dict[object, list[Document]] = {}
    for rank, row in enumerate(list_rows.list_option_rows(session, product_ids)):
        product_id, option_id, title, value_id, value = row
        own: Document = {"id": option_id, "title": title, "product_id": product_id, "metadata": None}
        if option_id not in seen:
            seen[option_id] = []
            around.options[str(product_id)].append({**own, "values": seen[option_id]})
        shown: Document = {"id": value_id, "value": value, "option_id": option_id, "metadata": None}
        seen[option_id].append(shown)
        around.values[str(value_id)] = {**shown, "option": own}
        around.ranks[str(value_id)] = rank
