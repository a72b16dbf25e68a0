"""People who buy, how they log in, their address books; and the shape of an address wherever one is kept."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, Json


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
    details: Mapped[Json | None] = mapped_column("metadata")

    @property
    def is_deliverable(self) -> bool:
        """Whether a parcel with this address finds somebody."""
        name = " ".join(filter(None, (self.first_name, self.last_name, self.company)))
        needed = (name, self.address_1, self.postal_code, self.city, self.country_code)
        return all(part and part.strip() for part in needed)


class Customer(Base):
    """A buyer; the e-mail is kept in lower case, and one address may be a guest and an account: two rows.

    A guest's orders are not the account's: whoever signs up has not proven to own the address. They are transferred.
    """

    __tablename__ = "customer"
    __table_args__ = (
        UniqueConstraint("email", "has_account"),
        Index(
            "uq_customer_account_email", func.lower(text("email")), unique=True, postgresql_where=text("has_account")
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    has_account: Mapped[bool] = mapped_column(server_default="false")
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    phone: Mapped[str | None]
    company_name: Mapped[str | None]
    details: Mapped[Json | None] = mapped_column("metadata")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    anonymised_at: Mapped[datetime | None]

    addresses: Mapped[list["CustomerAddress"]] = relationship(lazy="raise", order_by="CustomerAddress.created_at")


class CustomerAddress(AddressColumns, Base):
    """An address of a customer's book; one at most is where parcels go, one at most where bills go."""

    __tablename__ = "customer_address"
    __table_args__ = (
        Index("uq_customer_address_shipping", "customer_id", unique=True, postgresql_where=text("is_default_shipping")),
        Index("uq_customer_address_billing", "customer_id", unique=True, postgresql_where=text("is_default_billing")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    address_name: Mapped[str | None]
    is_default_shipping: Mapped[bool] = mapped_column(server_default="false")
    is_default_billing: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class AuthIdentity(Base):
    """An address and a password that open an account; without customer while the sign-up is not finished.

    `token_version` counts its passwords: tokens and sessions of an older one are worth nothing.
    """

    __tablename__ = "auth_identity"
    __table_args__ = (UniqueConstraint("email"), CheckConstraint("email = lower(email)", name="email_is_lower_case"))

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    password_hash: Mapped[str]
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), unique=True)
    token_version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class PasswordReset(Base):
    """Somebody asked for a new password: a row also for an address that nobody has, so that both cost the same.

    The job that writes the mail makes the token; only its hash stays, and it works once.
    """

    __tablename__ = "password_reset"

    id: Mapped[str] = mapped_column(primary_key=True)
    identity_id: Mapped[str | None] = mapped_column(ForeignKey("auth_identity.id", ondelete="CASCADE"), index=True)
    locale: Mapped[str | None]
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    expires_at: Mapped[datetime | None]
