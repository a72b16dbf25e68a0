"""The tree as the house rules read it: files as text, Python files as syntax trees."""

import ast
import functools
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEFT_BEHIND = {".git", ".venv", "var", "node_modules", "__pycache__", "build", "dist", ".hypothesis"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file: its path from the root, its text, its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """`orders` for `app/orders/models.py`, empty outside a package of `app/`."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "app" and len(parts) > 2 else ""

    @property
    def name(self) -> str:
        """`models` for `app/orders/models.py`."""
        return self.path.rsplit("/", 1)[-1].removesuffix(".py")

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Everything in the file, walked once for all the rules."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def lines(self) -> list[str]:
        """The text, line by line."""
        return self.text.splitlines()

    def line(self, node: ast.stmt | ast.expr) -> str:
        return self.lines[node.lineno - 1]

    def at(self, node: ast.stmt | ast.expr | ast.arg) -> str:
        return f"{self.path}:{node.lineno}"


def parse(path: str, text: str) -> Module:
    """A module out of a text; the self-checks of the rules use it on snippets."""
    return Module(path, text, ast.parse(text, filename=path))


@functools.cache
def files() -> tuple[Path, ...]:
    """Every file of the tree, paths from the root; what git ignores (keys of a laptop, caches, data) is not in it."""
    found = listed_by_git() or walked()
    return tuple(sorted(path for path in found if (ROOT / path).is_file()))


def listed_by_git() -> list[Path]:
    """Nothing where there is no git, no history, or a history of somebody else's."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return []
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    return [Path(name) for name in listed.stdout.split("\0") if name] if listed.returncode == 0 else []


def walked() -> Iterator[Path]:
    """The same without git: an unpacked archive, where only what the tools leave behind must be passed over."""
    for folder, names, leaves in os.walk(ROOT):
        names[:] = [name for name in names if name not in LEFT_BEHIND and not name.endswith((".egg-info", "_cache"))]
        yield from (Path(folder, leaf).relative_to(ROOT) for leaf in leaves)


@functools.cache
def modules(*tops: str) -> tuple[Module, ...]:
    """The Python files under these top folders (`app`, `infra`, `tests`)."""
    chosen = [path for path in files() if path.suffix == ".py" and path.parts[0] in tops]
    return tuple(module_at(path) for path in chosen)


@functools.cache
def module_at(path: Path) -> Module:
    """Parsed once, however many rules ask for the folder it is in."""
    return parse(path.as_posix(), (ROOT / path).read_text(encoding="utf-8"))


def functions(module: Module) -> Iterator[Function]:
    return (node for node in module.nodes if isinstance(node, Function))


def module_functions(module: Module) -> Iterator[Function]:
    """Functions at the top of the file, without methods and inner functions."""
    return (node for node in module.tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def calls(module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Each call with the dotted name it is written with: `session.commit`, `pytest.skip`."""
    return ((node, dotted(node.func)) for node in module.nodes if isinstance(node, ast.Call))


def imports(module: Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    """Each imported module or name, dotted: `app.core.db`, `app.core.db.SessionDep`."""
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def dotted(node: ast.expr) -> str:
    """`a.b.c` for an attribute chain; the last part only when the chain starts with something else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def refuse(findings: Iterator[str] | list[str], instead: str) -> None:
    """Fail with every finding and with what to do instead."""
    listed = sorted(findings)
    assert not listed, f"{instead}\n  " + "\n  ".join(listed)
