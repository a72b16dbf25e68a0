"""The `comptoir` command: one module per noun, each exposing `app`.

Exit 0: done. 1: refused, with one sentence. 2: wrong use.
"""

import importlib
import io
import os
import sys
import traceback
from collections.abc import Sequence

import typer

from app.cli.language import french_or_english
from app.cli.output import print_refusal
from app.core.errors import Refusal
from app.core.log import class_name, configure_logging, log_failure
from app.core.settings import SettingsRefused
from app.gateways.errors import VendorFailure

# By name: whoever asks for help waits for no database package.
DATABASE_AWAY = frozenset(
    {"sqlalchemy.exc.OperationalError", "psycopg.OperationalError", "psycopg.errors.AdminShutdown"}
)

# Refusals that the Store API words as Medusa does, in English: what whoever types here reads instead.
OWN_WORDS = {
    "order_not_found": (
        "commande inconnue : tapez le numéro que montre son e-mail ; comptoir trace cherche par tout identifiant. / "
        "unknown order: type the number that its mail shows; comptoir trace looks for any id."
    ),
    "product_not_found": (
        "produit inconnu : comptoir products find les cherche. / unknown product: comptoir products find looks for it."
    ),
    "refund_not_found": (
        "remboursement inconnu : comptoir refunds list les montre. / unknown refund: comptoir refunds list shows them."
    ),
    "return_not_found": (
        "retour inconnu : comptoir returns list les montre. / unknown return: comptoir returns list shows them."
    ),
}

# A noun whose module has several verbs. Only the one that is called is imported: `--help` stays quick.
NOUNS: tuple[tuple[str, str, str, str], ...] = (
    ("audit", "app.cli.audit", "Contrôler la liste de production", "Run the production checklist"),
    ("checkout", "app.cli.checkout", "Fermer ou rouvrir le paiement", "Close or open the checkout"),
    ("config", "app.cli.config", "Réglages et fichier d'exemple", "Settings and example file"),
    ("events", "app.cli.events", "Les événements de Stripe", "Stripe's events"),
    ("host", "app.cli.host", "Les machines de la boutique", "The shop's machines"),
    ("import", "app.cli.imports", "Reprendre une boutique Medusa", "Bring a Medusa shop here"),
    ("invoices", "app.cli.invoices", "Les factures et les avoirs", "Invoices and credit notes"),
    ("journal", "app.cli.journal", "Le journal des paiements", "The payment journal"),
    ("mail", "app.cli.mail", "Les e-mails : essai, état, relance", "Mails: test, state, retry"),
    ("orders", "app.cli.orders_work", "Les commandes : leur argent, leurs colis", "Orders: their money, their parcels"),
    ("products", "app.cli.products", "Les produits et leurs variantes", "Products and their variants"),
    ("refunds", "app.cli.refunds", "Remboursements : lister, valider", "Refunds: list, approve"),
    ("release", "app.cli.release", "Versions : lister, revenir, redémarrer", "Releases: list, roll back, restart"),
    ("retention", "app.cli.retention", "Ce qui est gardé, et combien de temps", "What is kept, and how long"),
    ("returns", "app.cli.returns", "Retours : expédiés, reçus", "Returns: dispatched, received"),
    ("runbook", "app.cli.runbook", "Le runbook et sa couverture", "The runbook and its coverage"),
    ("selftest", "app.cli.selftest", "Prouver paiements et e-mails", "Prove payments and mails"),
    ("serve", "app.cli.serve", "Lancer le serveur web", "Run the web server"),
    ("setup", "app.cli.setup", "Préparer une boutique neuve", "Set up a fresh shop"),
    ("staff", "app.cli.staff", "Les comptes du personnel", "Staff accounts"),
    ("stock", "app.cli.stock", "Le stock : livrer, compter, suivre", "Stock: deliver, count, follow"),
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
    called = _called(arguments)
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
    _make_streams_speak()
    configure_logging("command", is_command=True)
    sys.exit(exit_code_of(given))


def _make_streams_speak() -> None:
    """What is said to nobody (`>&-`), or has a sign that the terminal does not know (`€` in Latin-1), is no failure."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def exit_code_of(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code: a refusal is one sentence, never a traceback."""
    as_json = "--json" in arguments
    if any(map(_is_broken, arguments)):
        print_refusal("l'argument n'est pas de l'UTF-8. / the argument is not UTF-8.", "not_utf8", as_json=as_json)
        return 2
    try:
        _check_place(arguments)
        build(arguments)(list(arguments), prog_name="comptoir")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except SettingsRefused as refused:
        sentences = [f"{problem.name} : {problem.message}" for problem in refused.problems]
        for sentence in ["\n".join(sentences)] if as_json else sentences:  # one document, whatever is wrong
            print_refusal(sentence, "settings_refused", as_json=as_json)
        return 1
    except Refusal as refusal:
        print_refusal(OWN_WORDS.get(refusal.code, refusal.message), refusal.code, as_json=as_json)
        return 1
    except Exception as failure:  # its traceback would print what it was about: statements, addresses
        log_failure("command failed", failure, at=_place_of(failure))
        print_refusal(*_describe(failure), as_json=as_json)
        return 1
    return 0


def _check_place(arguments: Sequence[str]) -> None:
    """Not for help, which a noun alone gives too, nor for a noun that nobody knows: that is wrong use."""
    called = _called(arguments)
    if called in {noun for noun, *_ in NOUNS} and (len(arguments) > 1 or called == "worker"):
        importlib.import_module("app.cli.place").check_place(called, arguments)


def _called(arguments: Sequence[str]) -> str | None:
    return next((argument for argument in arguments if not argument.startswith("-")), None)


def _is_broken(argument: str) -> bool:
    """Whether it holds bytes that are no UTF-8, which nothing here can store or look for."""
    return any("\ud800" <= sign <= "\udfff" for sign in argument)


def _describe(failure: Exception) -> tuple[str, str]:
    """A sentence and a code."""
    kind = class_name(failure)
    if kind in DATABASE_AWAY:
        return (
            "la base de données ne répond pas ; relancez la même commande dans un instant. / "
            "the database does not answer; give the same command again shortly.",
            "database_away",
        )
    if isinstance(failure, VendorFailure):
        text = f"{failure.vendor} a répondu {failure.code}. / {failure.vendor} answered {failure.code}."
        return text, failure.code
    return f"échec inattendu ({kind}), voir le journal. / unexpected failure ({kind}), see the log.", "unexpected"


def _place_of(failure: Exception) -> str:
    """The line of ours that failed."""
    places = [each for each in traceback.extract_tb(failure.__traceback__) if "/app/" in each.filename]
    return f"{os.path.basename(places[-1].filename)}:{places[-1].lineno}" if places else ""
