"""What the webhook refuses, and what whoever reads Stripe's news anew is refused."""

from datetime import date, datetime

from app.core.errors import Conflict, NotFound, Refusal


class EventNotApplied(Exception):
    """A rule of ours refused the event's effect. Not a `Refusal`: Stripe is told 500 and brings the event again."""


class SignatureInvalid(Refusal):
    """Not signed by Stripe with a secret of ours, or too long ago."""

    code = "signature_invalid"
    default_message = "Stripe webhook signature verification failed"


class EventMalformed(Refusal):
    """Signed, but not an event as Stripe writes one."""

    code = "event_malformed"
    default_message = "The body is not a Stripe event"


class TaskRunsAlready(Conflict):
    """Somebody else does it at this moment; its outcome is as good."""

    code = "runs_already"

    def __init__(self, task: str, held_by: str, since: datetime | None) -> None:
        at = since.strftime("%H:%M:%S UTC") if since else "?"
        super().__init__(
            f"« {task} » est déjà en cours depuis {at} ({held_by}) ; réessayez dans deux minutes. / "
            f'"{task}" has been running since {at} ({held_by}); try again in two minutes.'
        )


class GapTooLong(Refusal):
    """Stripe lists events for 30 days: what is older cannot be fetched any more, only its objects can be read."""

    code = "gap_too_long"

    def __init__(self, since: datetime, first_whole_day: date) -> None:
        self.since = since
        command = f"comptoir events reconcile --since {first_whole_day:%Y-%m-%d}"
        super().__init__(
            f"Les événements manquent depuis le {since:%Y-%m-%d}, Stripe n'en garde que 30 jours : lancez "
            f"`comptoir events check`, qui relit les paiements eux-mêmes, puis `{command}`. / "
            f"Events are missing since {since:%Y-%m-%d} and Stripe keeps 30 days: run `comptoir events check`, "
            f"which reads the payments themselves, then `{command}`."
        )


class StripeUnanswered(Refusal):
    """Stripe did not answer, or refused our key. Nothing was changed; the same command may be given again."""

    status = 503
    type = "unexpected_state"
    code = "stripe_unanswered"

    def __init__(self, code: str) -> None:
        super().__init__(
            f"Stripe ne répond pas ({code}) ; rien n'est perdu, relancez la même commande dans un instant. / "
            f"Stripe does not answer ({code}); nothing is lost, give the same command again shortly."
        )


class EventUnknown(NotFound):
    """Neither the ledger nor Stripe knows such an event."""

    code = "event_unknown"
    default_message = (
        "Événement inconnu du registre et de Stripe (gardé 30 jours). / "
        "No such event in the ledger nor at Stripe, which keeps 30 days."
    )


class NotInDrift(NotFound):
    """Nothing about it differs now: there is nothing to explain."""

    code = "not_in_drift"
    default_message = (
        "Aucune différence de ce nom dans `comptoir events drift` en ce moment ; rien n'est noté. / "
        "No difference of that name in `comptoir events drift` just now; nothing is noted."
    )


class CountsAway(Refusal):
    """The counts are in Redis, which does not answer."""

    status = 503
    type = "unexpected_state"
    code = "redis_away"
    default_message = (
        "Redis ne répond pas : les comptes du webhook sont chez lui. / "
        "Redis does not answer: it holds the counts of the webhook."
    )


class NotExplained(NotFound):
    """Nobody explained a difference about it: there is nothing to take back."""

    code = "not_explained"
    default_message = (
        "Aucune différence de cet identifiant n'est expliquée ; rien n'est changé. / "
        "No difference of that id is explained; nothing is changed."
    )
