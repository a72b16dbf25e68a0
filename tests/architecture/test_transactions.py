"""One request or one job is one transaction, committed before the answer leaves (docs/decisions/0002)."""

import ast
from collections.abc import Iterator

from tests.architecture.source import Module, calls, dotted, functions, imports, modules, parse, refuse

ONLY_COMMITTER = "app/core/db.py"


def commits(module: Module) -> Iterator[str]:
    for call, name in calls(module):
        if name.rsplit(".", 1)[-1] in {"commit", "rollback"} and module.path != ONLY_COMMITTER:
            yield f"{module.at(call)} {name}()"


def sessions_made_elsewhere(module: Module) -> Iterator[str]:
    """A session comes from `SessionDep` or `unit_of_work`; whoever builds one escapes the rule on commits."""
    if module.path == ONLY_COMMITTER:
        return
    for call, name in calls(module):
        if name.rsplit(".", 1)[-1] in {"sessionmaker", "scoped_session", "Session", "async_sessionmaker"}:
            yield f"{module.at(call)} {name}(...)"


def sessions_declared_otherwise(module: Module) -> Iterator[str]:
    """`Depends(get_session)` without `scope="function"` commits after the client has its answer."""
    if module.path == ONLY_COMMITTER:
        return
    for node, name in imports(module):
        if name == "app.core.db.get_session":
            yield f"{module.at(node)} imports get_session"


def session_dependencies_of_the_wrong_scope(module: Module) -> Iterator[str]:
    """A dependency with `yield` that takes the session must have `scope="function"` where it is declared."""
    generators = {
        function.name
        for function in functions(module)
        if any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(function))
        and any("SessionDep" in ast.unparse(arg.annotation) for arg in function.args.args if arg.annotation)
    }
    for call, name in calls(module):
        target = call.args[0] if call.args else None
        if name == "Depends" and isinstance(target, ast.Name) and target.id in generators:
            scopes = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg == "scope"]
            if scopes != ["'function'"]:
                yield f"{module.at(call)} Depends({target.id})"


def second_connections(module: Module) -> Iterator[str]:
    """Whoever takes a connection with another one in hand waits for all who do the same: `limited` may take one."""
    for function in functions(module):
        if not any("SessionDep" in ast.unparse(arg.annotation) for arg in function.args.args if arg.annotation):
            continue
        for call, name in ((each, dotted(each.func)) for each in ast.walk(function) if isinstance(each, ast.Call)):
            names_session = any(keyword.arg == "session" for keyword in call.keywords)
            if name in {"unit_of_work", "count_attempts"} or (name == "limited" and not names_session):
                yield f"{module.at(call)} {name}(...)"


def unexplained_flushes(module: Module) -> Iterator[str]:
    lines = ["", *module.text.splitlines()]
    for call, name in calls(module):
        if name.endswith(".flush") and "session" in name:
            before, line = lines[call.lineno - 1].strip(), lines[call.lineno]
            if "#" not in line and not before.startswith("#"):
                yield f"{module.at(call)} {name}()"


def test_a_flush_says_which_id_it_needs() -> None:
    refuse(
        [finding for module in modules("app") for finding in unexplained_flushes(module)],
        "Ids are made by new_id(), so most flushes can go; else a comment says what needs the row in the database now:",
    )


def test_only_core_db_commits() -> None:
    refuse(
        [finding for module in modules("app") for finding in commits(module)],
        "Let SessionDep (a route) or unit_of_work (a job, a command) commit; a service only flushes:",
    )


def test_only_core_db_makes_sessions() -> None:
    refuse(
        [finding for module in modules("app") for finding in sessions_made_elsewhere(module)],
        "Take `session: SessionDep` in a route, or `with unit_of_work(actor) as session:` in a job or command:",
    )


def test_the_session_is_declared_as_session_dep() -> None:
    found = [finding for module in modules("app") for finding in sessions_declared_otherwise(module)]
    found += [finding for module in modules("app") for finding in session_dependencies_of_the_wrong_scope(module)]
    refuse(found, 'Declare `session: SessionDep`; a generator over it is `Depends(it, scope="function")`:')


def test_nobody_takes_a_second_connection() -> None:
    refuse(
        [finding for module in modules("app") for finding in second_connections(module)],
        "Say `limited(..., session=session)`, which gives the request's connection back first:",
    )


def test_the_rules_see_a_second_connection() -> None:
    path = "app/store_api/orders.py"
    route = "def ask(session: SessionDep):\n    with {}: ...\n"
    for taken in ("limited(response, *attempts)", "unit_of_work() as other"):
        found = list(second_connections(parse(path, route.format(taken))))
        assert found == [f"{path}:2 {taken.partition('(')[0]}(...)"]
    assert list(second_connections(parse(path, route.format("limited(response, session=session)")))) == []
    assert list(second_connections(parse(path, "def ask():\n    with unit_of_work() as session: ..."))) == []


def test_the_rules_see_a_commit_and_a_session_of_ones_own() -> None:
    path = "app/orders/service.py"
    assert list(commits(parse(path, "def place(session):\n    session.commit()"))) == [f"{path}:2 session.commit()"]
    assert list(commits(parse(path, "session.begin().rollback()"))) == [f"{path}:1 .rollback()"]
    assert list(commits(parse(path, "session.flush()"))) == []
    assert list(commits(parse(ONLY_COMMITTER, "session.commit()"))) == []
    assert list(sessions_made_elsewhere(parse(path, "Session(engine)"))) == [f"{path}:1 Session(...)"]
    assert list(sessions_made_elsewhere(parse(path, "def place(session: Session): ..."))) == []


def test_the_rules_see_an_unexplained_flush() -> None:
    path = "app/orders/service.py"
    assert list(unexplained_flushes(parse(path, "session.flush()"))) == [f"{path}:1 session.flush()"]
    assert list(unexplained_flushes(parse(path, "session.flush()  # the lines refer to the order"))) == []
    assert list(unexplained_flushes(parse(path, "# the lines refer to the order\nsession.flush()"))) == []


def test_the_rules_see_a_session_of_the_wrong_scope() -> None:
    path = "app/store_api/carts.py"
    line = "from app.core.db import get_session"
    assert list(sessions_declared_otherwise(parse(path, line))) == [f"{path}:1 imports get_session"]
    assert list(sessions_declared_otherwise(parse(path, "from app.core.db import SessionDep"))) == []
    generator = "def locked_cart(session: SessionDep):\n    yield 1\n"
    wrong = parse(path, generator + "x = Depends(locked_cart)")
    right = parse(path, generator + "x = Depends(locked_cart, scope='function')")
    assert list(session_dependencies_of_the_wrong_scope(wrong)) == [f"{path}:3 Depends(locked_cart)"]
    assert list(session_dependencies_of_the_wrong_scope(right)) == []
