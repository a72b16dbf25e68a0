"""Money is integer cents in every signature and field; `core/money.py` alone converts for the decimal wire."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import Module, calls, functions, modules, parse, refuse

MONEY_WORD = re.compile(r"(^|_)(price|amount|total|subtotal|fee|cost)(_|$)")


def typed_names(module: Module) -> Iterator[tuple[ast.arg | ast.AnnAssign, str, str]]:
    """Each parameter and annotated field: where, its name, its type as written."""
    for function in functions(module):
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        yield from ((each, each.arg, ast.unparse(each.annotation)) for each in arguments if each.annotation)
    for node in module.nodes:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node, node.target.id, ast.unparse(node.annotation)


def money_as_float(module: Module) -> Iterator[str]:
    for node, name, written in typed_names(module):
        is_float = re.search(r"\bfloat\b", written) is not None
        is_odd_cents = name.endswith("_cents") and not re.search(r"\bint\b", written)
        if is_odd_cents or (is_float and MONEY_WORD.search(name)):
            yield f"{module.path}:{node.lineno} {name}: {written}"


def float_conversions(module: Module) -> Iterator[str]:
    for call, name in calls(module):
        if name == "float" and call.args and re.search(r"cents|price|amount|total", ast.unparse(call.args[0])):
            yield f"{module.at(call)} {ast.unparse(call)}"


def test_money_is_never_a_float() -> None:
    found = [finding for module in modules("app") for finding in money_as_float(module)]
    found += [finding for module in modules("app") for finding in float_conversions(module)]
    refuse(found, "Cents are int, rates are Decimal; for the wire use to_wire or WireAmount of core/money.py:")


def test_the_rules_see_money_as_float() -> None:
    fields = "def charge(total: float, fee_cents: Decimal): ...\nclass A:\n    unit_price: float | None\n"
    module = parse("app/carts/rules.py", f"{fields}x = float(total_cents)")
    assert len(list(money_as_float(module))) == 3
    assert len(list(float_conversions(module))) == 1
    good = (
        "def charge(total_cents: int, rate: Decimal, age_seconds: float): ...\nclass A:\n    price_cents: Mapped[int]"
    )
    assert list(money_as_float(parse("app/carts/rules.py", good))) == []
