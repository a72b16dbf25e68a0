"""`comptoir events stats`: what the webhook answered of late, in counts."""

from collections import Counter

import typer

from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.clock import utc_now
from app.stripe_events.rules import BAD, GOOD, decide_burst
from app.stripe_events.watch_webhook import DAY, HOUR, LATELY, list_minutes

SPANS = {"5 min": LATELY, "1 h": HOUR, "24 h": DAY}
# Why deliveries were refused by the limit, in the minutes where they were.
BURSTS = {
    "stripe": (
        "Les refus par la limite (429) tombent dans des rafales signées par Stripe, qui sont reprises d'elles-mêmes ; "
        "si cela revient, RATE_LIMIT_WEBHOOK_MAX.",
        "What the limit refused (429) came in bursts that Stripe signed: they are fetched by themselves; if it comes "
        "again, RATE_LIMIT_WEBHOOK_MAX.",
    ),
    "strangers": (
        "Les refus par la limite (429) visent des appels que Stripe n'a pas signés : la limite fait son travail, ne "
        "l'augmentez pas. L'adresse est dans le journal de nginx.",
        "What the limit refused (429) were calls that Stripe did not sign: it does its work, do not raise it. The "
        "address is in nginx's log.",
    ),
}


def stats(as_json: JsonOption = False) -> None:
    """Print success, duplicate and failed of three spans with what they are made of, and who caused a 429."""
    minutes = list_minutes(utc_now(), DAY)
    burst = decide_burst(minutes)
    figures = {name: _add_up(sum(minutes[:length], Counter())) for name, length in SPANS.items()}
    if as_json:
        print_json({"spans": figures, "burst": burst})
        raise typer.Exit
    for name, counts in figures.items():
        shown = "  ".join(f"{what} {count}" for what, count in counts.items())
        print_line(f"{name:>5}  {shown}")
    if burst != "none":
        print_line(french_or_english(*BURSTS[burst]))


def _add_up(counts: "Counter[str]") -> dict[str, int]:
    """The three figures of runbook S4, then each answer that was given."""
    duplicates = counts["duplicate"]
    whole = {
        "success": sum(counts[name] for name in GOOD) - duplicates,
        "duplicate": duplicates,
        "failed": sum(counts[name] for name in BAD),
    }
    return {**whole, **{name: counts[name] for name in (*GOOD, *BAD) if counts[name] and name not in whole}}
