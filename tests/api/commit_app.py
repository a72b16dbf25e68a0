"""A test application on the real runner: the product, and routes over a scratch table whose commit can fail.

`python -m tests.api.commit_app --fd 0`. The scratch table has a deferred constraint trigger: rows called `late` are
accepted by the statement and refused by the commit.
"""

import sys
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import SessionDep, get_session
from app.core.errors import Conflict
from app.core.http import ANYONE, Access, router
from app.core.jobs import enqueue
from app.main import create_app
from app.serve import open_socket, serve

SCRATCH = """
CREATE TABLE scratch (name text NOT NULL);
CREATE TABLE scratch_job (name text NOT NULL, worker_pid int NOT NULL);
CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.name = 'late' THEN RAISE EXCEPTION 'refused by the commit'; END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER refuse_late AFTER INSERT ON scratch DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse_late();
"""

# What a route gets that forgets the scope: the control that shows the test can tell the difference.
CarelessSessionDep = Annotated[Session, Depends(get_session)]


def read_first(session: SessionDep) -> None:
    """As a login check does: takes the connection in one thread, before the route runs in another."""
    session.execute(text("SELECT pg_sleep(0.3)"))


scratch = router(ANYONE)
checked = router(Access("scratch", read_first))
unlimited = APIRouter(dependencies=[Depends(read_first)])  # the control: no turns at the database


class Written(BaseModel):
    """The answer of both routes."""

    name: str


@scratch.post("/scratch/{name}")
def write(name: str, session: SessionDep) -> Written:
    return write_row(session, name)


@scratch.post("/careless/{name}")
def write_carelessly(name: str, session: CarelessSessionDep) -> Written:
    return write_row(session, name)


@checked.post("/checked/{name}")
def write_checked(name: str, session: SessionDep) -> Written:
    return write_row(session, name)


@unlimited.post("/unlimited/{name}")
def write_unlimited(name: str, session: SessionDep) -> Written:
    return write_row(session, name)


@scratch.get("/address")
async def address(request: Request) -> Written:
    return Written(name=request.client.host if request.client else "none")


def write_row(session: Session, name: str) -> Written:
    enqueue(session, "scratch.note", name=name)
    session.execute(text("INSERT INTO scratch VALUES (:name)"), {"name": name})
    if name == "refused":
        raise Conflict("refused by the route")
    return Written(name=name)


if __name__ == "__main__":
    app = create_app()
    for scratch_router in (scratch, checked, unlimited):
        app.include_router(scratch_router)
    serve(app, open_socket(0, "", 0))
    sys.exit(0)
