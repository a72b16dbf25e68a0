"""Infrastructure code: apart from the application, states not actions, without the traps that lose requests."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import ROOT, Module, calls, files, imports, modules, parse, refuse

# `supervisorctl restart web:*` closes the shared socket: measured, 19,765 of 48,150 requests lost.
SOCKET_CLOSERS = re.compile(r"supervisorctl[\"', ]+(?:-\S+ )*(?:restart|stop)[\"', ]+(?:web:?\*?|all)(?=[\s\"'`]|$)")
INFRASTRUCTURE = {"infra", "systemd", "backups", "nginx", ".ci"}


def shared_imports(module: Module) -> Iterator[str]:
    """`infra` and `app` share variable names only: the laptop that deploys does not run the application."""
    top = module.path.split("/")[0]
    other = {"infra": "app", "app": "infra"}.get(top)
    for node, name in imports(module):
        if name.split(".")[0] == other:
            yield f"{module.at(node)} imports {name}"


def shells_without_a_reason(module: Module) -> Iterator[str]:
    """The comment stands right before the statement, or inside the call."""
    lines = ["", *module.text.splitlines()]
    for statement in (node for node in module.nodes if isinstance(node, ast.Expr | ast.Assign | ast.Return)):
        if isinstance(statement.value, ast.Call) and ast.unparse(statement.value.func) == "server.shell":
            around = lines[statement.lineno - 1 : (statement.end_lineno or statement.lineno) + 1]
            if not any(line.strip().startswith("#") for line in around):
                yield f"{module.at(statement)} server.shell"


def passwords_through_pyinfra(module: Module) -> Iterator[str]:
    for call, name in calls(module):
        if name.endswith("postgres.role") and any(keyword.arg == "password" for keyword in call.keywords):
            yield f"{module.at(call)} {name}(password=...)"


def socket_closers(path: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if SOCKET_CLOSERS.search(line) and not re.match(r"\s*(#|;|\"\"\")", line):
            yield f"{path}:{number} {line.strip()}"


def test_infra_and_app_do_not_import_each_other() -> None:
    refuse(
        [finding for module in modules("infra", "app") for finding in shared_imports(module)],
        "Read the value from the inventory or from a file on the host:",
    )


def test_a_shell_command_says_why_no_operation_fits() -> None:
    refuse(
        [finding for module in modules("infra") for finding in shells_without_a_reason(module)],
        "Use an operation that states the result; if none fits, a comment on the line before says why:",
    )


def test_no_password_goes_through_pyinfra() -> None:
    refuse(
        [finding for module in modules("infra") for finding in passwords_through_pyinfra(module)],
        "It always runs ALTER and an error prints the secret: use peer, or a verifier set on the host from a file:",
    )


def test_nothing_closes_the_shared_socket() -> None:
    found: list[str] = []
    for path in files():
        if path.parts[0] in INFRASTRUCTURE and path.suffix not in {".png", ".ico"}:
            found += socket_closers(path.as_posix(), (ROOT / path).read_text(encoding="utf-8"))
    refuse(found, "Restart the workers one by one, as a release does:")


def test_the_rules_see_faulty_infrastructure() -> None:
    assert len(list(shared_imports(parse("infra/x.py", "from app.core import settings")))) == 1
    assert len(list(shared_imports(parse("app/core/x.py", "import infra.target")))) == 1
    assert list(shared_imports(parse("infra/x.py", "import pyinfra"))) == []
    assert len(list(shells_without_a_reason(parse("infra/x.py", "x = 1\nserver.shell(name='y')")))) == 1
    assert (
        list(shells_without_a_reason(parse("infra/x.py", "# No operation knows sshd -t.\nserver.shell(name='y')")))
        == []
    )
    assert len(list(passwords_through_pyinfra(parse("infra/x.py", "postgres.role(role='a', password=p)")))) == 1
    assert list(passwords_through_pyinfra(parse("infra/x.py", "postgres.role(role='a')"))) == []


def test_the_rules_see_what_closes_the_socket() -> None:
    for line in ("supervisorctl restart web:*", 'run(["supervisorctl", "restart", "all"])', "supervisorctl stop web"):
        assert len(list(socket_closers("infra/x.sh", line))) == 1
    for line in (
        "supervisorctl restart web:web-0",
        "supervisorctl restart worker",
        "# never supervisorctl restart web:*",
    ):
        assert list(socket_closers("infra/x.sh", line)) == []
