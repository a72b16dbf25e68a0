"""The `comptoir` command: one module per noun, each exposing `app`.

Exit 0: done. 1: refused, with one sentence. 2: wrong use.
"""

import importlib
import os
import sys
from collections.abc import Sequence

import typer

from app.cli.language import french_or_english
from app.cli.output import print_refusal
from app.core.errors import Refusal
from app.core.log import configure_logging
from app.core.settings import SettingsRefused

# A noun whose module has several verbs. Only the one that is called is imported: `--help` stays quick.
NOUNS: tuple[tuple[str, str, str, str], ...] = (
    ("audit", "app.cli.audit", "Contrôler la liste de production", "Run the production checklist"),
    ("checkout", "app.cli.checkout", "Fermer ou rouvrir le paiement", "Close or open the checkout"),
    ("config", "app.cli.config", "Réglages et fichier d'exemple", "Settings and example file"),
    ("events", "app.cli.events", "Les événements de Stripe", "Stripe's events"),
    ("journal", "app.cli.journal", "Le journal des paiements", "The payment journal"),
    ("mail", "app.cli.mail", "Les e-mails : essai, état, relance", "Mails: test, state, retry"),
    ("orders", "app.cli.orders", "L'argent d'une commande, le rembourser", "An order's money, giving it back"),
    ("refunds", "app.cli.refunds", "Remboursements : lister, valider", "Refunds: list, approve"),
    ("release", "app.cli.release", "Versions : lister, revenir, redémarrer", "Releases: list, roll back, restart"),
    ("returns", "app.cli.returns", "Retours : expédiés, reçus", "Returns: dispatched, received"),
    ("runbook", "app.cli.runbook", "Le runbook et sa couverture", "The runbook and its coverage"),
    ("serve", "app.cli.serve", "Lancer le serveur web", "Run the web server"),
    ("setup", "app.cli.setup", "Préparer une boutique neuve", "Set up a fresh shop"),
    ("staff", "app.cli.staff", "Les comptes du personnel", "Staff accounts"),
    ("trace", "app.cli.trace", "Ce qu'est devenu un paiement", "What became of a payment"),
    ("worker", "app.cli.worker", "Lancer le worker et son agenda", "Run the worker and its schedule"),
)


def build(arguments: Sequence[str]) -> typer.Typer:
    """The command with the noun that is called; with `--help`, every noun by its one line."""
    command = typer.Typer(
        name="comptoir",
        help=french_or_english("Le back-office d'une boutique.", "The back office of a shop."),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    called = next((argument for argument in arguments if not argument.startswith("-")), None)
    for noun, module, french, english in NOUNS:
        help_line = french_or_english(french, english)
        noun_app = importlib.import_module(module).app if noun == called else _placeholder()
        command.add_typer(noun_app, name=noun, help=help_line)
    return command


def _placeholder() -> typer.Typer:
    """Stands for a noun in the list of nouns; never called, since a called noun is imported."""
    placeholder = typer.Typer(no_args_is_help=True)
    placeholder.callback()(_nothing)
    return placeholder


def _nothing() -> None:
    return None


def run(arguments: Sequence[str] | None = None) -> None:
    """Entry of the installed command; always ends the process."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    configure_logging("command", is_command=True)
    sys.exit(exit_code_of(given))


def exit_code_of(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code: a refusal is one sentence, never a traceback."""
    try:
        build(arguments)(list(arguments), prog_name="comptoir")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except SettingsRefused as refused:
        for problem in refused.problems:
            print_refusal(f"{problem.name} : {problem.message}", "settings_refused", as_json="--json" in arguments)
        return 1
    except Refusal as refusal:
        print_refusal(refusal.message, refusal.code, as_json="--json" in arguments)
        return 1
    return 0
