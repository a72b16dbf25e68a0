"""`comptoir events`: what Stripe told, what became of it, and how to bring it again."""

from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.cli.since import SinceOption, read_since
from app.core.audit_log import record_audit
from app.core.db import unit_of_work
from app.stripe_events.check_objects import sweep_objects
from app.stripe_events.reconcile_events import Reconciled, reconcile_events

app = typer.Typer(no_args_is_help=True)

MostOption = Annotated[int, typer.Option("-n", min=1, help=french_or_english("Au plus", "At most"))]


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
        swept = sweep_objects(most)
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
