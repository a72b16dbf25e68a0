"""Other machines are reached through gateways, and heavy libraries load in the worker only (design §4.19)."""

import os
import subprocess
import sys
from collections.abc import Iterator

from tests.architecture.source import ROOT, Module, imports, modules, parse, refuse

CLIENTS_OF_PYTHON = ("urllib.request", "http.client", "ftplib", "smtplib", "telnetlib", "xmlrpc")
HEAVY = ("sib_api_v3_sdk", "PIL", "lxml", "reportlab", "weasyprint", "mrml", "playwright", "smtplib", "xml.etree")


def clients_outside_gateways(module: Module) -> Iterator[str]:
    """The fakes and `make up` (app.dev) stand outside the product: they call it as the world does."""
    if module.package in {"gateways", "dev"}:
        return
    for node, name in imports(module):
        if name.startswith(CLIENTS_OF_PYTHON):
            yield f"{module.at(node)} imports {name}"


def heavy_gateways(gateways: list[Module]) -> set[str]:
    """The gateways that import a heavy library: `app.gateways.brevo`."""
    return {
        module.path.removesuffix(".py").replace("/", ".")
        for module in gateways
        if any(name.startswith(HEAVY) for _, name in imports(module))
    }


def heavy_gateways_imported(module: Module, heavy: set[str]) -> Iterator[str]:
    if module.name == "jobs" or module.package in {"gateways", "dev"}:
        return
    for node, name in imports(module):
        if any(f"{name}.".startswith(f"{gateway}.") for gateway in heavy):
            yield f"{module.at(node)} imports {name}"


def test_http_clients_stay_in_gateways() -> None:
    refuse(
        [finding for module in modules("app") for finding in clients_outside_gateways(module)],
        "Put the call into app/gateways/<vendor>.py, with a timeout, our types in and out:",
    )


def test_heavy_gateways_are_imported_by_jobs_only() -> None:
    heavy = heavy_gateways([module for module in modules("app") if module.package == "gateways"])
    refuse(
        [finding for module in modules("app") for finding in heavy_gateways_imported(module, heavy)],
        "Enqueue a job by name; its jobs.py imports the gateway, in the worker:",
    )


def loaded_after(statement: str) -> list[str]:
    """The heavy libraries in memory after this statement, in a process of its own."""
    question = f"import sys; {statement}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    environment = {
        "PATH": os.environ["PATH"],
        "COMPTOIR_ENV": "development",
        "DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1/none",
        "REDIS_URL": "redis://127.0.0.1:1",
    }
    command = [sys.executable, "-c", question]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.split()


def test_the_web_process_loads_no_heavy_library() -> None:
    loaded = loaded_after("from app.main import create_app; create_app(); import app.serve")
    assert loaded == [], "Move the import into a jobs.py and enqueue the job by name."


def test_a_heavy_library_is_seen_in_memory() -> None:
    assert loaded_after("import PIL") == ["PIL"]


def test_the_rules_see_clients_and_heavy_gateways() -> None:
    assert len(list(clients_outside_gateways(parse("app/ops/health.py", "import urllib.request")))) == 1
    assert list(clients_outside_gateways(parse("app/gateways/loopback.py", "import urllib.request"))) == []
    assert list(clients_outside_gateways(parse("app/ops/health.py", "from urllib.parse import quote"))) == []
    brevo = parse("app/gateways/brevo.py", "import sib_api_v3_sdk")
    heavy = heavy_gateways([brevo, parse("app/gateways/stripe.py", "import stripe")])
    assert heavy == {"app.gateways.brevo"}
    line = "from app.gateways.brevo import send"
    assert len(list(heavy_gateways_imported(parse("app/notifications/service.py", line), heavy))) == 1
    assert len(list(heavy_gateways_imported(parse("app/x/service.py", "from app.gateways import brevo"), heavy))) == 1
    assert list(heavy_gateways_imported(parse("app/notifications/jobs.py", line), heavy)) == []
