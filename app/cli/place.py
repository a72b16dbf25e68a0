"""Whether a command may be given on this machine at all."""

from collections.abc import Sequence

from sqlalchemy.exc import OperationalError

from app.core.db import unit_of_work
from app.core.settings import get_settings
from app.ops.seal_host import check_sealed

# What is given on any machine: what asks no database, what starts processes that the machine's supervisor keeps, and
# what says that this is the machine.
ANYWHERE = frozenset({"audit", "config", "host", "release", "runbook", "serve", "setup"})


def check_place(noun: str, arguments: Sequence[str]) -> None:
    """Outside development a command is refused on a machine that is not the shop's; raises `HostNotSealed`.

    Source: runbook S0-144, design §4.10.
    """
    if noun in ANYWHERE or "--help" in arguments or get_settings().is_development:
        return
    try:
        with unit_of_work() as session:
            check_sealed(session)
    except OperationalError:
        if noun != "worker":  # it waits for a database that is away, and is one of the supervisor's there
            raise
