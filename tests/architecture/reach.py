"""What a route may come to: every function of ours that it names, and what those name, read from their bytecode."""

import functools
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.core.errors import Refusal


def refusals_of(route: APIRoute) -> set[type[Refusal]]:
    """The classes of refusals that the route or one of its dependencies may come to name."""
    found: set[object] = set()
    waiting: list[object] = list(callables_of(route.dependant))
    while waiting:
        each = unwrapped(waiting.pop())
        if each in found or not getattr(each, "__module__", "").startswith("app."):
            continue
        found.add(each)
        waiting += named_by(each)
    return {each for each in found if isinstance(each, type) and issubclass(each, Refusal)}


def callables_of(dependant: Dependant) -> Iterator[object]:
    """The endpoint and what it depends on."""
    yield dependant.call
    for below in dependant.dependencies:
        yield from callables_of(below)


def unwrapped(each: object) -> object:
    """The function below decorators such as `cache` and `contextmanager`, and behind a method or a partial."""
    while isinstance(each, functools.partial):
        each = each.func
    bare = inspect.unwrap(each) if callable(each) else each
    return getattr(bare, "__func__", bare)


def named_by(each: object) -> Iterator[object]:
    """What a function, or a class in its methods, names of its own module and of modules that it names."""
    if isinstance(each, type):
        yield from (below for below in vars(each).values() if callable(below))
    if not isinstance(each, FunctionType):
        return
    names = set(names_in(each.__code__))
    around = [each.__globals__[name] for name in names if name in each.__globals__]
    inside = [vars(module).get(name) for module in around if isinstance(module, ModuleType) for name in names]
    closed = [cell.cell_contents for cell in each.__closure__ or ()]
    yield from (one for one in (*around, *inside, *closed) if callable(one))


def names_in(code: CodeType) -> Iterator[str]:
    """The names that code uses, its inner functions' too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)
