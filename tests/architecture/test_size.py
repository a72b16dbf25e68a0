"""Small files, small functions: a newcomer reads one in one sitting."""

from collections.abc import Iterator

from tests.architecture.source import Module, functions, modules, parse, refuse

MAX_FILE_LINES = 400
MAX_GATEWAY_LINES = 300
MAX_FUNCTION_LINES = 40


def long_files(module: Module) -> Iterator[str]:
    lines = len(module.text.splitlines())
    if lines > (MAX_GATEWAY_LINES if module.package == "gateways" else MAX_FILE_LINES):
        yield f"{module.path}: {lines} lines"


def long_functions(module: Module) -> Iterator[str]:
    """A migration is a list of statements read once, in order: only its file has a limit."""
    if module.path.startswith("app/migrations/versions/"):
        return
    for function in functions(module):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > MAX_FUNCTION_LINES:
            yield f"{module.at(function)} {function.name}: {lines} lines"


def test_a_file_has_at_most_400_lines_a_gateway_300() -> None:
    everything = modules("app", "infra", "tests", "bench", "backups")
    refuse(
        [finding for module in everything for finding in long_files(module)],
        "Split by verb (place_order.py, cancel_order.py), never into utils.py; a gateway wraps only what we call:",
    )


def test_a_function_has_at_most_40_lines() -> None:
    everything = modules("app", "infra", "tests", "bench", "backups")
    refuse(
        [finding for module in everything for finding in long_functions(module)],
        "Give each step of the function a name of its own (aim for 10 lines):",
    )


def test_the_rules_see_what_is_too_long() -> None:
    body = "def place():\n" + "    a = 1\n" * 40
    assert list(long_functions(parse("app/x.py", body))) == ["app/x.py:1 place: 41 lines"]
    assert list(long_functions(parse("app/x.py", "def place():\n" + "    a = 1\n" * 39))) == []
    assert list(long_files(parse("app/x.py", "a = 1\n" * 401))) == ["app/x.py: 401 lines"]
    assert list(long_files(parse("app/x.py", "a = 1\n" * 400))) == []
    assert list(long_files(parse("app/gateways/x.py", "a = 1\n" * 301))) == ["app/gateways/x.py: 301 lines"]
