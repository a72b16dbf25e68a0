"""Every fault at every moment of money: whatever fails, no money is lost and nothing happens twice.

Each cell is a whole purchase or refund with the fault in one moment of it, and then all that mends by itself. After it
the vendors' books and ours are compared (`books.py`). `make test` plays each fault once, at another moment each;
`make prove` plays every cell and keeps the table.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from sqlalchemy.exc import SQLAlchemyError

from app.dev.postgres import start_cluster
from app.dev.redis import start_redis
from tests.faults.machine import Machine
from tests.faults.stories import MOMENTS, Moment
from tests.faults.striking import DATABASE, FAULTS, Fault, Ground, Scene
from tests.proofs import is_proving, record_proof
from tests.services import migrate

Cell = tuple[Fault, Moment]
ALL_CELLS: tuple[Cell, ...] = tuple((fault, moment) for fault in FAULTS for moment in MOMENTS if fault.fits(moment))


@pytest.fixture
def ground(service_home: Path) -> Iterator[Ground]:
    """A PostgreSQL that keeps what it committed, and a Redis: of this test alone, for they will be taken away."""
    folder = service_home / "ground"
    folder.mkdir(mode=0o755)
    postgres = start_cluster(folder)
    postgres.create_database(DATABASE)
    migrate(postgres.url(DATABASE))
    ground = Ground(postgres, start_redis(folder / "redis.log"), folder)
    yield ground
    ground.redis.stop()
    postgres.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_url(ground: Ground) -> str:
    """In place of the shared server's."""
    return ground.postgres.url(DATABASE)


@pytest.fixture
def redis_url(ground: Ground) -> str:
    """In place of the shared one."""
    return ground.redis.url


def choose_cells() -> tuple[Cell, ...]:
    """All of them when proving, else each fault at one of its moments, another one each."""
    if is_proving():
        return ALL_CELLS
    chosen = []
    for place, fault in enumerate(FAULTS):
        fitting = [moment for moment in MOMENTS if fault.fits(moment)]
        chosen.append((fault, fitting[place % len(fitting)]))
    return tuple(chosen)


def test_no_fault_at_any_moment_loses_money_or_doubles_an_effect(machine: Machine, ground: Ground) -> None:
    table, known = {}, set[str]()
    for fault, moment in choose_cells():
        result = play(Scene(machine, ground, moment), fault)
        found = [each for each in machine.find_faults() if each not in known]
        known |= set(found)
        cell = f"{moment.name}, {fault.name}"
        table[cell] = "; ".join(filter(None, [result, *found])) or "kept"
        sys.stdout.write(f"{cell}: {table[cell]}\n")
    broken = {cell: result for cell, result in table.items() if result != "kept"}
    assert broken == {}
    record_proof("fault-matrix", {"cells": len(table), "money_lost": 0, "effects_doubled": 0, **table})


def play(scene: Scene, fault: Fault) -> str:
    """One cell: the story, then everything heals; what went wrong in the story itself, if anything."""
    strike, problems = fault.strike(scene), list[str]()

    @contextmanager
    def noted() -> Iterator[None]:
        try:
            yield
        except (AssertionError, httpx2.HTTPError, SQLAlchemyError) as failure:
            problems.append(f"{type(failure).__name__}: {failure}")

    scene.machine.arm("nothing")
    with noted():
        scene.moment.tell(scene.machine, strike)
    with noted():
        scene.ground.heal()
        scene.machine.settle()
        assert strike.is_done, "the story never came to its moment"
        assert strike.has_hit(), "the fault hit nobody"
    for vendor in (scene.machine.stripe, scene.machine.brevo):
        vendor.recover()
    with noted():
        scene.machine.recover()
    return "; ".join(problems)
