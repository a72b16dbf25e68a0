"""What `make up` says to the person in front of it."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.dev.instance import ADMIN_EMAIL, Memory, Wishes

WIDTH = 76


def say(line: str) -> None:
    """One line, seen at once even through a pipe."""
    print(f"  {line}", flush=True)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Name the work when it begins, and what it took when it ends."""
    print(f"  {what} ".ljust(WIDTH, "."), end="", flush=True)
    started_at = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f" {time.monotonic() - started_at:.1f} s".replace(".", ","), flush=True)


def welcome(wishes: Wishes, memory: Memory, seconds: float) -> None:
    """Everything needed to try the shop; the last line is a contract, scripts wait for it."""
    key = memory.shop["publishable_key"]
    took = f"{seconds:.1f}".replace(".", ",")
    print(
        f"\n"
        f"  Boutique / shop        {wishes.url}\n"
        f"  Admin                  {ADMIN_EMAIL}   {memory.secrets.admin_password}\n"
        f"  Clé publique / key     {key}\n"
        f"  Faux Stripe / fake     http://127.0.0.1:{memory.ports['fake_stripe']}\n"
        f"  Faux Brevo / fake      http://127.0.0.1:{memory.ports['fake_brevo']}\n"
        f"  Données / data         {wishes.data}   (up.json, env, log/)\n"
        f"\n"
        f"  Essayez / try it:\n"
        f"  curl -H 'x-publishable-api-key: {key}' {wishes.url}/store/products?limit=3\n"
        f"\n"
        f"  Prêt en {took} s, Ctrl-C pour arrêter / ready in {seconds:.1f} s, Ctrl-C to stop\n"
        f"Comptoir is ready: {wishes.url}",
        flush=True,
    )


def farewell() -> None:
    """The last word after Ctrl-C, when nothing runs any more."""
    sys.stdout.write("\n  Arrêté, les données restent. / Stopped, the data stay.\n")
    sys.stdout.flush()
