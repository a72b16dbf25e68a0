"""What is sold: products, their options and variants, pictures, categories."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, Table, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, Json

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

variant_option_link = Table(
    "variant_option_link",
    Base.metadata,
    Column("variant_id", ForeignKey("product_variant.id", ondelete="CASCADE"), primary_key=True),
    Column("option_value_id", ForeignKey("product_option_value.id"), primary_key=True, index=True),
)


class Product(Base):
    """A product page of the shop; only `published` ones are visible outside."""

    __tablename__ = "product"
    __table_args__ = (CheckConstraint("status IN ('draft', 'published', 'archived')", name="status"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    subtitle: Mapped[str | None]
    description: Mapped[str | None]
    handle: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(server_default="draft", index=True)
    thumbnail: Mapped[str | None]
    tax_category: Mapped[str] = mapped_column(server_default="standard")
    is_discountable: Mapped[bool] = mapped_column(server_default="true")
    weight_grams: Mapped[int | None]
    origin_country: Mapped[str | None]
    material: Mapped[str | None]
    details: Mapped[Json | None] = mapped_column("metadata")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    options: Mapped[list["ProductOption"]] = relationship(lazy="raise", order_by="ProductOption.rank")
    variants: Mapped[list["ProductVariant"]] = relationship(
        lazy="raise", order_by="ProductVariant.rank", back_populates="product"
    )
    images: Mapped[list["ProductImage"]] = relationship(lazy="raise", order_by="ProductImage.rank")
    categories: Mapped[list["ProductCategory"]] = relationship(
        lazy="raise", secondary=product_category_link, back_populates="products"
    )


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
    value: Mapped[str]
    rank: Mapped[int] = mapped_column(server_default="0")

    option: Mapped["ProductOption"] = relationship(lazy="raise", back_populates="values")


class ProductVariant(Base):
    """What is put into a cart: one value per option, with a stock-keeping unit."""

    __tablename__ = "product_variant"

    id: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), index=True)
    title: Mapped[str]
    sku: Mapped[str | None] = mapped_column(unique=True)
    barcode: Mapped[str | None]
    rank: Mapped[int] = mapped_column(server_default="0")
    manages_stock: Mapped[bool] = mapped_column(server_default="true")
    requires_shipping: Mapped[bool] = mapped_column(server_default="true")
    weight_grams: Mapped[int | None]
    details: Mapped[Json | None] = mapped_column("metadata")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    product: Mapped["Product"] = relationship(lazy="raise", back_populates="variants")
    option_values: Mapped[list["ProductOptionValue"]] = relationship(lazy="raise", secondary=variant_option_link)


class ProductImage(Base):
    """A picture of a product; `url` is a path below the shop's public address."""

    __tablename__ = "product_image"

    id: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), index=True)
    url: Mapped[str]
    rank: Mapped[int] = mapped_column(server_default="0")


class ProductCategory(Base):
    """A shelf of the shop."""

    __tablename__ = "product_category"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    handle: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(server_default="")
    rank: Mapped[int] = mapped_column(server_default="0")
    is_active: Mapped[bool] = mapped_column(server_default="true")
    parent_category_id: Mapped[str | None] = mapped_column(ForeignKey("product_category.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    products: Mapped[list["Product"]] = relationship(
        lazy="raise", secondary=product_category_link, back_populates="categories"
    )
