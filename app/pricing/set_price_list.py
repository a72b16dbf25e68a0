"""Price lists: create, change, end, delete. A sale is only saved when its prior prices are known and higher."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.catalogue.models import ProductVariant
from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.ids import new_id
from app.pricing.models import PriceList, PriceListPrice
from app.pricing.queries import list_prices_of_list, list_prior_prices, lock_price_list
from app.pricing.rules import SALE, PriorPrice, check_price_list, check_reduction
from app.pricing.service import NewPrice, compare_prices, demand_moves, demand_prices


@dataclass(frozen=True)
class NewPriceList:
    """A list to be made; without a start it starts at once, without an end it stays."""

    title: str
    type: str
    prices: Sequence[NewPrice] = field(default=())
    description: str = ""
    status: str = "draft"
    is_public: bool = True
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    # Prices further from the variant's own than half of it are meant.
    confirmed: bool = False


class PriceListChanges(TypedDict, total=False):
    """What a caller asks to be set; a key that is absent leaves the list as it is."""

    title: str
    description: str
    status: str
    starts_at: datetime
    ends_at: datetime | None


def create_price_list(session: Session, new: NewPriceList) -> PriceList:
    """Make a list with its prices.

    Raises `InvalidPriceList`, what `set_prices` raises, and of a sale `PriorPriceUnknown` and `NotAReduction`.
    """
    starts_at = new.starts_at or utc_now()
    check_price_list(new.title, new.type, new.status, starts_at, new.ends_at)
    made = PriceList(
        id=new_id("plist"),
        title=new.title,
        description=new.description,
        type=new.type,
        status=new.status,
        is_public=new.is_public,
        starts_at=starts_at,
        ends_at=new.ends_at,
    )
    session.add(made)
    session.flush()  # its prices refer to it
    prices = _put_prices(session, made, new.prices, confirmed=new.confirmed)
    record_change(session, "price_list.create", made.id, {}, {"type": made.type, **_describe(made), "prices": prices})
    return made


def update_price_list(session: Session, price_list_id: str, changes: PriceListChanges) -> PriceList:
    """Set what is given. Type and audience stay: another kind of list is another list."""
    found = lock_price_list(session, price_list_id)
    before = _describe(found)
    wanted: PriceListChanges = {
        "title": found.title,
        "status": found.status,
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
        **changes,
    }
    check_price_list(wanted["title"], found.type, wanted["status"], wanted["starts_at"], wanted["ends_at"])
    asked = [
        NewPrice(each.variant_id, each.currency_code, each.amount_cents)
        for each in list_prices_of_list(session, price_list_id)
    ]
    _demand_reductions(session, found.type, wanted["starts_at"], asked)
    for name, value in wanted.items():
        setattr(found, name, value)
    found.updated_at = utc_now()
    record_change(session, "price_list.update", price_list_id, before, _describe(found))
    return found


def set_list_prices(
    session: Session,
    price_list_id: str,
    news: Sequence[NewPrice],
    *,
    removed: Collection[str] = (),
    confirmed: bool = False,
) -> PriceList:
    """Add or change prices of a list, and take those with the ids `removed` out of it, all or nothing.

    Of two for one variant and currency the last one counts. Raises what `create_price_list` raises.
    """
    found = lock_price_list(session, price_list_id)
    before = _asked_by(session, price_list_id)
    if removed:
        of_it = (PriceListPrice.price_list_id == price_list_id, PriceListPrice.id.in_(removed))
        session.execute(delete(PriceListPrice).where(*of_it).execution_options(synchronize_session=False))
    _put_prices(session, found, news, confirmed=confirmed)
    found.updated_at = utc_now()
    record_change(session, "price_list.set_prices", price_list_id, before, _asked_by(session, price_list_id))
    return found


def remove_list_prices(session: Session, price_list_id: str, variant_ids: Collection[str]) -> PriceList:
    """Take variants out of a list."""
    prices = list_prices_of_list(session, price_list_id)
    removed = [each.id for each in prices if each.variant_id in variant_ids]
    return set_list_prices(session, price_list_id, (), removed=removed)


def end_price_list(session: Session, price_list_id: str) -> None:
    """End a list now, or before it ever started; one that has ended keeps its end."""
    found = lock_price_list(session, price_list_id)
    before, now = _describe(found), utc_now()
    if found.ends_at is None or found.ends_at > now:
        found.ends_at, found.updated_at = max(now, found.starts_at), now
    record_change(session, "price_list.end", price_list_id, before, _describe(found))


def delete_price_list(session: Session, price_list_id: str) -> None:
    """Remove a list; what it asked stays in the history of prices."""
    found = lock_price_list(session, price_list_id)
    before = {**_describe(found), "prices": _asked_by(session, price_list_id)}
    session.delete(found)
    record_change(session, "price_list.delete", price_list_id, before, {})


def _put_prices(session: Session, of_list: PriceList, news: Sequence[NewPrice], *, confirmed: bool) -> dict[str, int]:
    """Write them; gives what was written, by variant and currency."""
    if not news:
        return {}
    demand_prices(session, news)
    wanted = {(new.variant_id, new.currency_code): new for new in news}
    demand_moves(session, compare_prices(session, news), confirmed=confirmed)
    _demand_reductions(session, of_list.type, of_list.starts_at, list(wanted.values()))
    statement = insert(PriceListPrice).values(
        [
            {
                "id": new_id("price"),
                "price_list_id": of_list.id,
                "variant_id": new.variant_id,
                "currency_code": new.currency_code,
                "amount_cents": new.amount_cents,
            }
            for _, new in sorted(wanted.items())
        ]
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["price_list_id", "variant_id", "currency_code"],
            set_={"amount_cents": statement.excluded.amount_cents, "updated_at": func.now()},
        )
    )
    return {f"{variant_id} {code}": new.amount_cents for (variant_id, code), new in sorted(wanted.items())}


def _asked_by(session: Session, price_list_id: str) -> dict[str, int]:
    prices = list_prices_of_list(session, price_list_id)
    return {f"{each.variant_id} {each.currency_code}": each.amount_cents for each in prices}


def _describe(price_list: PriceList) -> dict[str, object]:
    """What of a list may change, for the audit."""
    return {
        "title": price_list.title,
        "status": price_list.status,
        "starts_at": price_list.starts_at.isoformat(),
        "ends_at": price_list.ends_at.isoformat() if price_list.ends_at else None,
    }


def _demand_reductions(session: Session, list_type: str, starts_at: datetime, asked: Sequence[NewPrice]) -> None:
    """Every price of a sale is lower than what it is compared with at the sale's start (french-rules §2.6)."""
    if list_type != SALE:
        return
    reduced_at = max(starts_at, utc_now())
    names = _list_names(session, {each.variant_id for each in asked})
    for code in sorted({each.currency_code for each in asked}):
        prior = list_prior_prices(session, names.keys(), code, reduced_at)
        for each in asked:
            if each.currency_code == code:
                check_reduction(names[each.variant_id], each.amount_cents, prior.get(each.variant_id, PriorPrice(None)))


def _list_names(session: Session, variant_ids: Collection[str]) -> dict[str, str]:
    query = select(ProductVariant.id, ProductVariant.sku).where(ProductVariant.id.in_(variant_ids))
    return {variant_id: sku or variant_id for variant_id, sku in session.execute(query)}
