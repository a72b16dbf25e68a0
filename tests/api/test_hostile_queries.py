"""Whatever stands in the address or the headers: never a 5xx, an error of our shape, and nothing changed by reading."""

from collections.abc import Iterator, Sequence
from typing import TypeVar
from urllib.parse import quote

import pytest

from tests.api.judge import Asked, check_answer
from tests.api.walk import Step, in_groups, steps
from tests.api.world import World
from tests.proofs import proof_size

T = TypeVar("T")
# Already percent-encoded: a client library would send none of the broken ones.
VALUES = (
    "", "-1", "0", "1e9", "1000000000", "9" * 400, "1.5", "NaN", "Infinity", "null", "undefined", "true", "[]", "%00",
    "a%00b", "%ff", "%c3%28", "%ed%a0%80", "%f0%9f%98%80", "%", "%2", "%zz", "%25", "a" * 5_000, "%20", "+",
    "%0d%0aX:y", "__proto__", "constructor", "-__proto__", "-", "--created_at", "created_at,id", "*", "%7B%7D",
    "%27%20OR%201=1--", "%5C", "%25%25", "_%25", quote("é" * 300), ",".join(["x"] * 10_000), "." * 3_000,
    ",".join(["*a.b"] * 3_000), ".".join(["a"] * 3_000), "*variants.product.variants.product.variants",
    "%2Bx,-x,*x,,,", "-id", "*,-*",
)  # fmt: skip
# Whole query strings that no single value makes.
QUERIES = (
    "&" * 5_000, "=", "=&=", "&a&&b", "a=1&" * 2_000, "limit=1&limit=2", "limit[$gt]=1", "limit[]=1", "id[0][1][2]=x",
    "id" + "[a]" * 1_000 + "=1", "id" + "%5B" * 500, "created_at[$gt]=", "created_at[$gt]=nonsense",
    "created_at[$nonsense]=2026-01-01", "created_at[$gt][$lt]=2026-01-01", "created_at[$gt]=99999-01-01",
    "created_at[$in][]=2026-01-01&created_at[$in][]=x", "$and[0][id]=x", "$or=1", "id[$in][]=x",
    "variants[options][value]=x", "__proto__[x]=1", "constructor[prototype][x]=1", "id[]=" + ",".join(["x"] * 5_000),
    "&".join(f"id[{number}]=x" for number in range(2_000)), "%00=1", "%ff=1", "fields=*&fields=id", "q=%25&q=_",
    "offset=99999999999999999999", "limit=0&offset=0", "order=", "locale=" + "x" * 100, "x" * 60_000,
)  # fmt: skip
PLACES = (
    "%00", "%ff", "%ed%a0%80", "%2e%2e", "%2e%2e%2f%2e%2e", "%5c", "null", "undefined", "__proto__", "NaN", "-1", "*",
    "%27", "%22%3E", "a" * 3_000, "%F0%9F%98%80", "%25s", "%0a", "%20", "$ne", "%5Bobject%20Object%5D", "{id}",
)  # fmt: skip
HEADERS = (
    ("x-publishable-api-key", "\xff\xfe"), ("x-publishable-api-key", "x" * 10_000), ("x-publishable-api-key", "a\tb"),
    ("authorization", "Bearer"), ("authorization", "Bearer "), ("authorization", "Bearer a.b.c"),
    ("authorization", "Bearer \xff"), ("authorization", "Bearer " + "x" * 8_000), ("authorization", "Bearer é.é.é"),
    ("authorization", "Bearer eyJhbGciOiJub25lIn0.e30."), ("authorization", "Basic"), ("authorization", "Basic !!!"),
    ("authorization", "Basic \xff"), ("authorization", "Digest x"), ("cookie", "connect.sid=%00"), ("cookie", "\xff"),
    ("cookie", "connect.sid"), ("cookie", ";;;==;"), ("cookie", "connect.sid=" + "x" * 8_000),
    ("x-medusa-locale", "\xff"),
    ("cookie", "connect.sid=a; connect.sid=b"), ("x-medusa-locale", "x" * 5_000), ("x-request-id", "\xff" * 200),
    ("accept", "text/html"), ("accept", "\xff"), ("accept-language", "x" * 5_000), ("accept-encoding", "gzip, \xff"),
    ("range", "bytes=0-,1-"), ("if-none-match", "\xff"), ("if-modified-since", "nonsense"), ("origin", "null"),
    ("origin", "\xff"), ("content-length", "-1"), ("content-length", "1e3"), ("content-encoding", "gzip"),
    ("transfer-encoding", "nonsense"), ("host", "\xff"), ("x-forwarded-for", "\xff, 1.2.3.4"),
    ("expect", "100-continue"),
)  # fmt: skip
# Each name, each route gets some of them, the next one the next ones; PROVE=1 gives every one of them to all.
FEW_VALUES, FEW_QUERIES, FEW_HEADERS, FEW_PLACES = 4, 6, 5, 6


def reading() -> list[Step]:
    return [step for step in steps() if step.method == "GET" and not step.is_health]


READING = in_groups(reading())
EVERYTHING = in_groups(step for step in steps() if not step.is_health)


def ask(world: World, step: Step, path: str, headers: dict[str, str] | None = None) -> None:
    """One call, judged."""
    merged = [(name.encode(), value.encode()) for name, value in world.best_headers(step).items()]
    merged = [pair for pair in merged if pair[0].decode() not in (headers or {})]
    merged += [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    answer = world.client.request(step.method, path, headers=merged)
    check_answer(Asked(step, (path, headers)), answer)


def some(values: Sequence[T], few: int, turn: int) -> list[T]:
    """So many of the values, those of this turn."""
    return [values[(turn * few + place) % len(values)] for place in range(proof_size(few, len(values)))]


def queries(step: Step, turn: int) -> Iterator[str]:
    """Values for each name that the route knows and for one that it does not; then whole strings."""
    for number, name in enumerate((*step.query, "nonsense")):
        yield from (f"{name}={value}" for value in some(VALUES, FEW_VALUES, turn + number))
    yield from some(QUERIES, FEW_QUERIES, turn)


@pytest.mark.parametrize("group", READING)
def test_no_query_breaks_it(world: World, group: str) -> None:
    world.renew()
    for turn, step in enumerate(READING[group]):
        for query in queries(step, turn):
            ask(world, step, f"{step.at(world.ids)}?{query}")
    assert world.rows.changed() == {}, "Reading changes nothing."


@pytest.mark.parametrize("group", EVERYTHING)
def test_no_address_and_no_header_breaks_it(world: World, group: str) -> None:
    for turn, step in enumerate(EVERYTHING[group]):
        for word, _ in step.parameters:
            for place in some(PLACES, FEW_PLACES, turn):
                ask(world, step, step.at({**world.ids, word: place}))
        for name, value in some(HEADERS, FEW_HEADERS, turn):
            ask(world, step, step.at(world.ids), {name: value})


def test_every_value_has_its_turn() -> None:
    names = sum(len(step.query) + 1 for step in reading())
    assert names * FEW_VALUES >= len(VALUES)
    assert len(steps()) * FEW_HEADERS >= len(HEADERS)
    assert {value for turn in range(len(VALUES)) for value in some(VALUES, FEW_VALUES, turn)} == set(VALUES)
