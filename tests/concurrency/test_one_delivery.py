"""Two files of one delivery at once: it comes in once, also on a shelf that nothing ever stood on.

The control runs the same code without its row locks: both files find that nothing came yet, and it comes in twice.
"""

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from app.core.db import unit_of_work
from app.imports.apply_run import apply_run
from app.imports.compare_file import compare_file
from app.imports.service import add_file, confirm_run, create_run
from tests.concurrency.buyers import WAIT_SECONDS, run_together, without_row_locks
from tests.factories.catalogue import make_product
from tests.factories.shop import make_shop
from tests.shop_front import read_rows
from tests.waiting import wait_until

DELIVERY = "variant_sku;received_quantity;delivery_reference\n{}-NOIR;10;BL-7\n"
RECEIVED = "SELECT count(*), sum(delta)::int FROM stock_movement WHERE reason = 'receipt' AND reference = 'BL-7'"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def two_files(environment: dict[str, str], request: pytest.FixtureRequest) -> list[str]:
    """The same delivery note, checked and confirmed twice, of a product with so many pieces."""
    with unit_of_work("test") as session:
        make_product(session, make_shop(session).channel.id, handle="aura", stock=request.param)
    return [confirm_delivery() for _ in range(2)]


def confirm_delivery() -> str:
    with unit_of_work("test") as session:
        run = create_run(session, "stock")
        add_file(session, run, [DELIVERY.format("AURA").encode()])
    assert compare_file(run.id).update_count == 1
    with unit_of_work("test") as session:
        confirm_run(session, run.id)
    return run.id


@pytest.mark.parametrize("two_files", [0, 5], indirect=True, ids=["an empty shelf", "a shelf"])
def test_a_delivery_of_two_files_comes_in_once(two_files: list[str]) -> None:
    """The second begins while the first has written and not committed."""
    first, second = two_files
    begun: list[Future[str]] = []

    def begin_second(_what: str, _done: int, _of: int) -> None:
        begun.append(pool.submit(lambda: apply_run(second).state))
        wait_until(lambda: begun[0].done() or read_rows(WAITING) == [(1,)], WAIT_SECONDS, "the second to wait")

    with ThreadPoolExecutor(1) as pool:
        assert apply_run(first, begin_second).state == "done"
        assert begun[0].result(WAIT_SECONDS) == "done"
    assert read_rows(RECEIVED) == [(1, 10)]


@pytest.mark.parametrize("two_files", [5], indirect=True, ids=["a shelf"])
def test_control_without_the_lock_it_comes_in_twice(two_files: list[str]) -> None:
    with without_row_locks(2, at="stock_level"):
        states = run_together(2, lambda number: apply_run(two_files[number]).state)
    assert states == Counter(done=2)
    assert read_rows(RECEIVED) == [(2, 20)]
