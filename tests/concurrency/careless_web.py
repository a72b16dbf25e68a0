"""The web process without some of its care, for the controls: `CARELESS=claim,locks python -m ...careless_web --fd 0`.

`claim`: the ledger's statement is a plain insert, so that every delivery believes to be the first. `locks`: no row is
locked before it is read.
"""

import os
import sys

from sqlalchemy import Connection, Engine, event

from app.serve import main
from tests.concurrency.buyers import ROW_LOCK
from tests.concurrency.test_event_twice import CLAIM

CARELESS = frozenset(os.environ.get("CARELESS", "").split(","))


def strip(
    _connection: Connection, _cursor: object, statement: str, parameters: object, *_rest: object
) -> tuple[str, object]:
    """The statement without what is left out."""
    if "claim" in CARELESS:
        statement = CLAIM.sub(" RETURNING ", statement)
    if "locks" in CARELESS:
        statement = ROW_LOCK.sub("", statement)
    return statement, parameters


if __name__ == "__main__":
    event.listen(Engine, "before_cursor_execute", strip, retval=True)
    sys.exit(main())
