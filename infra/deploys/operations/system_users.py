"""System users and groups: nobody logs in as them, they have no home."""

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import operation

from infra.deploys.facts.states import MissingAccounts


@operation()
def present(users: tuple[str, ...], groups: tuple[str, ...] = ()) -> Generator[str, None, None]:
    """Each of them exists; a user has a group of its own."""
    for group in host.get_fact(MissingAccounts, database="group", names=groups) if groups else ():
        yield f"groupadd --system {group}"
    for user in host.get_fact(MissingAccounts, database="passwd", names=users):
        yield f"useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin {user}"
