"""`comptoir events`: what Stripe told, what became of it, and how to bring it again."""

from dataclasses import asdict
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.cli.actor import acting_as_caller, name_of_caller
from app.cli.endpoint import endpoint
from app.cli.event_stats import stats
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.cli.since import SinceOption, UntilOption, read_since, read_until
from app.core.audit_log import record_audit
from app.core.db import unit_of_work
from app.orders.queries import get_order_id
from app.payments.models import PaymentEvent
from app.stripe_events.acknowledge_drift import (
    Acknowledged,
    acknowledge_drift,
    identify,
    list_known_drift,
    withdraw_acknowledgement,
)
from app.stripe_events.check_objects import sweep_objects
from app.stripe_events.errors import EventUnknown
from app.stripe_events.list_drift import list_drift
from app.stripe_events.queries import EventFilter, list_events
from app.stripe_events.reconcile_events import Reconciled, reconcile_events
from app.stripe_events.render_drift import render_drift
from app.stripe_events.replay_events import Replayed, replay_event, replay_events
from app.stripe_events.schemas import Finding

app = typer.Typer(no_args_is_help=True)

MOST_SHOWN = 200
MOST_OF_REASON = 500
# What a process of ours holds in memory at once.
MOST_LISTED = 10_000


class State(StrEnum):
    """Where an event of the ledger stands."""

    PROCESSED = "processed"
    IGNORED = "ignored"
    UNMATCHED = "unmatched"
    FAILED = "failed"


EventArgument = Annotated[str, typer.Argument(help=french_or_english("L'événement, evt_...", "The event, evt_..."))]
AboutArgument = Annotated[
    str, typer.Argument(help=french_or_english("evt_, pi_, cs_, re_ ou commande", "evt_, pi_, cs_, re_ or order"))
]
DifferenceArgument = Annotated[
    str,
    typer.Argument(
        help=french_or_english("L'identifiant que `events drift` montre", "The id that `events drift` shows")
    ),
]
ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason", help=french_or_english("L'explication, sans nom de client", "Why, without a customer's name")
    ),
]
UndoOption = Annotated[
    bool, typer.Option("--undo", help=french_or_english("Retirer l'explication", "Take the explanation back"))
]
StateOption = Annotated[State | None, typer.Option("--state", help=french_or_english("Son état", "Its state"))]
TypeOption = Annotated[str, typer.Option("--type", help=french_or_english("Son type", "Its type"))]
OrderOption = Annotated[
    str, typer.Option("--order", help=french_or_english("Commande : numéro ou identifiant", "Order: number or id"))
]
ForceOption = Annotated[
    bool,
    typer.Option(
        "--force",
        help=french_or_english(
            "Appliquer de nouveau ce qui l'est déjà ; aucun effet n'est doublé",
            "Apply again what is applied; no effect is doubled",
        ),
    ),
]
MostOption = Annotated[int, typer.Option("-n", min=1, max=MOST_LISTED, help=french_or_english("Au plus", "At most"))]


app.command(
    help=french_or_english(
        "Ce que le webhook a répondu : 5 minutes, une heure, un jour ; et d'où vient une rafale.",
        "What the webhook answered: 5 minutes, an hour, a day; and whose a burst was.",
    )
)(stats)


@app.command(
    help=french_or_english(
        "Aller chercher chez Stripe les événements jamais arrivés ; répéter ne change rien.",
        "Fetch from Stripe the events that never arrived; repeating it changes nothing.",
    )
)
def reconcile(since: SinceOption = "", as_json: JsonOption = False) -> None:
    with acting_as_caller():
        done = reconcile_events(read_since(since))
        with unit_of_work() as session:
            figures = {"found": done.found, "applied": done.applied, "failed": done.failed}
            record_audit(session, "events.reconciled", "stripe_events", figures)
    if as_json:
        print_json({**figures, "since": done.since.isoformat() if done.since else None, "complete": done.is_complete})
    else:
        print_line(_describe(done))
    raise typer.Exit(0 if done.is_complete and not done.failed else 1)


@app.command(
    help=french_or_english(
        "Relire chez Stripe les paiements et remboursements encore ouverts ici, et noter ce qu'il en dit.",
        "Read at Stripe the payments and refunds that are still open here, and note what it says.",
    )
)
def check(most: MostOption = 5000, as_json: JsonOption = False) -> None:
    with acting_as_caller():
        swept = sweep_objects(most, open_since=timedelta(0))
        with unit_of_work() as session:
            record_audit(session, "events.checked", "stripe_events", asdict(swept))
    if as_json:
        print_json(asdict(swept))
    else:
        print_line(
            french_or_english(
                f"{swept.read} relus chez Stripe : {swept.told} avec du nouveau, {swept.unknown} inconnus là-bas, "
                f"{swept.failed} en échec.",
                f"{swept.read} read at Stripe: {swept.told} with news, {swept.unknown} unknown there, "
                f"{swept.failed} failed.",
            )
        )
    raise typer.Exit(1 if swept.failed or swept.unknown else 0)


app.command(
    help=french_or_english(
        "Comparer le point d'entrée chez Stripe avec ce qu'il doit être, --sync le corrige ; sortie 1 s'il diffère.",
        "Compare the endpoint at Stripe with what it must be, --sync puts it right; exit 1 when it differs.",
    )
)(endpoint)


@app.command(
    help=french_or_english(
        "Rejouer un événement gardé ; ce qui est fait reste fait.",
        "Apply a kept event again; what is done stays done.",
    )
)
def replay(
    event_id: EventArgument = "",
    state: StateOption = None,
    since: SinceOption = "",
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    if bool(event_id) == bool(state or since):
        raise typer.BadParameter(french_or_english("EVENT_ID, --state ou --since.", "EVENT_ID, --state or --since."))
    states = (state.value,) if state else tuple(State) if force else (State.FAILED, State.UNMATCHED)
    shown = []
    with acting_as_caller():
        replayed = (
            iter([replay_event(event_id, is_forced=force)])
            if event_id
            else replay_events(states, read_since(since), is_forced=force)
        )
        for each in replayed:
            shown.append(each)
            if not as_json:
                print_line(_before_and_after(each))
    if as_json:
        print_json([asdict(each) for each in shown])
    elif not shown:
        print_line(french_or_english("Rien à rejouer.", "Nothing to replay."))
    raise typer.Exit(0 if all(each.is_applied for each in shown) else 1)


@app.command(
    help=french_or_english(
        "Comparer l'argent d'ici avec Stripe ; sortie 1 si quelque chose diffère.",
        "Compare the money here with Stripe; exit 1 when something differs.",
    )
)
def drift(since: SinceOption = "", until: UntilOption = "", as_json: JsonOption = False) -> None:
    found = []
    with acting_as_caller():
        known = list_known_drift()
        begins_at = read_since(since)
        for finding in list_drift(begins_at, read_until(until, begins_at)):
            explained = known.get(identify(finding))
            found.append(_show_difference(finding, explained))
            if not as_json and explained is None:
                _print_difference(finding)
    count = sum(each["acknowledged"] is not None for each in found)
    is_same = count == len(found)
    if as_json:
        print_json(found)
    elif is_same:
        print_line(french_or_english("Rien ne diffère avec Stripe.", "Nothing differs from Stripe."))
    if count and not as_json:
        print_line(french_or_english(f"{count} connue(s), déjà expliquée(s).", f"{count} known, explained already."))
    raise typer.Exit(0 if is_same else 1)


@app.command(
    help=french_or_english(
        "Noter qu'une différence avec Stripe est expliquée : ni sortie 1 ni courriel tant qu'elle ne change pas.",
        "Note that a difference from Stripe is explained: no exit 1 and no mail while it stays as it is.",
    )
)
def acknowledge(
    about: DifferenceArgument,
    reason: ReasonOption,
    undo: UndoOption = False,
    since: SinceOption = "",
    until: UntilOption = "",
    as_json: JsonOption = False,
) -> None:
    if not reason.strip() or len(reason) > MOST_OF_REASON:
        raise typer.BadParameter(
            french_or_english(
                f"une raison de 1 à {MOST_OF_REASON} caractères", f"a reason of 1-{MOST_OF_REASON} characters"
            )
        )
    if undo:
        _withdraw(about, reason.strip(), as_json)
        return
    with acting_as_caller():
        begins_at = read_since(since)
        noted = acknowledge_drift(about, reason.strip(), begins_at, read_until(until, begins_at))
    if as_json:
        print_json([_show_difference(finding, explained) for finding, explained in noted])
    else:
        _print_acknowledged(noted)


def _withdraw(about: str, reason: str, as_json: bool) -> None:
    with acting_as_caller(), unit_of_work() as session:
        count = withdraw_acknowledgement(session, _name(session, about), reason)
    if as_json:
        print_json({"withdrawn": count})
        return
    print_line(
        french_or_english(
            f"{count} explication(s) retirée(s) : ce qui diffère est signalé de nouveau.",
            f"{count} explanation(s) taken back: what differs is reported again.",
        )
    )


def _print_acknowledged(noted: list[tuple[Finding, Acknowledged]]) -> None:
    for finding, explained in noted:
        rendered = render_drift(finding)
        print_line(french_or_english(rendered.fr, rendered.en))
        at = f"{explained.at:%Y-%m-%d %H:%M} UTC"
        print_line(
            french_or_english(f"  expliquée par {explained.by}, {at} : ", f"  explained by {explained.by}, {at}: ")
            + explained.reason
        )
    print_line(
        french_or_english(
            "Cachée du rapport et du courriel de la nuit, sans limite de temps, tant qu'elle reste la même ; "
            "un autre montant, état ou code la fait revenir. L'argent n'est pas touché.",
            "Hidden from the report and the nightly mail, without limit of time, while it stays the same; "
            "another amount, state or code brings it back. No money is touched.",
        )
    )


def _show_difference(finding: Finding, explained: Acknowledged | None) -> dict[str, object]:
    return {**asdict(finding), **asdict(render_drift(finding)), "acknowledged": explained and asdict(explained)}


def _print_difference(finding: Finding) -> None:
    rendered = render_drift(finding)
    print_line(french_or_english(rendered.fr, rendered.en))
    print_line(f"  → {rendered.command}")


@app.command("list", help=french_or_english("Le registre, du plus récent au plus ancien.", "The ledger, newest first."))
def list_ledger(
    state: StateOption = None,
    kind: TypeOption = "",
    since: SinceOption = "",
    order: OrderOption = "",
    most: MostOption = 50,
    as_json: JsonOption = False,
) -> None:
    with unit_of_work(name_of_caller()) as session:
        about = get_order_id(session, order) if order else ""
        wanted = EventFilter(state.value if state else "", kind, about, read_since(since))
        rows = [_show(row) for row in list_events(session, wanted, most)]
    _print_rows(rows, as_json)


@app.command(
    help=french_or_english(
        "Les événements d'un identifiant : evt_, pi_, cs_, re_, une commande. Aucune donnée personnelle.",
        "The events of an id: evt_, pi_, cs_, re_, an order. No personal data.",
    )
)
def show(about: AboutArgument, as_json: JsonOption = False) -> None:
    with unit_of_work(name_of_caller()) as session:
        rows = [_show(row) for row in list_events(session, EventFilter(about=_name(session, about)), MOST_SHOWN)]
    if not rows:
        raise EventUnknown
    _print_rows(rows, as_json)


def _name(session: Session, about: str) -> str:
    """An order's number becomes its id."""
    return get_order_id(session, about) if about.startswith(("order_", "#")) or about.isdigit() else about


def _show(row: PaymentEvent) -> dict[str, object]:
    """What is no personal data: never the body."""
    names = (
        "stripe_event_id", "type", "state", "attempts", "error_code", "source", "order_id", "payment_intent_id",
        "checkout_session_id", "object_id", "request_id", "event_created_at", "received_at", "processed_at",
        "next_try_at", "api_version", "is_livemode", "body_sha256",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


def _print_rows(rows: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    for row in rows:
        about = row["order_id"] or row["checkout_session_id"] or row["payment_intent_id"] or row["object_id"] or "-"
        cause = f"  [{row['error_code']}]" if row["error_code"] else ""
        at = row["event_created_at"]
        print_line(
            f"{at:%Y-%m-%d %H:%M:%S}  {row['stripe_event_id']}  {row['type']}  {row['state']} x{row['attempts']}"
            f"  {row['source']}  {about}{cause}"
        )


def _before_and_after(each: Replayed) -> str:
    cause = f"  [{each.error_code}]" if each.error_code else ""
    return f"{each.event_id}  {each.before} -> {each.after}{cause}  {each.order_id or ''}".rstrip()


def _describe(done: Reconciled) -> str:
    if done.since is None:
        return french_or_english(
            "Rien n'a encore été demandé à Stripe : rien ne peut manquer.",
            "Nothing was ever asked of Stripe: nothing can be missing.",
        )
    since = f"{done.since:%Y-%m-%d %H:%M} UTC"
    figures = french_or_english(
        f"Depuis le {since} : {done.found} manquaient, {done.applied} appliqués, {done.failed} en échec.",
        f"Since {since}: {done.found} were missing, {done.applied} applied, {done.failed} failed.",
    )
    if done.failed:
        figures += french_or_english(
            " Ensuite : comptoir events list --state failed", " Next: comptoir events list --state failed"
        )
    return figures
