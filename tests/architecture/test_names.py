"""A folder is a business noun, a file is a fixed role, a function is a verb of fixed meaning."""

import ast
import functools
import re
from collections.abc import Iterator

from tests.architecture.source import ROOT, Function, Module, files, functions, module_functions, modules, parse, refuse

# Packages that are not business nouns: their files are named after what they wrap or serve.
NOT_DOMAIN = {
    "core", "gateways", "store_api", "admin_api", "v1_api", "admin", "cli", "worker", "dev", "migrations", "runbook",
}  # fmt: skip

ROLES = {"__init__", "models", "rules", "service", "queries", "schemas", "errors", "jobs", "privacy"}

# Files that the documents name, or a role of one domain only. A new one needs a reason here.
NAMED = {
    "payments": {
        "event_types": "the one constant of handled Stripe event types",
        "execution": "carries out a decided refund",
        "breaker": "the one circuit breaker, 40 lines",
        "journal": "the money journal",
        "drift": "compares with the provider",
    },
    "ops": {
        "checks": "the list of audit checks as data",
        "health": "liveness and readiness",
        "doctor": "the checks of a machine, in words",
        "checkout_gate": "checkout open or closed",
        "metrics": "figures for Prometheus",
        "incidents": "the incident log",
        "rolling_restart": "our rolling command, the only way that keeps the socket (design §2)",
    },
    "notifications": {"templates": "renders the mails"},
    "orders": {"schemas_line": "the shapes of an order's lines: with those of the order more than one file holds"},
    "medusa_import": {"schemas_order": "the shapes of an order: with the others they are more than one file holds"},
}

BANNED = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "manager",
    "managers",
    "base",
    "misc",
    "tools",
    "stuff",
    "shared",
}


@functools.cache
def verbs() -> frozenset[str]:
    """The verbs of the house: the first column of the table "Verbs" of app/README.md."""
    section = (ROOT / "app" / "README.md").read_text(encoding="utf-8").partition("\n## Verbs")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ")]
    return frozenset(re.findall(r"[a-z]+", " ".join(cells))) - {"verb"}


def strange_files(module: Module) -> Iterator[str]:
    """In a domain package a file is one of the fixed roles, a listed name, or a verb phrase."""
    if not module.package or module.package in NOT_DOMAIN or module.path.count("/") != 2:
        return
    first, _, rest = module.name.partition("_")
    is_verb_phrase = first in verbs() and bool(rest)
    if module.name not in ROLES | set(NAMED.get(module.package, {})) and not is_verb_phrase:
        yield module.path


def banned_names(path: str) -> Iterator[str]:
    for part in path.removesuffix(".py").split("/"):
        if part in BANNED or any(part.endswith(f"_{word}") for word in BANNED):
            yield path


def returns_none(function: Function) -> bool:
    """Whether `None` is among what the annotation promises."""
    if function.returns is None:
        return False
    for node in ast.walk(function.returns):
        if isinstance(node, ast.Constant) and node.value is None:
            return True
    return "Optional" in ast.unparse(function.returns)


def is_only_none(function: Function) -> bool:
    return isinstance(function.returns, ast.Constant) and function.returns.value is None


def named_by_others(module: Module) -> set[Function]:
    """Methods of a class with a parent: the parent, often a library's, chose the name."""
    heirs = [node for node in module.nodes if isinstance(node, ast.ClassDef) and node.bases]
    return {inner for heir in heirs for inner in heir.body if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)}


def verbs_of_another_meaning(module: Module) -> Iterator[str]:
    inherited = named_by_others(module)
    for function in functions(module):
        if function in inherited:
            continue
        name = function.name.removeprefix("_")
        where = f"{module.at(function)} {name}"
        if name.startswith("get_") and returns_none(function):
            yield f"{where}: get_ raises when absent; this is find_"
        if name.startswith("find_") and not returns_none(function):
            yield f"{where}: find_ returns `X | None`; this is get_ or list_"
        if name.startswith("list_") and module.package not in NOT_DOMAIN and not returns_many(function):
            yield f"{where}: list_ returns a list or another sequence"
        if name.startswith(("compute_", "decide_")) and returns_none(function):
            yield f"{where}: compute_ and decide_ return a value, never None"


def check_that_answers(module: Module) -> Iterator[str]:
    for function in module_functions(module):
        if function.name.startswith("check_") and function.returns is not None and not is_only_none(function):
            yield f"{module.at(function)} {function.name} -> {ast.unparse(function.returns)}"


def returns_many(function: Function) -> bool:
    if function.returns is None:
        return False
    words = ("list", "Sequence", "tuple", "Iterator", "Iterable", "dict", "Mapping", "Page", "set")
    return ast.unparse(function.returns).startswith(words)


def test_a_file_of_a_domain_has_a_known_role() -> None:
    refuse(
        [finding for module in modules("app") for finding in strange_files(module)],
        "Use models, rules, service, queries, schemas, errors, jobs or privacy; split a long service by verb "
        "(place_order.py), a verb of app/README.md; a name the documents demand is listed with its reason in NAMED:",
    )


def test_no_file_is_named_after_nothing() -> None:
    tops = {"app", "infra", "tests", "bench", "backups"}
    refuse(
        [finding for path in files() if path.parts[0] in tops for finding in banned_names(path.as_posix())],
        "Name the file after what it holds; a drawer named utils or helpers is never found again:",
    )


def test_verbs_keep_their_meaning() -> None:
    refuse(
        [finding for module in modules("app") for finding in verbs_of_another_meaning(module)],
        "get_ raises, find_ may return None, list_ returns many, compute_ and decide_ return a value:",
    )


def test_check_returns_nothing_or_raises() -> None:
    refuse(
        [finding for module in modules("app") for finding in check_that_answers(module)],
        "check_ returns None or raises a Refusal; what answers is compute_, decide_ or find_:",
    )


def test_the_rules_see_strange_and_banned_files() -> None:
    assert list(strange_files(parse("app/orders/totals_stuff.py", ""))) == ["app/orders/totals_stuff.py"]
    assert list(strange_files(parse("app/orders/place.py", ""))) == ["app/orders/place.py"]
    good = (
        "app/orders/place_order.py",
        "app/orders/rules.py",
        "app/payments/event_types.py",
        "app/core/money.py",
        "app/main.py",
    )
    for path in good:
        assert list(strange_files(parse(path, ""))) == []
    assert list(banned_names("app/orders/utils.py")) == ["app/orders/utils.py"]
    assert list(banned_names("tests/api/order_helpers.py")) == ["tests/api/order_helpers.py"]
    assert list(banned_names("app/core/database.py")) == []


def test_the_rules_see_a_verb_of_another_meaning() -> None:
    bad = """
def get_cart() -> Cart | None: ...
def find_cart() -> Cart: ...
def list_carts() -> Cart: ...
def compute_total() -> int | None: ...
def decide_refund() -> None: ...
"""
    assert len(list(verbs_of_another_meaning(parse("app/carts/queries.py", bad)))) == 5
    good = """
def get_cart() -> Cart: ...
def find_cart() -> Cart | None: ...
def list_carts() -> list[Cart]: ...
def compute_total() -> int: ...
def decide_refund() -> Decision: ...
class Wait(retry.Strategy):
    def get_retry_decision(self) -> Decision | None: ...
"""
    assert list(verbs_of_another_meaning(parse("app/carts/queries.py", good))) == []


def test_the_rules_see_a_check_that_answers() -> None:
    assert len(list(check_that_answers(parse("app/carts/rules.py", "def check_open(cart) -> bool: ...")))) == 1
    assert list(check_that_answers(parse("app/carts/rules.py", "def check_open(cart) -> None: ..."))) == []
