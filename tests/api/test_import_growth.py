"""Fifty thousand lines in the memory of five thousand: measured on the importing process itself, under PROVE=1."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from app.imports.rules import MOST_AT_ONCE
from tests.factories.shop import MadeShop
from tests.proofs import is_proving, proof_size, record_proof
from tests.services import ROOT
from tests.shop_front import read_rows

LINES = proof_size(500, 50_000)
COLOURS = ("Noir", "Bleu", "Écaille", "Vert", "Transparent")
HEADER = (
    "product_handle;product_title;product_description;product_status;product_tag_1;product_image_1;variant_sku;"
    "variant_option_1_name;variant_option_1_value;variant_price_eur_cents\n"
)
# What a process may need more for ten times the lines: garbage that is not collected yet, a page of statements.
MOST_GROWTH = 1.15


COMMAND = """
import atexit, sys
from app.cli.main import run
atexit.register(lambda: sys.stderr.write(open("/proc/self/status").read()))
run(sys.argv[1:])
"""


class Measured(NamedTuple):
    """One command of its own process."""

    seconds: float
    peak_kilobytes: int
    output: str


def products(count: int, price_cents: int) -> Iterator[str]:
    """So many lines, five variants to a product."""
    yield HEADER
    for number in range(count):
        of, colour = number // len(COLOURS), COLOURS[number % len(COLOURS)]
        description = "Une monture légère, faite à la main dans le Jura. " * 4
        yield (
            f"monture-{of};Monture {of};{description};published;tag {of % 40};/static/monture-{of}.webp;"
            f"MONTURE-{of}-{colour};Couleur;{colour};{price_cents + number % 1000}\n"
        )


def stock(count: int) -> Iterator[str]:
    """A count of each variant."""
    yield "variant_sku;new_quantity\n"
    for number in range(count):
        yield f"MONTURE-{number // len(COLOURS)}-{COLOURS[number % len(COLOURS)]};{number % 50 + 1}\n"


def prices(count: int, price_cents: int) -> Iterator[str]:
    """A price of each variant."""
    yield "variant_sku;currency_code;amount_cents\n"
    for number in range(count):
        sku = f"MONTURE-{number // len(COLOURS)}-{COLOURS[number % len(COLOURS)]}"
        yield f"{sku};eur;{price_cents + number % 1000}\n"


def write(path: Path, lines: Iterator[str]) -> Path:
    """The file, never whole in this process either."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines(lines)
    return path


def run_measured(environment: dict[str, str], *arguments: str) -> Measured:
    """`comptoir ARGUMENTS` in a process of its own, with the most memory that it ever held, as the kernel counted it.

    Said by the process itself: what wait4 tells counts the memory of whoever started it, too.
    """
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    peak = re.search(r"VmHWM:\s+(\d+) kB", done.stderr)
    assert peak is not None, done.stderr
    return Measured(time.monotonic() - started, int(peak[1]), done.stdout)


def list_steps(mode: str) -> Iterator[tuple[str, str, int, Iterator[str]]]:
    """What is measured, for how many lines, short and long; in `make test` the first one alone."""
    short, long = LINES // 10, LINES
    at_once = min(long, MOST_AT_ONCE["stock"]) if mode == "all" else long
    yield "create", "products", short, products(short, 10_000)
    if is_proving():
        yield "create", "products", long, products(long, 10_000)
        yield "same", "products", long, products(long, 10_000)
        for count in (short, long):
            yield "prices", "prices", count, prices(count, 11_000)
        for count in (at_once // 10, at_once):
            yield "stock", "stock", count, stock(count)


@pytest.mark.parametrize("mode", ["each", "all"] if is_proving() else ["all"])
def test_memory_stays_flat_however_long_the_file(
    shop: MadeShop, environment: dict[str, str], tmp_path: Path, mode: str
) -> None:
    figures: dict[str, float | int | str] = {"mode": mode}
    peaks: dict[str, list[int]] = {}
    for name, kind, count, lines in list_steps(mode):
        path = write(tmp_path / "lines.csv", lines)
        done = run_measured(environment, "products", "import", str(path), "--mode", mode, "--kind", kind)
        figures[f"{name}_{count}_seconds"] = round(done.seconds, 1)
        figures[f"{name}_{count}_peak_megabytes"] = round(done.peak_kilobytes / 1024, 1)
        figures[f"{name}_{count}_file_megabytes"] = round(path.stat().st_size / 1e6, 1)
        peaks.setdefault(name, []).append(done.peak_kilobytes)
    made = LINES if is_proving() else LINES // 10
    assert read_rows("SELECT count(*), count(DISTINCT product_id) FROM product_variant") == [(made, made // 5)]
    assert read_rows("SELECT count(*) FROM csv_line") == [(0,)]
    if is_proving():
        exported = run_measured(environment, "products", "export", str(tmp_path / "out.csv"))
        figures["export_seconds"] = round(exported.seconds, 1)
        figures["export_peak_megabytes"] = round(exported.peak_kilobytes / 1024, 1)
        record_proof(f"csv-import-{mode}", figures)
    for name, (first, *others) in peaks.items():
        assert all(each <= first * MOST_GROWTH for each in others), (name, peaks)
