"""A difference as a sentence with its next command, in French and in English."""

from dataclasses import dataclass

from app.stripe_events.schemas import DriftCode, Finding

_TRACE = "comptoir trace {about}"
_SENTENCES: dict[DriftCode, tuple[str, str, str]] = {
    "paid_not_here": ("payé chez Stripe, pas ici", "paid at Stripe, not here", _TRACE),
    "payment_not_there": ("payé ici, pas chez Stripe", "paid here, not at Stripe", _TRACE),
    "amount_differs": ("le montant ou la devise diffère", "amount or currency differs", _TRACE),
    "refund_not_here": ("remboursement inconnu ici", "refund unknown here", "comptoir events reconcile"),
    "refund_not_there": ("remboursement inconnu de Stripe", "refund unknown at Stripe", _TRACE),
    "refund_differs": ("le remboursement diffère", "the refund differs", "comptoir events check"),
    "refund_made_there": (
        "remboursement fait à la main chez Stripe", "refund made by hand at Stripe", _TRACE,
    ),
    "refunded_differs": ("la somme remboursée diffère", "the refunded sum differs", _TRACE),
    "refund_excess": (
        "ses remboursements ne tombent pas juste", "its refunds do not add up", _TRACE,
    ),
    "dispute_not_here": ("contestation inconnue ici", "dispute unknown here", "comptoir events reconcile"),
    "dispute_differs": ("la contestation diffère", "the dispute differs", "comptoir events reconcile"),
    "payout_part_unknown": (
        "une part d'un versement ne correspond à rien ici", "part of a payout matches nothing here", _TRACE,
    ),
    "payout_part_differs": ("une part d'un versement diffère", "part of a payout differs", _TRACE),
    "event_failed": (
        "événement en échec", "failed event", "comptoir events replay {about}",
    ),
    "event_unmatched": ("événement sans correspondance", "event about nothing known here", _TRACE),
    "needs_review": (
        "commande payée à vérifier", "paid order to look at", "comptoir orders show {order}",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Rendered:
    """The sentence in both languages, and the command that goes on from there."""

    fr: str
    en: str
    command: str


def render_drift(finding: Finding) -> Rendered:
    """What a person reads of a difference."""
    french, english, command = _SENTENCES[finding.code]
    name = f"#{finding.order}" if finding.order else finding.about
    here, there = finding.here or "-", finding.there or "-"
    return Rendered(
        fr=f"{name} : {french} (ici {here} ; Stripe {there})",
        en=f"{name}: {english} (here {here}; Stripe {there})",
        command=command.format(about=finding.about, order=finding.order),
    )
