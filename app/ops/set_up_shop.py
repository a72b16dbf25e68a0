"""What a fresh shop needs, from one file: seller, region, VAT, shipping, channel, key, first owner, Stripe's endpoint.

Running it again changes nothing that is there already; what the file adds is added.
"""

import os
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, EmailStr, Field, ValidationError
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.errors import Refusal
from app.core.jobs import enqueue
from app.core.settings import Settings
from app.gateways.stripe import Endpoint, StripeGateway
from app.ops.decide_repair import WantedEndpoint
from app.ops.seal_host import seal_first_host
from app.payments.event_types import HANDLED_EVENT_TYPES
from app.shipping.models import ShippingLocation
from app.shipping.queries import find_option_by_code
from app.shipping.rules import Destination, PriceStep
from app.shipping.service import NewLocation, NewShippingOption, create_location, create_option
from app.shop import queries, service
from app.shop.models import PublishableKey, Region
from app.shop.service import NewTaxRate
from app.shop.set_seller import SellerIdentity, set_seller
from app.staff.service import invite

WEBHOOK_PATH = "/stripe/webhook"
WEBHOOK_ALIAS = "/hooks/payment/stripe"
_HANDED_OVER = "STRIPE_WEBHOOK_SECRET="


class SetupRefused(Refusal):
    """The file cannot be followed; nothing was changed."""

    code = "setup_refused"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShopPart(_Part):
    """Who sells."""

    name: str
    contact_email: EmailStr
    locale: Literal["fr", "en"] = "fr"


class SellerPart(_Part):
    """Who sells, as invoices must say it; without it orders are taken and wait for their invoices."""

    legal_name: str
    legal_form: str
    siret: str
    address_1: str
    postal_code: str
    city: str
    address_2: str | None = None
    registration: str | None = None
    vat_number: str | None = None
    capital: str | None = None
    is_sole_trader: bool = False
    pays_vat_on_debits: bool = False


class OwnerPart(_Part):
    """Who gets the first one-time link."""

    email: EmailStr


class RegionPart(_Part):
    """Where it sells, in one currency."""

    name: str
    currency: str
    countries: Annotated[tuple[str, ...], Field(min_length=1)]


class TaxPart(_Part):
    """A VAT rate of every country of the region, in percent, from a day on."""

    category: str
    code: str
    name: str
    rate: Annotated[Decimal, Field(ge=0, lt=100)]
    valid_from_on: date


class VatPart(_Part):
    """Whether the seller charges VAT, from a day on; one in the franchise charges none (art. 293 B du CGI)."""

    kind: Literal["liable", "franchise"]
    valid_from_on: date


class LocationPart(_Part):
    """Where goods are picked up."""

    name: str
    address_1: str
    postal_code: str
    city: str
    country_code: Annotated[str, Field(min_length=2, max_length=2)]
    address_2: str | None = None
    phone: str | None = None


class WeightPart(_Part):
    """What sending costs from a weight on."""

    from_grams: Annotated[int, Field(gt=0)]
    price_cents: Annotated[int, Field(ge=0)]


class ShippingPart(_Part):
    """A way to send, or to send back, its price in cents, VAT included; `postal_prefixes`: to these places only."""

    code: str
    name: str
    price_cents: Annotated[int, Field(ge=0)]
    description: str = ""
    kind: Literal["shipping", "pickup"] = "shipping"
    is_return: bool = False
    free_from_cents: Annotated[int, Field(gt=0)] | None = None
    weights: tuple[WeightPart, ...] = ()
    max_weight_grams: Annotated[int, Field(gt=0)] | None = None
    postal_prefixes: tuple[str, ...] = ()
    location: LocationPart | None = None

    @property
    def steps(self) -> tuple[PriceStep, ...]:
        """The other prices, from an item total or a weight on."""
        free = (PriceStep(0, from_item_total_cents=self.free_from_cents),) if self.free_from_cents else ()
        return (*free, *(PriceStep(part.price_cents, from_weight_grams=part.from_grams) for part in self.weights))


class SetupFile(_Part):
    """The whole file."""

    shop: ShopPart
    owner: OwnerPart
    seller: SellerPart | None = None
    region: RegionPart
    vat: tuple[VatPart, ...] = ()
    tax: Annotated[tuple[TaxPart, ...], Field(min_length=1)]
    shipping: Annotated[tuple[ShippingPart, ...], Field(min_length=1)]
    channel: str = "Boutique en ligne"


@dataclass(frozen=True)
class SetupResult:
    """What to tell the person: the storefront's key, and the owner's link while there is no password yet."""

    publishable_key: str
    invitation_url: str | None


def read_setup_file(path: Path) -> SetupFile:
    """Read and check the file before anything is changed; raises `SetupRefused` naming each wrong line."""
    try:
        return SetupFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as problem:
        raise SetupRefused(f"{path} : {problem.strerror}") from None
    except tomllib.TOMLDecodeError as problem:
        raise SetupRefused(f"{path} : {problem}") from None
    except ValidationError as problem:
        wrong = (f"{'.'.join(map(str, error['loc']))} ({error['msg']})" for error in problem.errors())
        raise SetupRefused(f"{path} : {' ; '.join(wrong)}") from None


def set_up_shop(session: Session, wanted: SetupFile, settings: Settings) -> SetupResult:
    """Write what is missing, in the caller's transaction."""
    region = _region(session, wanted)
    service.set_shop(
        session,
        name=wanted.shop.name,
        contact_email=str(wanted.shop.contact_email),
        default_region_id=region.id,
        default_locale=wanted.shop.locale,
    )
    if wanted.seller is not None:
        set_seller(session, SellerIdentity(**wanted.seller.model_dump()))
        enqueue(session, "invoices.issue_missing")
    _shipping(session, wanted, region)
    key = _key(session, wanted)
    token = invite(session, str(wanted.owner.email), "owner")
    enqueue(session, "ops.register_sender")
    enqueue(session, "ops.register_mail_webhook")
    record_audit(session, "shop.set_up", "shop")
    seal_first_host(session)
    link = f"{settings.public_url}/app/invitation/{token}" if token else None
    return SetupResult(publishable_key=key.token, invitation_url=link)


def describe_endpoint(settings: Settings) -> WantedEndpoint:
    """What Stripe must have of ours; the alias takes events too, and is not what we subscribe."""
    urls = (f"{settings.public_url}{WEBHOOK_PATH}", f"{settings.public_url}{WEBHOOK_ALIAS}")
    return WantedEndpoint(urls, tuple(sorted(HANDLED_EVENT_TYPES)), settings.stripe_api_version)


def subscribe_endpoint(stripe: StripeGateway, settings: Settings) -> Endpoint:
    """Make another endpoint for exactly the events we handle; its secret is said only in this answer.

    Called with no transaction open. Raises `Retryable` or `Terminal`.
    """
    wanted = describe_endpoint(settings)
    return stripe.create_webhook_endpoint(
        url=wanted.urls[0], event_types=wanted.event_types, api_version=wanted.api_version, description="Comptoir"
    )


def demand_writable_folder(path: Path) -> None:
    """The secret of a new endpoint is said once: refuse before asking for it if it could not be kept."""
    if not os.access(path.parent, os.W_OK):
        raise SetupRefused(f"{path.parent} : dossier absent ou fermé à l'écriture. / missing or not writable.")


def write_handover(path: Path, secret: str) -> None:
    """Leave the secret for root, who puts it into the settings and restarts; readable by its owner alone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(f"{_HANDED_OVER}{secret}\n")
        stream.flush()
        os.fsync(stream.fileno())


def read_handover(path: Path) -> str:
    """The secret that root has not taken yet; empty when there is none."""
    try:
        return path.read_text().strip().removeprefix(_HANDED_OVER)
    except OSError:
        return ""


def _region(session: Session, wanted: SetupFile) -> Region:
    part = wanted.region
    region = queries.find_region_by_name(session, part.name)
    region = region or service.create_region(session, part.name, part.currency, part.countries)
    for country in part.countries:
        for tax in wanted.tax:
            rate = NewTaxRate(country, tax.category, tax.code, tax.name, tax.rate, tax.valid_from_on)
            service.set_tax_rate(session, rate)
    for regime in wanted.vat:
        service.set_vat_regime(session, regime.kind, regime.valid_from_on)
    return region


def _shipping(session: Session, wanted: SetupFile, region: Region) -> None:
    for rank, part in enumerate(wanted.shipping):
        if find_option_by_code(session, region.id, part.code) is None:
            create_option(session, _describe_option(session, part, region, rank))


def _describe_option(session: Session, part: ShippingPart, region: Region, rank: int) -> NewShippingOption:
    location = _make_location(session, part.location, region) if part.location else None
    served = [
        Destination(country.iso_2, postal_prefix=prefix)
        for country in region.countries
        for prefix in part.postal_prefixes
    ]
    return NewShippingOption(
        region.id,
        part.code,
        part.name,
        part.price_cents,
        part.description,
        part.kind,
        rank,
        is_return=part.is_return,
        steps=part.steps,
        max_weight_grams=part.max_weight_grams,
        destinations=tuple(served),
        location_id=location.id if location else None,
    )


def _make_location(session: Session, part: LocationPart, region: Region) -> ShippingLocation:
    if part.country_code.lower() not in {country.iso_2 for country in region.countries}:
        raise SetupRefused(f"{part.name} : {part.country_code} hors de la région. / outside the region.")
    return create_location(session, NewLocation(**part.model_dump()))


def _key(session: Session, wanted: SetupFile) -> PublishableKey:
    channel = queries.find_sales_channel_by_name(session, wanted.channel)
    channel = channel or service.create_sales_channel(session, wanted.channel)
    found = queries.find_key_by_title(session, wanted.channel)
    return found or service.create_publishable_key(session, wanted.channel, channel.id)
