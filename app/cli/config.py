"""`comptoir config`: are the settings fit to start with, and what may be set."""

import os

import typer

from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.settings import SettingsRefused, load_settings
from app.core.settings_example import render_example

app = typer.Typer(no_args_is_help=True)


@app.command(help=french_or_english("Vérifier les réglages de cette machine.", "Check this machine's settings."))
def check(as_json: JsonOption = False) -> None:
    try:
        settings = load_settings(os.environ)
    except SettingsRefused as refused:
        if not as_json:
            raise
        problems = [{"name": problem.name, "message": problem.message} for problem in refused.problems]
        print_json({"status": "refused", "problems": problems})
        raise typer.Exit(1) from None
    if as_json:
        print_json({"status": "ok", "environment": settings.comptoir_env, "release": settings.comptoir_release})
    else:
        ready = french_or_english("Réglages corrects", "Settings are fine")
        print_line(f"{ready} : {settings.comptoir_env}, {settings.comptoir_release}.")


@app.command(help=french_or_english("Écrire le fichier .env.example.", "Write the file .env.example."))
def example() -> None:
    print_line(render_example().rstrip("\n"))
