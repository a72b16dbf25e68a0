"""Reads the source of an installed package without importing it: its annotations live in blocks that never run."""

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def parse_module(name: str) -> ast.Module:
    """The syntax tree of a module of an installed package."""
    package, *inner = name.split(".")
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise LookupError(f"{package} is not installed")
    path = Path(spec.origin).parent.joinpath(*inner).with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def list_imports(name: str) -> dict[str, tuple[str, str]]:
    """Local name -> (module, original name), for each `from package import x` of a module, wherever it stands."""
    found = [node for node in ast.walk(parse_module(name)) if isinstance(node, ast.ImportFrom) and node.module]
    return {alias.asname or alias.name: (node.module or "", alias.name) for node in found for alias in node.names}


def list_classes(tree: ast.Module | ast.ClassDef) -> dict[str, ast.ClassDef]:
    """The classes written directly in a module or a class."""
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def get_function(tree: ast.AST, name: str) -> ast.FunctionDef:
    """The function or method of that name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise LookupError(f"no function {name}: the package has changed, see app/dev/contract/operations.py")
