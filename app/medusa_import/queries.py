"""Reads of the import: what came before, and what may be in its way."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.catalogue.models import Product, ProductVariant
from app.core.db import get_engine
from app.medusa_import.errors import ImportRunNotFound, ImportUnderWay, ShopNotSetUp
from app.medusa_import.models import MedusaObject, MedusaProblem, MedusaRun
from app.orders.models import Order, OrderNumber
from app.shop.models import Country, Region, SalesChannel

MOST_RUNS = 100
_TRY = text("SELECT pg_try_advisory_lock(hashtext('medusa_import'))")
_LET_GO = text("SELECT pg_advisory_unlock(hashtext('medusa_import'))")


@contextmanager
def lock_import() -> Iterator[None]:
    """Nobody else imports meanwhile; a process that dies lets go. No transaction is open. Raises `ImportUnderWay`."""
    with get_engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(_TRY):
            raise ImportUnderWay
        try:
            yield
        finally:
            connection.execute(_LET_GO)


def find_local_id(session: Session, source: str, kind: str, external_id: str) -> str | None:
    """What this object of Medusa became here."""
    return session.scalar(
        select(MedusaObject.local_id).where(
            MedusaObject.source == source, MedusaObject.kind == kind, MedusaObject.external_id == external_id
        )
    )


def list_digests(session: Session, source: str, kind: str, external_ids: Collection[str]) -> dict[str, str]:
    """Of these objects those that came before, and what each was then."""
    found = select(MedusaObject.external_id, MedusaObject.sha256).where(
        MedusaObject.source == source, MedusaObject.kind == kind, MedusaObject.external_id.in_(external_ids)
    )
    return {row[0]: row[1] for row in session.execute(found)}


def list_product_ids(session: Session, variant_ids: Collection[str]) -> dict[str, str]:
    """The products of these variants."""
    found = select(ProductVariant.id, ProductVariant.product_id).where(ProductVariant.id.in_(variant_ids))
    return {row[0]: row[1] for row in session.execute(found)}


def find_managed_variant(session: Session, variant_id: str) -> str | None:
    """The same id, of a variant whose pieces are counted."""
    wanted = select(ProductVariant.id).where(ProductVariant.id == variant_id, ProductVariant.manages_stock)
    return session.scalar(wanted)


def is_handle_taken(session: Session, handle: str) -> bool:
    """Whether a product here has this address."""
    return session.scalar(select(Product.id).where(Product.handle == handle)) is not None


def find_region_like(session: Session, name: str, currency_code: str, country_codes: Collection[str]) -> str | None:
    """The region of this name and currency, else one of this currency that has one of these countries."""
    of_currency = select(Region.id).where(Region.currency_code == currency_code)
    named = session.scalar(of_currency.where(Region.name == name))
    shared = of_currency.join(Country, Country.region_id == Region.id).where(Country.iso_2.in_(country_codes))
    return named or session.scalar(shared.order_by(Region.created_at, Region.id).limit(1))


def list_free_countries(session: Session, country_codes: Collection[str]) -> list[str]:
    """Of these countries those that exist and that no region has."""
    wanted = select(Country.iso_2).where(Country.iso_2.in_(country_codes), Country.region_id.is_(None))
    return list(session.scalars(wanted.order_by(Country.iso_2)))


def find_region_of_currency(session: Session, currency_code: str) -> str | None:
    """The oldest region that sells in this currency."""
    wanted = select(Region.id).where(Region.currency_code == currency_code).order_by(Region.created_at, Region.id)
    return session.scalar(wanted.limit(1))


def get_first_channel(session: Session) -> str:
    """The channel for what Medusa sold without one; raises `ShopNotSetUp`."""
    found = session.scalar(select(SalesChannel.id).order_by(SalesChannel.id).limit(1))
    if found is None:
        raise ShopNotSetUp
    return found


def list_taken_numbers(session: Session, numbers: Collection[int]) -> set[int]:
    """Of these order numbers those that an order here has."""
    return set(session.scalars(select(Order.display_id).where(Order.display_id.in_(numbers))))


def raise_number(session: Session, number: int) -> None:
    """Numbers of new orders begin after this one; those before it are the import's, whatever is sold meanwhile."""
    counter = update(OrderNumber).where(OrderNumber.id == 1, OrderNumber.last_number < number)
    session.execute(counter.values(last_number=number))


def take_number(session: Session) -> int:
    """The next number, for an order whose own number somebody else has."""
    counter = update(OrderNumber).where(OrderNumber.id == 1).values(last_number=OrderNumber.last_number + 1)
    return session.execute(counter.returning(OrderNumber.last_number)).scalar_one()


def list_runs(session: Session) -> list[MedusaRun]:
    """The last hundred runs, newest first."""
    return list(session.scalars(select(MedusaRun).order_by(MedusaRun.started_at.desc()).limit(MOST_RUNS)))


def get_run(session: Session, run_id: str | None) -> MedusaRun:
    """This run, or the last one; raises `ImportRunNotFound`."""
    wanted = select(MedusaRun).order_by(MedusaRun.started_at.desc(), MedusaRun.id).limit(1)
    found = session.scalar(wanted if run_id is None else wanted.where(MedusaRun.id == run_id))
    if found is None:
        raise ImportRunNotFound
    return found


def list_problems(session: Session, run_id: str) -> list[MedusaProblem]:
    """What was left out or taken with a difference, in the order of the reading."""
    return list(session.scalars(select(MedusaProblem).where(MedusaProblem.run_id == run_id).order_by(MedusaProblem.id)))
