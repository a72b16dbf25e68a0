"""Documents against code: the Makefile explains itself, and what a document names exists."""

import importlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.main import NOUNS
from app.core.settings_example import render_example
from tests.architecture.source import ROOT, files, refuse
from tests.architecture.test_decisions import TARGET as FUNCTION
from tests.architecture.test_decisions import targets_that_are_not_there
from tests.rows import row

TARGET = re.compile(r"^([a-zA-Z][\w-]*):(?!=)(.*)$", re.MULTILINE)
COMMAND = re.compile(r"`make ([a-z][\w-]*)|^\s*(?:\$ )?make ([a-z][\w-]*)", re.MULTILINE)
# In backticks, or as an indented line: `comptoir release list`, `comptoir-backup`, `python -m app.dev.contract diff`.
SHOWN = re.compile(
    r"(?:`|^ {4})(?:sudo )?(?:(comptoir-backup|comptoir(?: [a-z]+){1,2})|(?:\.venv/bin/)?(python -m [a-z._]+))",
    re.MULTILINE,
)
# In a sentence of the product: a mail, a refusal, a check of the audit.
NAMED = re.compile(r"\bcomptoir ([a-z]+)(?: ([a-z]+))?")
# After these it is the product, or its firewall's table, that is meant.
PROSE = frozenset({"command", "only", "input", "payment"})
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
PART = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)#([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


MAKE = "tests/architecture/test_documents.py::test_make_runs_what_the_documents_say"
DEPLOY = "tests/appliance/test_deploy.py"
JOURNAL = "tests/api/test_journal.py"
ARCHIVE = "tests/api/test_journal_archive.py"
STAFF = "tests/api/test_staff_accounts.py"
MAIL = "tests/api/test_mail_commands.py"
BY_HAND = "tests/api/test_products_by_hand.py"
FAMILIES = "tests/api/test_product_families.py"
REFUNDS = "tests/api/test_refund_commands.py"
RETURNS = "tests/api/test_return_life.py"
CLOSED = "tests/api/test_checkout_closed.py"
BY_FILE = "tests/api/test_product_import.py"
APPLIANCE = "tests/appliance/test_testhost.py::test_the_appliance_stays_after_its_command_and_goes_with_the_other"
# Each command that a document shows, and the test that runs it. `make` is a thin name: MAKE shows what it hands over
# to, the test named here runs that; what runs the suite itself (test, fast, check, prove) and `lock` have MAKE alone.
# `make appliance` is the host of APPLIANCE with the bootstrap and deploy of DEPLOY.
STOCK = "tests/api/test_stock_by_hand.py"
INVOICES = "tests/api/test_invoice_commands.py"
IMAGES = "tests/api/test_product_images.py"
RUN_BY = {
    "make up": "tests/up/test_make.py::test_make_up_from_nothing_as_a_normal_user",
    "make test": MAKE,
    "make fast": MAKE,
    "make check": MAKE,
    "make prove": MAKE,
    "make bench": "tests/bench/test_bench.py::test_the_whole_bench_in_small",
    "make bench-quick": "tests/bench/test_bench.py::test_the_whole_bench_in_small",
    "python -m bench": "tests/bench/test_bench.py::test_the_whole_bench_in_small",
    "make lock": MAKE,
    "make serve": "tests/api/test_command_line.py::test_the_command_becomes_the_web_process_and_the_worker",
    "make migrate": "tests/api/test_migrations.py::test_down_to_nothing_and_up_again_gives_the_same_schema",
    "make appliance": APPLIANCE,
    "make appliance-down": APPLIANCE,
    "make bootstrap": f"{DEPLOY}::test_debian_13_from_bare_to_the_first_answer",
    "make deploy": f"{DEPLOY}::test_a_second_deploy_of_the_same_tag_changes_nothing",
    "make rollback": f"{DEPLOY}::test_a_release_and_a_rollback_lose_no_request",
    "make audit": "tests/appliance/test_audit.py::test_make_audit_says_the_same_from_outside",
    "comptoir audit": "tests/appliance/test_audit.py::test_a_deployed_host_keeps_every_line_of_the_checklist",
    "comptoir checkout close": f"{CLOSED}::test_no_payment_is_opened_until_it_is_open_again",
    "comptoir checkout open": f"{CLOSED}::test_no_payment_is_opened_until_it_is_open_again",
    "comptoir checkout status": f"{CLOSED}::test_it_opens_by_itself_when_its_time_is_over",
    "comptoir config check": "tests/unit/test_cli.py::test_a_refusal_is_a_sentence_on_stderr_or_json_on_stdout",
    "comptoir products images": f"{IMAGES}::test_a_folder_of_pictures_is_added_ordered_and_taken_off",
    "comptoir mail allow": f"{MAIL}::test_an_address_is_shown_by_its_hash_and_allowed_again",
    "comptoir mail list": f"{MAIL}::test_mails_are_listed_by_state_and_template_without_their_address",
    "comptoir mail stats": f"{MAIL}::test_the_state_of_mail_is_one_word_for_the_owner_and_for_the_probe",
    "comptoir mail suppressions": f"{MAIL}::test_an_address_is_shown_by_its_hash_and_allowed_again",
    "comptoir mail test": f"{MAIL}::test_a_test_mail_says_what_brevo_did_with_it",
    "comptoir orders accept": (
        "tests/api/test_admin_shop.py::test_an_order_that_waits_for_a_look_is_accepted_by_command"
    ),
    "comptoir orders cancel": "tests/api/test_admin_shop.py::test_orders_by_command",
    "comptoir orders complete": "tests/api/test_admin_shop.py::test_orders_by_command",
    "comptoir orders deliver": "tests/api/test_admin_shop.py::test_orders_by_command",
    "comptoir orders list": "tests/api/test_admin_shop.py::test_orders_by_command",
    "comptoir orders ship": "tests/api/test_admin_shop.py::test_orders_by_command",
    "comptoir orders paid": "tests/api/test_manual_payment.py::test_the_command_asks_before_and_says_what_it_did",
    "comptoir orders refund": f"{REFUNDS}::test_cents_are_shown_and_asked_before_they_leave",
    "comptoir orders show": f"{REFUNDS}::test_a_whole_return_from_the_counter",
    "comptoir products export": f"{BY_FILE}::test_a_file_is_written_once_and_comes_back_unharmed",
    "comptoir products import": f"{BY_FILE}::test_a_file_is_written_once_and_comes_back_unharmed",
    "comptoir refunds approve": f"{REFUNDS}::test_an_intention_is_approved_or_set_aside",
    "comptoir refunds decline": f"{REFUNDS}::test_an_intention_is_approved_or_set_aside",
    "comptoir refunds list": f"{REFUNDS}::test_an_intention_is_approved_or_set_aside",
    "comptoir returns dispatch": f"{REFUNDS}::test_a_whole_return_from_the_counter",
    "comptoir returns list": f"{REFUNDS}::test_a_whole_return_from_the_counter",
    "comptoir returns receive": f"{REFUNDS}::test_a_whole_return_from_the_counter",
    "comptoir returns approve": f"{RETURNS}::test_the_shop_answers_a_request",
    "comptoir returns create": f"{RETURNS}::test_from_the_counter_stock_moves_by_the_inspection_and_once",
    "comptoir returns deadlines": f"{RETURNS}::test_what_is_due_is_listed_and_the_shop_is_told_at_each_step",
    "comptoir returns exclude": f"{RETURNS}::test_what_the_law_says_is_told_by_commands",
    "comptoir returns informed": f"{RETURNS}::test_what_the_law_says_is_told_by_commands",
    "comptoir returns inspect": f"{RETURNS}::test_from_the_counter_stock_moves_by_the_inspection_and_once",
    "comptoir returns reject": f"{RETURNS}::test_the_shop_answers_a_request",
    "comptoir returns show": f"{RETURNS}::test_from_the_counter_stock_moves_by_the_inspection_and_once",
    "comptoir import medusa": (
        "tests/api/test_medusa_import.py::test_a_whole_shop_comes_once_with_every_count_and_total"
    ),
    "comptoir import show": "tests/api/test_medusa_commands.py::test_a_person_reads_what_came_and_what_did_not",
    "comptoir import list": "tests/api/test_medusa_commands.py::test_a_person_reads_what_came_and_what_did_not",
    "comptoir invoices export": f"{INVOICES}::test_the_commands_say_what_there_is",
    "comptoir invoices list": f"{INVOICES}::test_the_commands_say_what_there_is",
    "comptoir invoices oss": f"{INVOICES}::test_sales_to_other_member_states_stop_where_french_vat_does",
    "comptoir invoices show": f"{INVOICES}::test_the_commands_say_what_there_is",
    "comptoir invoices totals": f"{INVOICES}::test_the_commands_say_what_there_is",
    "comptoir invoices verify": "tests/api/test_invoice.py::test_the_audit_sees_every_way_to_tamper",
    "comptoir retention list": f"{INVOICES}::test_one_table_says_how_long_and_one_job_ends_it",
    "comptoir retention run": f"{INVOICES}::test_one_table_says_how_long_and_one_job_ends_it",
    "comptoir journal export": f"{ARCHIVE}::test_an_archive_is_verified_by_itself_and_against_the_database",
    "comptoir journal totals": f"{ARCHIVE}::test_totals_are_those_of_the_days_of_paris_for_any_period",
    "comptoir journal verify": f"{JOURNAL}::test_tampering_is_found_and_named_although_no_trigger_looked",
    "comptoir events acknowledge": "tests/api/test_drift.py::test_what_a_person_explained_asks_for_nothing",
    "comptoir events check": "tests/api/test_object_check.py::test_a_payment_that_stripe_never_told_is_found",
    "comptoir events endpoint": "tests/api/test_endpoint_compared.py::test_whatever_differs_is_named",
    "comptoir events drift": "tests/api/test_drift.py::test_a_payment_is_the_same_on_both_sides",
    "comptoir events list": "tests/api/test_event_replay.py::test_a_failed_event_is_found_and_applied",
    "comptoir events reconcile": "tests/api/test_reconcile.py::test_a_lost_webhook_is_fetched_and_the_young_one_left",
    "comptoir events replay": "tests/api/test_event_replay.py::test_a_failed_event_is_found_and_applied",
    "comptoir events stats": "tests/api/test_webhook_watch.py::test_each_answer_is_counted_and_a_burst_has_a_name",
    "comptoir events show": "tests/api/test_event_replay.py::test_a_failed_event_is_found_and_applied",
    "comptoir mail sender": (
        "tests/api/test_selftest_email.py::test_a_sender_that_brevo_does_not_know_or_trust_is_named_by_command_and_audit"
    ),
    "comptoir selftest email": "tests/api/test_selftest_email.py::test_a_test_mail_is_followed_to_its_mailbox",
    "comptoir selftest payment": (
        "tests/api/test_selftest_payment.py::test_the_way_is_proven_through_nginx_and_what_breaks_it_is_named"
    ),
    "comptoir mail retry": (
        "tests/api/test_mail_commands.py::test_what_was_given_up_leaves_again_when_a_person_says_so"
    ),
    "comptoir products find": f"{BY_HAND}::test_commands_find_publish_and_archive_a_product",
    "comptoir products list": f"{BY_HAND}::test_commands_find_publish_and_archive_a_product",
    "comptoir products show": f"{BY_HAND}::test_commands_find_publish_and_archive_a_product",
    "comptoir products publish": f"{BY_HAND}::test_commands_find_publish_and_archive_a_product",
    "comptoir products draft": f"{BY_HAND}::test_commands_find_publish_and_archive_a_product",
    "comptoir products archive": f"{BY_HAND}::test_commands_find_publish_and_archive_a_product",
    "comptoir products families": f"{FAMILIES}::test_tags_follow_from_metadata_and_a_second_run_changes_nothing",
    "comptoir products tags": f"{FAMILIES}::test_tags_follow_from_metadata_and_a_second_run_changes_nothing",
    "comptoir products price": (
        "tests/api/test_price_commands.py::test_a_price_is_typed_in_cents_shown_in_euros_and_asked_before_it_changes"
    ),
    "comptoir stock count": f"{STOCK}::test_a_count_by_command_and_what_commands_refuse",
    "comptoir stock movements": f"{STOCK}::test_a_count_by_command_and_what_commands_refuse",
    "comptoir stock plan": f"{STOCK}::test_a_delivery_is_looked_at_then_received_by_command",
    "comptoir stock receive": f"{STOCK}::test_a_delivery_is_looked_at_then_received_by_command",
    "comptoir stock show": f"{STOCK}::test_a_delivery_is_looked_at_then_received_by_command",
    "comptoir trace": "tests/api/test_trace.py::test_a_lost_webhook_is_named_with_its_command_which_repairs_it",
    "comptoir release list": (
        "tests/appliance/test_rollback.py::test_without_a_tag_it_goes_to_the_last_good_release_and_not_back_and_forth"
    ),
    "comptoir release rollback": (
        "tests/appliance/test_rollback.py::test_without_a_tag_it_goes_to_the_last_good_release_and_not_back_and_forth"
    ),
    "comptoir release restart": "tests/appliance/test_rollback.py::test_a_restart_by_hand_gives_new_processes",
    "comptoir runbook coverage": ("tests/architecture/test_rows.py::test_coverage_counts_known_rows_of_the_evidence"),
    "comptoir serve": "tests/api/test_command_line.py::test_the_command_becomes_the_web_process_and_the_worker",
    "comptoir setup": "tests/appliance/test_purchase.py::test_a_customer_buys_and_a_rollback_keeps_the_order",
    "comptoir host list": "tests/api/test_host_seal.py::test_a_shop_that_nobody_set_up_yet_takes_commands",
    "comptoir host seal": "tests/api/test_host_seal.py::test_a_shop_that_moved_says_so_with_a_reason",
    "comptoir staff add": f"{STAFF}::test_a_lost_password_is_replaced_by_a_new_link",
    "comptoir staff list": f"{STAFF}::test_an_account_is_closed_and_the_last_owner_stays",
    "comptoir staff remove": f"{STAFF}::test_an_account_is_closed_and_the_last_owner_stays",
    "comptoir-backup": "tests/appliance/test_nightly_dump.py::test_a_dump_is_private_readable_and_counted",
    "python -m app.dev.contract": "tests/contract/test_snapshot.py::test_the_command_says_that_the_snapshot_is_current",
    "python -m tests.rows_report": (
        "tests/architecture/test_rows.py::test_evidence_of_several_runs_adds_up_and_forgets_what_is_gone"
    ),
}


def targets(makefile: str) -> dict[str, str]:
    """Each target with the help text after `##`, empty when it has none."""
    return {name: rest.partition("##")[2].strip() for name, rest in TARGET.findall(makefile)}


def commands(text: str) -> set[str]:
    return {first or second for first, second in COMMAND.findall(text)}


def shown(text: str) -> set[str]:
    """Every command in a text, without its arguments, as RUN_BY writes it."""
    found = {
        re.sub(r"(comptoir \w+).*", _noun_and_verb, first) if first else second for first, second in SHOWN.findall(text)
    }
    return found | {f"make {name}" for name in commands(text)}


def _noun_and_verb(found: re.Match[str]) -> str:
    """`comptoir setup` has no verb; `comptoir release list` has one, as `comptoir nonsense list` would."""
    _, noun, *words = found.group(0).split()
    has_verbs = verbs_of(noun) != set()
    return " ".join(["comptoir", noun, *(words[:1] if has_verbs else ())])


def verbs_of(noun: str) -> set[str]:
    """The verbs of a noun, none for a noun that is a command by itself, `{"?"}` if there is no such noun."""
    module = next((module for name, module, *_ in NOUNS if name == noun), None)
    if module is None:
        return {"?"}
    noun_app = importlib.import_module(module).app
    groups = {str(group.name) for group in noun_app.registered_groups}
    return groups | {command.name or command.callback.__name__ for command in noun_app.registered_commands}


def is_a_test(name: str) -> bool:
    """`tests/unit/test_x.py::test_y` is there."""
    path, _, function = name.partition("::")
    return (ROOT / path).is_file() and f"\ndef {function}(" in (ROOT / path).read_text(encoding="utf-8")


def dead_links(document: Path, text: str) -> Iterator[str]:
    for link in LINK.findall(text):
        if not (ROOT / document.parent / link).exists():
            yield f"{document}: {link}"


def lost_parts(document: Path, text: str) -> Iterator[str]:
    """Links to a heading that is not there; a heading's name is its words in small letters, joined by hyphens."""
    for link, part in PART.findall(text):
        target = (ROOT / document.parent / link).resolve()
        there = text if not link else target.read_text(encoding="utf-8") if target.is_file() else ""
        names = {re.sub(r"[^\w\- ]", "", each).lower().replace(" ", "-") for each in HEADING.findall(there)}
        if part not in names:
            yield f"{document}: {link}#{part}"


def documents() -> list[Path]:
    return [path for path in files() if path.suffix == ".md"]


def read(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_every_target_of_make_is_explained() -> None:
    known = targets((ROOT / "Makefile").read_text())
    del known["help"]  # it is the list itself
    refuse(
        [name for name, help_text in known.items() if not help_text],
        "Write `target: ## what it does` in the Makefile:",
    )
    assert {"up", "test", "check", "bootstrap", "deploy", "rollback", "audit", "appliance", "appliance-down"} <= set(
        known
    )


def test_every_make_command_of_a_document_exists() -> None:
    known = targets((ROOT / "Makefile").read_text())
    unknown = [f"{path}: make {name}" for path in documents() for name in commands(read(path)) - set(known)]
    refuse(unknown, "Correct the document, or add the target to the Makefile:")


def commands_that_are_not_there(text: str) -> list[str]:
    """Of those that a sentence names: no such noun, or a noun with verbs and not this one."""
    found = [(noun, verb, verbs_of(noun)) for noun, verb in NAMED.findall(text) if noun not in PROSE]
    is_wrong = [verbs == {"?"} or bool(verbs and verb and verb not in verbs) for _, verb, verbs in found]
    return [f"comptoir {noun} {verb}".strip() for (noun, verb, _), wrong in zip(found, is_wrong, strict=True) if wrong]


def test_every_command_that_the_product_names_exists() -> None:
    lost = commands_that_are_not_there("voyez (comptoir doctor), comptoir events nonsense, comptoir setup again")
    assert lost == ["comptoir doctor", "comptoir events nonsense"]
    texts = [path for path in files() if path.parts[0] == "app" and path.suffix in {".py", ".mail", ".html"}]
    wrong = [f"{path}: {command}" for path in texts for command in commands_that_are_not_there(read(path))]
    refuse(wrong, "Name a command that exists:")


def test_every_command_of_a_document_is_run_by_a_test() -> None:
    shown_there = {(path, command) for path in documents() for command in shown(read(path))}
    refuse(
        [f"{path}: {command}" for path, command in sorted(shown_there) if command not in RUN_BY],
        "Add the command and the test that runs it to RUN_BY in tests/architecture/test_documents.py:",
    )
    refuse([name for name in RUN_BY.values() if not is_a_test(name)], "Correct RUN_BY, there is no such test:")
    typed = [command.split() for command in RUN_BY if command.startswith("comptoir ")]
    refuse(
        [" ".join(words) for words in typed if set(words[2:]) - verbs_of(words[1])],
        "Correct RUN_BY, there is no such command:",
    )
    refuse(
        sorted(set(RUN_BY) - {command for _, command in shown_there}),
        "Shown by no document any more, drop from RUN_BY:",
    )


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        ("up PORT=9100 DATA=elsewhere", "-m app.dev.up"),
        ("test", "pytest -n 3 --dist worksteal tests/unit tests/architecture tests/contract tests/deploys tests/api"),
        ("test", "tests/api tests/concurrency tests/faults tests/sdk"),
        ("test", "pytest tests/up tests/browser tests/testhost tests/appliance tests/audit"),
        ("fast", "pytest -q -n 3 --dist worksteal tests/unit tests/architecture tests/api"),
        ("check", "pytest -q tests/architecture"),
        ("prove", "PROVE=1 .venv/bin/pytest $(grep -rl"),
        ("lock", "app/dev/bootstrap.py lock"),
        ("bench PART=growth", "-m bench --part growth"),
        ("bench-quick", "-m bench --quick"),
        ("serve", ".venv/bin/comptoir serve"),
        ("migrate", ".venv/bin/alembic upgrade head"),
        ("appliance", "-m tests.appliance up"),
        ("appliance-down", "-m tests.appliance down"),
        ("bootstrap HOST=h DOMAIN=d", "-m infra --inventory=production bootstrap --host=h --domain=d"),
        ("deploy TAG=v1.2.0", "-m infra --inventory=production deploy --tag=v1.2.0"),
        ("deploy WINDOW=1", "-m infra --inventory=production deploy --tag="),
        ("rollback TAG=v1.1.0", "-m infra --inventory=production rollback --tag=v1.1.0"),
        ("audit ENV=staging", "-m infra --inventory=staging audit"),
    ],
)
def test_make_runs_what_the_documents_say(line: str, runs: str) -> None:
    # The suite itself runs under make, and a make below a make speaks of folders.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    dry = ["make", "--dry-run", "--no-print-directory", *line.split()]
    assert runs in subprocess.run(dry, cwd=ROOT, env=alone, capture_output=True, text=True, check=True).stdout


def test_every_function_that_a_document_names_exists() -> None:
    named = {target for path in documents() for target in FUNCTION.findall(read(path))}
    refuse(list(targets_that_are_not_there(sorted(named))), "Correct the document, there is no such function:")


@row("S3-022")
def test_the_example_of_settings_is_the_generated_one() -> None:
    assert read(Path(".env.example")) == render_example(), "Run `.venv/bin/comptoir config example > .env.example`."


@row("S3-001")
def test_no_link_is_dead() -> None:
    refuse([dead for path in documents() for dead in dead_links(path, read(path))], "Correct the link:")
    refuse([lost for path in documents() for lost in lost_parts(path, read(path))], "There is no such heading:")
    # The two companions of the runbook: what to check before going live, and what no check can exclude.
    money = read(Path("docs/payments.md")).partition("\n## Risques qui restent\n")[2].partition("\n## ")[0]
    assert PART.findall(money) == [("ops.md", "is-it-well")]
    assert money.count("\n| ") > 5


def test_decision_records_have_their_four_parts() -> None:
    found = []
    for path in documents():
        if path.parts[:2] == ("docs", "decisions") and path.name[0].isdigit():
            headings = set(re.findall(r"^## (\w+)", read(path), re.MULTILINE))
            found += [
                f"{path}: {part}"
                for part in ("Context", "Decision", "Consequences", "Alternatives")
                if part not in headings
            ]
    refuse(found, "A record says context, decision, consequences, alternatives, on one page:")


def test_the_rules_read_makefiles_and_documents() -> None:
    makefile = "VENV := .venv\nup: ## start\nquiet:\n\ttrue\n.PHONY: up\ndeploy: check ## ship it\n"
    assert targets(makefile) == {"up": "start", "quiet": "", "deploy": "ship it"}
    assert commands("Run `make up` or:\n\n    make deploy TAG=v1\n\nto make sure") == {"up", "deploy"}
    told = "`comptoir release list` or `comptoir setup now`\n\n    sudo comptoir-backup\n`python -m app.x diff`"
    assert shown(told) == {"comptoir release list", "comptoir setup", "comptoir-backup", "python -m app.x"}
    assert shown("`comptoir doctor now` by `comptoir`") == {"comptoir doctor now"}
    assert (is_a_test(MAKE), is_a_test(f"{DEPLOY}::test_gone")) == (True, False)
    text = "[a](nowhere.md) [b](https://example.org) [c](../pyproject.toml) [d](#here)"
    assert list(dead_links(Path("app/x.md"), text)) == ["app/x.md: nowhere.md"]
    text = "# Is it: well?\n[a](#is-it-well) [b](#ill) [c](../docs/ops.md#never) [d](../docs/ops.md#ever)"
    assert list(lost_parts(Path("app/x.md"), text)) == ["app/x.md: #ill", "app/x.md: ../docs/ops.md#ever"]
