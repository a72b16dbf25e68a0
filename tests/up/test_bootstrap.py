"""The script that makes the environment: it parses on old Pythons, and says to uv what the machine says to pip."""

import ast

import pytest

from app.dev.bootstrap import translate
from tests.up.command import ROOT

SCRIPT = ROOT / "app" / "dev" / "bootstrap.py"


def test_it_parses_on_a_python_that_is_far_too_old() -> None:
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 5))
    newer = (ast.JoinedStr, ast.NamedExpr, ast.AnnAssign, ast.Match)
    assert [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, newer)] == []


def test_it_needs_the_standard_library_alone() -> None:
    tree = ast.parse(SCRIPT.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"hashlib", "os", "shutil", "subprocess", "sys", "time", "typing"}


@pytest.mark.parametrize(
    ("said_to_pip", "said_to_uv"),
    [
        ({}, {}),
        ({"index-url": "https://packages.example/simple"}, {"UV_DEFAULT_INDEX": "https://packages.example/simple"}),
        ({"extra-index-url": "file:///a file:///b"}, {"UV_INDEX": "file:///a file:///b"}),
        ({"extra-index-url": "file:///a\\nfile:///b"}, {"UV_INDEX": "file:///a file:///b"}),
        ({"find-links": "/wheels /more"}, {"UV_FIND_LINKS": "/wheels,/more"}),
        ({"no-index": "true"}, {"UV_NO_INDEX": "1"}),
        ({"no-index": "false"}, {}),
        ({"cert": "/etc/ssl/ours.crt"}, {"SSL_CERT_FILE": "/etc/ssl/ours.crt"}),
        ({"proxy": "http://proxy.example:3128"}, {"ALL_PROXY": "http://proxy.example:3128"}),
        ({"trusted-host": "packages.example"}, {"UV_INSECURE_HOST": "packages.example"}),
        ({"timeout": "60"}, {"UV_HTTP_TIMEOUT": "60"}),
        ({"disable-pip-version-check": "1"}, {}),
    ],
)
def test_what_the_machine_says_to_pip_is_said_to_uv(said_to_pip: dict[str, str], said_to_uv: dict[str, str]) -> None:
    # Where several indexes are named, pip takes the best file of all; every file is named by its hash anyway.
    assert translate(said_to_pip) == {"UV_INDEX_STRATEGY": "unsafe-best-match", **said_to_uv}
