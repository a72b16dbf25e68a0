"""People who buy, and the shape of an address wherever one is kept."""

from datetime import datetime

from sqlalchemy import UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class AddressColumns:
    """The columns of a postal address: carts and orders keep their own copies."""

    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    phone: Mapped[str | None]
    company: Mapped[str | None]
    address_1: Mapped[str | None]
    address_2: Mapped[str | None]
    city: Mapped[str | None]
    country_code: Mapped[str | None]
    province: Mapped[str | None]
    postal_code: Mapped[str | None]


class Customer(Base):
    """A buyer, guest or with an account; the e-mail is kept in lower case."""

    __tablename__ = "customer"
    __table_args__ = (UniqueConstraint("email", "has_account"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    has_account: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
