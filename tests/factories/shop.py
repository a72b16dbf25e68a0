"""A shop that sells in France: region, channel, publishable key, VAT rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from app.shop import service
from app.shop.models import PublishableKey, Region, SalesChannel
from app.shop.set_seller import SellerIdentity, set_seller

LONG_AGO = date(2014, 1, 1)
# Numbers whose check digits fit.
SELLER = SellerIdentity(
    legal_name="Boutique Démonstration",
    legal_form="SARL",
    siret="12345678200002",
    address_1="1 rue de l'Exemple",
    postal_code="69001",
    city="Lyon",
    registration="RCS Lyon 123 456 782",
    vat_number="FR11123456782",
    capital="1 000 €",
)


@dataclass(frozen=True)
class MadeShop:
    """What a storefront needs to know of a shop."""

    region: Region
    channel: SalesChannel
    key: PublishableKey

    @property
    def headers(self) -> dict[str, str]:
        """What a storefront sends with every call."""
        return {"x-publishable-api-key": self.key.token}


def make_shop(
    session: Session,
    *,
    region_name: str = "France",
    currency_code: str = "eur",
    countries: Sequence[str] = ("fr",),
) -> MadeShop:
    """One region, one channel, one key, France's rates of 20 % and 5.5 %."""
    region = service.create_region(session, region_name, currency_code, countries)
    channel = service.create_sales_channel(session, "Boutique en ligne")
    key = service.create_publishable_key(session, "Boutique", channel.id)
    service.set_shop(session, name="Boutique", contact_email="boutique@example.com", default_region_id=region.id)
    set_seller(session, SELLER)
    make_tax_rate(session)
    make_tax_rate(session, category="book", code="fr-5.5", name="TVA 5,5 %", rate=Decimal("5.50"))
    return MadeShop(region, channel, key)


def make_tax_rate(
    session: Session,
    *,
    country_code: str = "fr",
    category: str = "standard",
    code: str = "fr-20",
    name: str = "TVA 20 %",
    rate: Decimal = Decimal("20.00"),
    valid_from_on: date = LONG_AGO,
) -> None:
    """A VAT rate, France's standard one unless said otherwise."""
    service.set_tax_rate(session, service.NewTaxRate(country_code, category, code, name, rate, valid_from_on))
