"""What must never be in a log, planted in every input of every route, command and webhook (payments §6).

Nothing is asserted about the logs here: `tests/log_watch.py` reads every line of the whole run and fails it at its end.
The last test is the control that it does.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import httpx2
import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from app.cli.main import NOUNS, build
from app.dev.fake_stripe.delivery import sign
from app.payments.event_types import HANDLED_EVENT_TYPES
from tests.api.walk import Sampler, Step, in_groups, steps
from tests.api.world import World
from tests.command import run_command
from tests.in_process import RunJobs
from tests.log_watch import CANARIES
from tests.nginx_front import Front
from tests.rows import row
from tests.services import ENVIRONMENT, ROOT
from tests.shop_front import ADDRESS, WEBHOOK_SECRET, Buyer, FakeBrevo, FakeStripe, Json, read_rows
from tests.stripe_news import PATH, event_about, intent_of_nobody

ALL = " ".join(CANARIES.values())
EMAIL, TOKEN = CANARIES["an e-mail"], CANARIES["a bearer token"]
# They would start something, act on the machine, or wait for Brevo's word: only their refusal is asked for.
ACTING = {"serve", "worker", "release", "setup", "audit", "selftest"}
HEADERS = {
    "x-request-id": EMAIL,
    "user-agent": ALL,
    "referer": f"https://boutique.test/?email={EMAIL}",
    "stripe-signature": f"t=1,{CANARIES['a signature']}",
    "idempotency-key": CANARIES["a key"],
    "x-api-key": CANARIES["a key"],
    "cookie": f"connect.sid={CANARIES['a cookie']}; _medusa_jwt={TOKEN}",
    "x-forwarded-for": EMAIL,
}


def headers_with(more: Mapping[str, str]) -> dict[bytes, bytes]:
    """Canaries in every header but these."""
    return {name.encode(): value.encode() for name, value in {**HEADERS, **more}.items()}


class Planting(Sampler):
    """Bodies whose texts are canaries."""

    def _of_type(self, schema: Mapping[str, object], name: str) -> object:
        if schema.get("type") == "string":
            return EMAIL if "email" in name or schema.get("format") == "email" else ALL
        return super()._of_type(schema, name)


def plant(world: World, step: Step) -> None:
    """Through what is there, through what is not, as somebody, as nobody, in every kind of body."""
    nobody = {"authorization": f"Bearer {TOKEN}", "x-publishable-api-key": CANARIES["a key"]}
    known = {**world.bodies, "email": EMAIL, "password": ALL, "identifier": EMAIL}
    query = {
        **dict.fromkeys(step.query, ALL),
        "q": EMAIL,
        "token": TOKEN,
        "fields": f"+{EMAIL}",
        "timeout_seconds": "0",
    }
    nowhere = dict.fromkeys((word for word, _ in step.parameters), quote(ALL, safe=""))
    for headers, ids, bodies in (
        (world.best_headers(step), world.ids, known),
        (world.best_headers(step), nowhere, {}),
        (nobody, world.ids, {}),
    ):
        body = Planting(bodies).sample(step.body) if step.body is not None else {"email": EMAIL, "other": ALL}
        for sent in ({"json": body}, {"data": {"email": EMAIL, "password": ALL}}, {"content": f'{{"email": "{ALL}'}):
            world.client.request(step.method, step.at(ids), params=query, headers=headers_with(headers), **sent)


@row("S3-026")
def test_every_input_of_every_route(world: World) -> None:
    for group in in_groups(steps()).values():
        world.renew()
        for step in group:
            plant(world, step)


def test_every_event_of_stripe_signed_and_not(buyer: Buyer) -> None:
    thing: Json = {
        **intent_of_nobody(), "receipt_email": EMAIL, "description": ALL, "client_secret": CANARIES["a key"],
        "customer_details": {"email": EMAIL, "name": CANARIES["a name"]}, "metadata": {"session_id": ALL, "name": ALL},
        "last_payment_error": {"message": ALL, "code": ALL}, "failure_reason": ALL, "status": ALL, "reason": ALL,
    }  # fmt: skip
    for number, kind in enumerate((*sorted(HANDLED_EVENT_TYPES), "canary.unknown")):
        for about in (thing, {**thing, "object": kind.rpartition(".")[0], "id": EMAIL}):
            event = event_about(about, kind, id=f"evt_{number}_{len(about)}_{about is thing}", account=None)
            body = json.dumps(event).encode()
            for signature in (sign(body, [WEBHOOK_SECRET]), HEADERS["stripe-signature"]):
                buyer.http.post(PATH, content=body, headers=headers_with({"stripe-signature": signature}))
    for body in (b"\xff", ALL.encode(), json.dumps({"object": ALL}).encode()):
        signature = sign(body, [WEBHOOK_SECRET])
        buyer.http.post(PATH, content=body, headers=headers_with({"stripe-signature": signature}))


def test_what_brevo_tells_with_its_token_and_without(buyer: Buyer) -> None:
    told = {"event": "hard_bounce", "email": EMAIL, "message-id": ALL, "ts_event": 1, "tags": [ALL], "reason": ALL}
    for token in (ENVIRONMENT["BREVO_WEBHOOK_TOKEN"], TOKEN):
        for body in (json.dumps(told), ALL):
            shown = headers_with({"authorization": f"Bearer {token}"})
            buyer.http.post("/brevo/webhook", content=body.encode(), headers=shown)


def test_a_purchase_of_somebody_whose_mail_does_not_leave(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    """Both vendors answer with bodies and headers that their packages put into the texts of exceptions."""
    cart_id = buyer.fill_cart(email=EMAIL)
    name = {"first_name": CANARIES["a name"], "last_name": CANARIES["a card number"], "company": CANARIES["a key"]}
    buyer.post(f"/store/carts/{cart_id}", shipping_address={**ADDRESS, **name}, metadata={"note": ALL})
    fake_stripe.break_down("payment_intents.create", "error", times=1)
    collection = buyer.open_collection(cart_id)
    buyer.ask_for_session(collection)
    fake_stripe.recover()
    fake_stripe.pay(buyer.open_session(cart_id).intent_id)
    fake_stripe.wait_until_delivered()
    fake_brevo.break_down("*", "error", times=None)
    run_jobs()
    assert read_rows("SELECT count(*) FROM message WHERE content::text LIKE :name", name=f"%{CANARIES['a name']}%") == [
        (1,)
    ]


def leaves(words: tuple[str, ...], group: TyperGroup) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    """The commands below a group, each with its words."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from leaves((*words, name), command)
        elif isinstance(command, TyperCommand):
            yield (*words, name), command


def test_every_argument_of_every_command(buyer: Buyer) -> None:
    for noun, *_ in NOUNS:
        whole = typer.main.get_command(build([noun]))
        assert isinstance(whole, TyperGroup)
        group = TyperGroup(commands={noun: whole.commands[noun]})
        for words, command in leaves((), group):
            run_command(*words, *[EMAIL] * 9, typed=ALL)
            if noun not in ACTING:
                given = [EMAIL for each in command.params if isinstance(each, TyperArgument)]
                options = [each for each in command.params if isinstance(each, TyperOption) and not each.is_flag]
                run_command(*words, *given, typed=ALL)
                run_command(*words, *given, *(part for each in options for part in (each.opts[0], ALL)), typed=ALL)


def test_what_passes_nginx_and_what_it_refuses(front: Front) -> None:
    bad = [
        f"/store/carts/{quote(ALL)}",
        f"/{quote(EMAIL)}",
        f"/store/products?q={quote(ALL)}&email={EMAIL}",
        "/stripe/webhook",
    ]
    with httpx2.Client(base_url=front.url, verify=False, headers=headers_with({})) as client:
        for path in (*bad, f"/app/invitation/{TOKEN}", "/" + quote(ALL) * 60):
            for method in ("GET", "POST", "TRACE"):
                client.request(method, path, content=ALL.encode() if method == "POST" else None)
    assert len((front.folder / "nginx-access.log").read_text().splitlines()) >= 15


LEAKING = """
import sys
from app.core.log import PresentStdout, configure_logging, log_event
from tests.log_watch import CANARIES

configure_logging("canary")

def test_leaks_in_this_process():
    log_event("order placed", orderId=CANARIES["an e-mail"])

def test_leaks_in_this_process_although_nobody_sees_it(capsys):
    PresentStdout().write('{"message": "x", "email": "somebody"}\\n')
    capsys.readouterr()

def test_leaks_in_a_process_of_its_own(tmp_path):
    (tmp_path / "processes.log").write_text('{"message": "fine"}\\nTraceback: ' + CANARIES["a key"] + "\\n")
    (tmp_path / "fake_stripe.log").write_text(CANARIES["a key"])

def test_leaks_nothing():
    log_event("order placed", orderId="order_1", email=CANARIES["an e-mail"])
"""


def test_a_run_with_a_leak_fails_at_its_end_and_says_where(tmp_path: Path) -> None:
    (tmp_path / "test_leaking.py").write_text(LEAKING)
    plugins = ["-p", "tests.log_watch", "-p", "xdist", "-p", "no:cacheprovider", "-n", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "--rootdir", str(tmp_path), "-c", "/dev/null", str(tmp_path)],
        cwd=ROOT, env={**os.environ, "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "4 passed" in done.stdout
    said = done.stdout.partition("what no log may hold")[2]
    assert said.count(" is logged") == 2, said
    assert "test_leaks_in_this_process (call): an e-mail is logged" in said
    assert "although_nobody_sees_it (call): fields outside the closed list: email" in said
    assert "processes.log:2: a key is logged: Traceback: …" in said
