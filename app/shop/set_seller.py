"""Who sells, as the law wants it on invoices."""

from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.versions import check_unchanged
from app.shop.models import Seller
from app.shop.queries import lock_seller
from app.shop.rules import check_seller

PLAIN = ("legal_form", "siren", "siret", "vat_number", "is_sole_trader", "pays_vat_on_debits")


@dataclass(frozen=True)
class SellerIdentity:
    """All that an invoice says of its seller; `capital` as the articles say it (`1 000 €`)."""

    legal_name: str
    legal_form: str
    siret: str
    address_1: str
    postal_code: str
    city: str
    country_code: str = "fr"
    address_2: str | None = None
    registration: str | None = None
    vat_number: str | None = None
    capital: str | None = None
    is_sole_trader: bool = False
    pays_vat_on_debits: bool = False


def set_seller(session: Session, wanted: SellerIdentity, if_match: str | None = None) -> Seller:
    """Say who sells; invoices issued from now on say so, those issued stay as they are.

    Raises `SellerRefused`, and `ChangedMeanwhile` when `if_match` names another version.
    """
    check_seller(wanted.siret, wanted.vat_number, wanted.country_code)
    seller = lock_seller(session)
    if seller is not None:
        check_unchanged(if_match, seller.updated_at)
    before = {name: getattr(seller, name) for name in PLAIN} if seller is not None else {}
    seller = seller or Seller(id=1)
    for name, value in {**asdict(wanted), "siren": wanted.siret[:9]}.items():
        setattr(seller, name, value)
    seller.updated_at = utc_now()
    session.add(seller)
    session.flush()  # whoever reads it in the same transaction finds it
    record_change(session, "seller.set", "seller", before, {name: getattr(seller, name) for name in PLAIN})
    return seller
