"""What a signature promises: no `Any`, imports at the top, refusals instead of HTTP exceptions."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import Function, Module, calls, functions, modules, parse, refuse

ANY = re.compile(r"\bAny\b")
NOQA_WITH_REASON = re.compile(r"#\s*noqa: PLC0415\s+\S{3,}")


def annotations(function: Function) -> Iterator[ast.expr]:
    arguments = function.args
    everyone = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    yield from (argument.annotation for argument in everyone if argument and argument.annotation)
    if function.returns:
        yield function.returns


def mentions_any(annotation: ast.expr) -> bool:
    """`Any`, `typing.Any`, or either within a string."""
    for node in ast.walk(annotation):
        name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "value", None)
        if isinstance(name, str) and ANY.search(name):
            return True
    return False


def any_in_signatures(module: Module) -> Iterator[str]:
    for function in functions(module):
        for annotation in annotations(function):
            if mentions_any(annotation):
                yield f"{module.at(function)} {function.name}: {ast.unparse(annotation)}"


def imports_inside_functions(module: Module) -> Iterator[str]:
    for function in functions(module):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom) and not NOQA_WITH_REASON.search(module.line(node)):
                yield f"{module.at(node)} in {function.name}: {ast.unparse(node)}"


def http_exceptions(module: Module) -> Iterator[str]:
    if module.package == "core":
        return
    for call, name in calls(module):
        if name.rsplit(".", 1)[-1] in {"HTTPException", "RequestValidationError"}:
            yield f"{module.at(call)} {name}(...)"


def test_no_any_in_a_signature() -> None:
    refuse(
        [finding for module in modules("app", "infra", "tests") for finding in any_in_signatures(module)],
        "Say what it is: a dataclass, a TypedDict, a Protocol, or `object` when nothing is read from it:",
    )


def test_no_import_inside_a_function() -> None:
    refuse(
        [finding for module in modules("app", "infra", "tests") for finding in imports_inside_functions(module)],
        "Import at the top; against a cycle move the code down or pass it in. "
        "A true exception says why: `# noqa: PLC0415 the SDK costs 0.2 s`:",
    )


def test_http_exceptions_stay_in_core() -> None:
    refuse(
        [finding for module in modules("app") for finding in http_exceptions(module)],
        "Raise a Refusal of the domain's errors.py; core renders it for every API alike:",
    )


def test_the_rules_see_any() -> None:
    bad = parse("app/x.py", "def show(order: dict[str, Any], *more: Any, **rest: int) -> Any: ...")
    assert len(list(any_in_signatures(bad))) == 3
    hidden = parse("app/x.py", "def show(order: typing.Any, line: 'list[Any]') -> None: ...")
    assert len(list(any_in_signatures(hidden))) == 2
    good = parse("app/x.py", "def show(order: dict[str, object]) -> Many: ...\nx: Any = 1")
    assert list(any_in_signatures(good)) == []


def test_the_rules_see_imports_inside_functions() -> None:
    bad = "def send():\n    import stripe\n"
    assert list(imports_inside_functions(parse("app/x.py", bad))) == ["app/x.py:2 in send: import stripe"]
    unexplained = "def send():\n    import stripe  # noqa: PLC0415\n"
    assert len(list(imports_inside_functions(parse("app/x.py", unexplained)))) == 1
    explained = "def send():\n    import stripe  # noqa: PLC0415 costs 0.2 s at start-up\n"
    assert list(imports_inside_functions(parse("app/x.py", explained))) == []
    assert list(imports_inside_functions(parse("app/x.py", "import stripe"))) == []


def test_the_rules_see_http_exceptions() -> None:
    line = "raise HTTPException(status_code=404)"
    assert list(http_exceptions(parse("app/carts/service.py", line))) == ["app/carts/service.py:1 HTTPException(...)"]
    assert list(http_exceptions(parse("app/core/rendering.py", line))) == []
    assert list(http_exceptions(parse("app/main.py", "handlers = {HTTPException: render}"))) == []
