"""Changes of a way to send: what it is called and costs, whether it is offered, what it carries, where it goes."""

from collections.abc import Sequence
from typing import TypedDict

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.versions import check_unchanged
from app.pricing.rules import check_price
from app.shipping.errors import ShippingOptionUsed
from app.shipping.models import ShippingOption
from app.shipping.queries import lock_option
from app.shipping.rules import Destination, PriceStep
from app.shipping.service import create_destinations, create_steps


class OptionChanges(TypedDict, total=False):
    """What changes; a key that is absent stays. Steps and destinations replace those that were."""

    name: str
    description: str
    amount_cents: int
    rank: int
    is_active: bool
    max_weight_grams: int | None
    steps: Sequence[PriceStep]
    destinations: Sequence[Destination]


def update_option(
    session: Session, option_id: str, changes: OptionChanges, if_match: str | None = None
) -> ShippingOption:
    """Change a way to send; orders keep what they were told.

    Raises `ShippingOptionNotFound`, `ChangedMeanwhile`, `UnknownCountry`, `InvalidPrice`.
    """
    option = lock_option(session, option_id)
    check_unchanged(if_match, option.updated_at)
    before = _describe(option)
    for name in ("name", "description", "amount_cents", "rank", "is_active", "max_weight_grams"):
        if name in changes:
            setattr(option, name, changes[name])
    if "steps" in changes:
        option.steps.clear()
        session.flush()  # a threshold that stays is free again
        option.steps.extend(create_steps(changes["steps"]))
    if "destinations" in changes:
        option.destinations.clear()
        session.flush()  # a place that stays is free again
        option.destinations.extend(create_destinations(session, changes["destinations"]))
    for amount_cents in (option.amount_cents, *(step.amount_cents for step in option.steps)):
        check_price(amount_cents)
    option.updated_at = utc_now()
    record_change(session, "shipping_option.update", option.id, before, _describe(option))
    return option


def delete_option(session: Session, option_id: str, if_match: str | None = None) -> None:
    """Remove a way to send that nobody ever chose.

    Raises `ShippingOptionNotFound`, `ChangedMeanwhile`, `ShippingOptionUsed`.
    """
    option = lock_option(session, option_id)
    check_unchanged(if_match, option.updated_at)
    record_change(session, "shipping_option.delete", option.id, _describe(option), {})
    try:
        with session.begin_nested():
            session.delete(option)
    except IntegrityError as exc:  # carts, orders and returns say by which way
        raise ShippingOptionUsed from exc


def _describe(option: ShippingOption) -> dict[str, object]:
    names = ("code", "name", "description", "amount_cents", "rank", "is_active", "max_weight_grams")
    steps = sorted(
        f"{step.amount_cents} from {step.from_item_total_cents or '-'} cents, {step.from_weight_grams or '-'} g"
        for step in option.steps
    )
    places = sorted(
        f"{'' if each.is_served else 'not '}{each.country_code} {each.province} {each.postal_prefix}".strip()
        for each in option.destinations
    )
    return {**{name: getattr(option, name) for name in names}, "steps": steps, "destinations": places}
