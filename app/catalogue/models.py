"""What is sold: products, their options and variants, pictures; and the words they are sorted and found by."""

from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, Column, ForeignKey, Index, Table, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, Json
from app.files.models import StoredFile

product_category_link = Table(
    "product_category_link",
    Base.metadata,
    Column("product_id", ForeignKey("product.id", ondelete="CASCADE"), primary_key=True),
    Column("category_id", ForeignKey("product_category.id", ondelete="CASCADE"), primary_key=True, index=True),
)

product_channel_link = Table(
    "product_channel_link",
    Base.metadata,
    Column("product_id", ForeignKey("product.id", ondelete="CASCADE"), primary_key=True),
    Column("sales_channel_id", ForeignKey("sales_channel.id"), primary_key=True, index=True),
)

product_tag_link = Table(
    "product_tag_link",
    Base.metadata,
    Column("product_id", ForeignKey("product.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("product_tag.id", ondelete="CASCADE"), primary_key=True, index=True),
)

variant_option_link = Table(
    "variant_option_link",
    Base.metadata,
    Column("variant_id", ForeignKey("product_variant.id", ondelete="CASCADE"), primary_key=True),
    Column("option_value_id", ForeignKey("product_option_value.id"), primary_key=True, index=True),
)

# A variant without a row here shows all pictures of its product.
variant_image_link = Table(
    "variant_image_link",
    Base.metadata,
    Column("variant_id", ForeignKey("product_variant.id", ondelete="CASCADE"), primary_key=True),
    Column("image_id", ForeignKey("product_image.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class DatedColumns:
    """When a row was made and last changed."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class CustomsColumns:
    """What parcels and customs ask of a product or a variant."""

    weight_grams: Mapped[int | None]
    length_mm: Mapped[int | None]
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]
    origin_country: Mapped[str | None]
    hs_code: Mapped[str | None]
    mid_code: Mapped[str | None]
    material: Mapped[str | None]


def _shown_indexes() -> list[Index]:
    """The storefront's lists walk these, and count in them: drafts and archived products are not in there."""
    orders = {name: (name, "id") for name in ("created_at", "updated_at", "title", "handle")} | {"id": ("id",)}
    return [
        Index(
            f"ix_product_shown_{name}",
            *columns,
            postgresql_where=text("status = 'published'"),
            postgresql_include=["channel_ids"],
        )
        for name, columns in orders.items()
    ]


class Product(DatedColumns, CustomsColumns, Base):
    """A product page of the shop; only `published` ones are visible outside."""

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'published', 'archived')", name="status"),
        *_shown_indexes(),
        Index("ix_product_is_giftcard", "id", postgresql_where=text("is_giftcard")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    subtitle: Mapped[str | None]
    description: Mapped[str | None]
    handle: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(server_default="draft", index=True)
    thumbnail: Mapped[str | None]
    tax_category: Mapped[str] = mapped_column(server_default="standard")
    is_discountable: Mapped[bool] = mapped_column(server_default="true")
    is_giftcard: Mapped[bool] = mapped_column(server_default="false")
    external_id: Mapped[str | None] = mapped_column(index=True)
    collection_id: Mapped[str | None] = mapped_column(
        ForeignKey("product_collection.id", ondelete="SET NULL"), index=True
    )
    type_id: Mapped[str | None] = mapped_column(ForeignKey("product_type.id", ondelete="SET NULL"), index=True)
    details: Mapped[Json | None] = mapped_column("metadata")
    # Why nobody may withdraw from buying it (French law, L221-28); None: they may.
    withdrawal_excluded_reason: Mapped[str | None]
    published_at: Mapped[datetime | None]
    # What product_channel_link says; a trigger writes it, nobody else.
    channel_ids: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")

    options: Mapped[list["ProductOption"]] = relationship(lazy="raise", order_by="ProductOption.rank")
    variants: Mapped[list["ProductVariant"]] = relationship(
        lazy="raise", order_by="ProductVariant.rank", back_populates="product"
    )
    images: Mapped[list["ProductImage"]] = relationship(lazy="raise", order_by="ProductImage.rank")
    categories: Mapped[list["ProductCategory"]] = relationship(lazy="raise", secondary=product_category_link)
    tags: Mapped[list["ProductTag"]] = relationship(lazy="raise", secondary=product_tag_link)


class ProductSearch(Base):
    """The words a product is found by, its variants' too, without accents and capitals: triggers keep them."""

    __tablename__ = "product_search"
    __table_args__ = (
        Index("ix_product_search_words", "words", postgresql_using="gin", postgresql_ops={"words": "gin_trgm_ops"}),
    )

    product_id: Mapped[str] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    title: Mapped[str]
    words: Mapped[str]


class ProductOption(Base):
    """A dimension along which variants differ, such as the colour."""

    __tablename__ = "product_option"
    __table_args__ = (UniqueConstraint("product_id", "title"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"))
    title: Mapped[str]
    rank: Mapped[int] = mapped_column(server_default="0")

    values: Mapped[list["ProductOptionValue"]] = relationship(
        lazy="raise", order_by="ProductOptionValue.rank", back_populates="option"
    )


class ProductOptionValue(Base):
    """One value of an option, such as `Noir`."""

    __tablename__ = "product_option_value"
    __table_args__ = (UniqueConstraint("option_id", "value"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    option_id: Mapped[str] = mapped_column(ForeignKey("product_option.id", ondelete="CASCADE"))
    value: Mapped[str] = mapped_column(index=True)
    rank: Mapped[int] = mapped_column(server_default="0")

    option: Mapped["ProductOption"] = relationship(lazy="raise", back_populates="values")


class ProductVariant(DatedColumns, CustomsColumns, Base):
    """What is put into a cart: one value per option, with a stock-keeping unit."""

    __tablename__ = "product_variant"
    __table_args__ = (
        Index("ix_product_variant_created_at", "created_at", "id"),
        # Nothing says yet how pieces that are not there are sold (docs/decisions/0010).
        CheckConstraint("NOT allows_backorder", name="sells_what_is_there"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), index=True)
    title: Mapped[str]
    sku: Mapped[str | None] = mapped_column(unique=True)
    barcode: Mapped[str | None] = mapped_column(index=True)
    ean: Mapped[str | None] = mapped_column(index=True)
    upc: Mapped[str | None] = mapped_column(index=True)
    thumbnail: Mapped[str | None]
    rank: Mapped[int] = mapped_column(server_default="0")
    manages_stock: Mapped[bool] = mapped_column(server_default="true")
    allows_backorder: Mapped[bool] = mapped_column(server_default="false")
    requires_shipping: Mapped[bool] = mapped_column(server_default="true")
    details: Mapped[Json | None] = mapped_column("metadata")

    product: Mapped["Product"] = relationship(lazy="raise", back_populates="variants")
    option_values: Mapped[list["ProductOptionValue"]] = relationship(lazy="raise", secondary=variant_option_link)
    images: Mapped[list["ProductImage"]] = relationship(lazy="raise", secondary=variant_image_link)


class ProductImage(Base):
    """A picture of a product; `url` is a path below the shop's public address. On its first place is the thumbnail."""

    __tablename__ = "product_image"
    # Compared at the commit: whoever orders pictures anew may write one place after the other.
    __table_args__ = (UniqueConstraint("product_id", "rank", deferrable=True, initially="DEFERRED"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), index=True)
    url: Mapped[str]
    # Whose address it is, if the file is ours; a trigger writes it, nobody else.
    file_id: Mapped[str | None] = mapped_column(ForeignKey(StoredFile.id, ondelete="RESTRICT"), index=True)
    rank: Mapped[int] = mapped_column(server_default="0")
    details: Mapped[Json | None] = mapped_column("metadata")


class ProductCategory(DatedColumns, Base):
    """A shelf of the shop; an internal one sorts products and is shown nowhere."""

    __tablename__ = "product_category"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    handle: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(server_default="")
    rank: Mapped[int] = mapped_column(server_default="0")
    is_active: Mapped[bool] = mapped_column(server_default="true")
    is_internal: Mapped[bool] = mapped_column(server_default="false")
    parent_category_id: Mapped[str | None] = mapped_column(ForeignKey("product_category.id"), index=True)
    details: Mapped[Json | None] = mapped_column("metadata")


class ProductCollection(DatedColumns, Base):
    """Products that are shown together, such as a season's; a product is in one at most."""

    __tablename__ = "product_collection"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    handle: Mapped[str] = mapped_column(unique=True)
    details: Mapped[Json | None] = mapped_column("metadata")


class ProductTag(DatedColumns, Base):
    """A word that products share."""

    __tablename__ = "product_tag"

    id: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(unique=True)
    details: Mapped[Json | None] = mapped_column("metadata")


class ProductType(DatedColumns, Base):
    """What kind of thing a product is; one at most."""

    __tablename__ = "product_type"

    id: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(unique=True)
    details: Mapped[Json | None] = mapped_column("metadata")


class ProductFamily(DatedColumns, Base):
    """What the metadata of a family of products must be: `catalogue.rules` reads its definition."""

    __tablename__ = "product_family"

    name: Mapped[str] = mapped_column(primary_key=True)
    definition: Mapped[Json]
