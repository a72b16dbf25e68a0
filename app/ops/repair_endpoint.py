"""Stripe's endpoint is made what it must be: changed where Stripe allows it, else a second one takes over.

Both deliver meanwhile, and the ledger takes each event once. The old one is switched off when every web process knows
the secret of the new one; at no moment is there none (docs/decisions/0025).
"""

from dataclasses import dataclass
from pathlib import Path

from app.core.audit_log import record_audit
from app.core.db import unit_of_work
from app.core.jobs import enqueue
from app.core.settings import Settings
from app.gateways.stripe import Endpoint, StripeGateway
from app.ops.decide_repair import MARK, RETIRED, Marks, WantedEndpoint, compute_mark, decide_repair, mark_of
from app.ops.list_stale_processes import list_stale_processes
from app.ops.set_up_shop import describe_endpoint, read_handover, subscribe_endpoint, write_handover


@dataclass(frozen=True)
class Repaired:
    """What was done, by the ids of endpoints, and what is left to do.

    `waiting_file`: a secret lies there that is not in force yet. `still_open`: superseded, and not switched off, as
    processes serve that have not read the settings, or nobody can tell.
    """

    changed: str = ""
    created: str = ""
    switched_off: tuple[str, ...] = ()
    waiting_file: Path | None = None
    still_open: tuple[str, ...] = ()

    @property
    def is_finished(self) -> bool:
        """There is one endpoint, as it must be."""
        return self.waiting_file is None and not self.still_open


def repair_endpoint(stripe: StripeGateway, settings: Settings, handover: Path) -> Repaired:
    """Have Stripe send us exactly the events we handle, in our version, to our address; may be run again at any time.

    Called with no transaction open. Raises `VendorFailure`; what was done until then stays, and the next run goes on.
    """
    wanted = describe_endpoint(settings)
    marks = _read_marks(settings, handover)
    repair = decide_repair(stripe.list_webhook_endpoints(), wanted, marks)
    changed = _put_right(stripe, repair.kept, wanted, marks) if repair.kept else ""
    if repair.is_new_needed:
        return Repaired(changed, _make_another(stripe, settings, handover), waiting_file=handover)
    if repair.awaited is not None:
        return Repaired(changed, waiting_file=handover)
    ids = tuple(each.id for each in repair.superseded)
    if not ids or list_stale_processes() != []:
        return Repaired(changed, still_open=ids)
    _switch_off(stripe, ids)
    return Repaired(changed, switched_off=ids)


def _read_marks(settings: Settings, handover: Path) -> Marks:
    previous = settings.stripe_webhook_secret_previous
    return Marks(
        current=compute_mark(settings.stripe_webhook_secret.get_secret_value()),
        previous=compute_mark(previous.get_secret_value() if previous else ""),
        handed_over=compute_mark(read_handover(handover)),
    )


def _put_right(stripe: StripeGateway, kept: Endpoint, wanted: WantedEndpoint, marks: Marks) -> str:
    """Address, events and state; and the mark of a secret that was rolled at Stripe."""
    is_rolled = mark_of(kept) not in ("", marks.current)
    is_right = kept.url == wanted.urls[0] and kept.is_enabled and set(kept.enabled_events) == set(wanted.event_types)
    if is_right and not is_rolled:
        return ""
    mark = {MARK: marks.current} if is_rolled else None
    stripe.update_webhook_endpoint(kept.id, event_types=wanted.event_types, url=wanted.urls[0], metadata=mark)
    _note("stripe.endpoint_changed", kept.id)
    return kept.id


def _make_another(stripe: StripeGateway, settings: Settings, handover: Path) -> str:
    """The secret is safe before the mark says that it is: one without a mark is never taken for the one in force."""
    created = subscribe_endpoint(stripe, settings)
    secret = created.secret or ""
    write_handover(handover, secret)
    stripe.update_webhook_endpoint(created.id, metadata={MARK: compute_mark(secret)})
    _note("stripe.endpoint_created", created.id)
    return created.id


def _switch_off(stripe: StripeGateway, ids: tuple[str, ...]) -> None:
    """What only they had not delivered yet is fetched."""
    for endpoint_id in ids:
        stripe.update_webhook_endpoint(endpoint_id, is_enabled=False, metadata={RETIRED: "true"})
        _note("stripe.endpoint_switched_off", endpoint_id)
    with unit_of_work() as session:
        enqueue(session, "stripe_events.reconcile", is_asked=True)


def _note(action: str, endpoint_id: str) -> None:
    with unit_of_work() as session:
        record_audit(session, action, endpoint_id)
