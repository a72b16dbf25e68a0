"""The moments of one piece of work, listed as they are reached; at the chosen one the process kills itself.

For the processes of `dying_web.py` and `dying_worker.py`: the product runs in them unchanged, watched at the edges of
its libraries (what SQLAlchemy sends and commits, what urllib3 asks a vendor, what the server answers).
"""

import functools
import json
import os
import re
import signal
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import urllib3
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

P = ParamSpec("P")
R = TypeVar("R")

FOLDER = "MOMENTS_FOLDER"
PLAN, LIST = "plan.json", "moments.jsonl"
READING = re.compile(r"\s*SELECT\b.*?\bFROM\s+\"?(\w+)", re.DOTALL)
WRITING = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)")


@dataclass
class Work:
    """One piece of work that is being watched."""

    folder: Path
    dies_at: int
    reached: int = 0
    names: dict[str, int] = field(default_factory=dict)

    def reach(self, what: str) -> None:
        """Write the moment down, and die if it is the one."""
        self.reached += 1
        self._write({"moment": self.reached, "what": what})
        if self.reached == self.dies_at:
            self._write({"killed": self.reached, "what": what})
            os.kill(os.getpid(), signal.SIGKILL)

    def _write(self, line: dict[str, object]) -> None:
        with (self.folder / LIST).open("a") as written:
            written.write(json.dumps(line) + "\n")


watched: ContextVar[Work | None] = ContextVar("watched", default=None)


def take_plan(name: str) -> Work | None:
    """The work to watch if it is what the test asked for (`POST /stripe/webhook`, a job's name); only the first one."""
    folder = Path(os.environ[FOLDER])
    plan_file = folder / PLAN
    taken = folder / f"{PLAN}.{os.getpid()}"
    try:
        plan = json.loads(plan_file.read_text())
        if re.fullmatch(plan["work"], name) is None:
            return None
        plan_file.rename(taken)
    except FileNotFoundError:
        return None
    return Work(folder, plan["dies_at"])


def reach(what: str) -> None:
    """A moment of the work of this thread or task, if it is watched."""
    work = watched.get()
    if work is not None:
        work.reach(what)


def watch_libraries() -> None:
    """Have every statement, commit and call to a vendor be a moment."""
    event.listen(Engine, "before_cursor_execute", _before_statement)
    event.listen(Engine, "commit", _before_commit)
    event.listen(Session, "after_commit", _after_commit)
    pool: Any = urllib3.connectionpool.HTTPConnectionPool
    pool.urlopen = around(pool.urlopen, name_call)


def around(function: Callable[P, R], name_of: Callable[..., str]) -> Callable[P, R]:
    """The function with a moment before it and one after."""

    @functools.wraps(function)
    def watched_function(*arguments: P.args, **named: P.kwargs) -> R:
        name = name_of(*arguments, **named)
        reach(f"before {name}")
        result = function(*arguments, **named)
        reach(f"after {name}")
        return result

    return watched_function


def name_call(_pool: object, method: str, url: str, **_rest: object) -> str:
    """As both vendors' packages make it, by way of urllib3."""
    return f"call {method} {shorten(url)}"


def shorten(url: str) -> str:
    """A path whose ids are left out, so that the list reads the same in each run."""
    return re.sub(r"/[a-z]+_\w+", "/ID", url.partition("?")[0])


def describe(statement: str) -> str:
    """The verb and the table."""
    reading, writing = READING.match(statement), WRITING.search(statement)
    if reading is not None:
        return f"SELECT {reading.group(1)}"
    return " ".join(writing.groups()) if writing else " ".join(statement.split()[:2]).partition("(")[0]


def _before_statement(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
    reach(f"before {describe(statement)}")


def _before_commit(_connection: Connection) -> None:
    reach("before commit")


def _after_commit(_session: Session) -> None:
    reach("after commit")
