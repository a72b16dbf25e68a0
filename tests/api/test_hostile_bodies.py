"""Whatever bytes are sent as a body: never a 5xx, an error of our shape, and nothing changed by a refusal."""

import json
from collections.abc import Iterator

import pytest

from app.core.db import unit_of_work
from app.core.http import MAX_BODY_BYTES
from tests.api.judge import Asked, Rows, check_answer, check_invariants
from tests.api.walk import Step, in_groups, steps
from tests.api.world import World
from tests.factories.shop import make_shop
from tests.proofs import proof_size

JSON_TYPE = "application/json"
# In place of a field's value, as text: a JSON library would write none of the first ones.
VALUES = (
    "NaN", "Infinity", "-Infinity", "1e309", "-1e309", "1e-400", "-0", "-0.0", "0", "-1", "1.5", "2.0", "1e3",
    str(2**31), str(2**63), "9" * 5_000, "1." + "3" * 5_000, "null", "true", "[]", "{}", "[[]]", '[{"a": 1}]',
    '{"id": {}}', '{"$gt": ""}', '{"__proto__": {"x": 1}}', '""', '" "', '"2"', '"NaN"', r'"\u0000"', r'"a\u0000b"',
    r'"\ud800"', r'"\udfff\ud800"', r'{"\u0000": 1}', r'{"\ud800": 1}', r'"\u202e\uffff"', '"\x01"',
    '"' + "x" * 300 + '"', '"' + "é" * 70_000 + '"', "[" * 70 + "]" * 70, '["' + '","'.join("x" * 300) + '"]',
    '"../../etc/passwd"', '"\' OR 1=1 --"', '"%s%n"', '"{{7*7}}"',
)  # fmt: skip
# Each field gets some of them (a field of a field fewer), its neighbour the next ones; PROVE=1: every field every one.
FEW, FEWER = 8, 2
HOLE = "@@hole@@"
# Refused before any route of ours reads it, and slow to make: each route gets two of them, the next route the next.
HEAVY = (
    b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    b'{"a": "' + b"x" * (MAX_BODY_BYTES - 100) + b'"}', b'{"a": "' + b"x" * 10_000_000 + b'"}',
    b'{"a": ' + b"9" * 900_000 + b"}", b'{"' + b"k" * 900_000 + b'": 1}',
    b"{" + b",".join(b'"%d":1' % number for number in range(80_000)) + b"}",
    b'{"a": [' + b"1," * 400_000 + b"1]}",
)  # fmt: skip
KINDS = (
    "", "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data",
    "multipart/form-data; boundary=x", "application/json; charset=utf-16", "application/json;;;", "\xe9/\xe9",
)  # fmt: skip


def bodies() -> list[Step]:
    return [step for step in steps() if step.body is not None]


GROUPS = in_groups(bodies())


def documents(right: object) -> Iterator[bytes]:
    """The right body with one wrong value, for every field."""
    for number, path in enumerate(places(right)):
        few = FEW if len(path) == 1 else FEWER
        for turn in range(proof_size(few, len(VALUES))):
            value = VALUES[(number * few + turn) % len(VALUES)]
            yield json.dumps(put(right, path, HOLE)).replace(f'"{HOLE}"', value).encode("utf-8", "surrogatepass")


def places(body: object, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where a value stands: every field, and the first member of every list."""
    inside = body.items() if isinstance(body, dict) else enumerate(body[:1]) if isinstance(body, list) else ()
    for key, value in inside:
        yield (*above, key)
        yield from places(value, (*above, key))


def put(body: object, path: tuple[str | int, ...], value: object) -> object:
    """The same body with another value there."""
    if not path:
        return value
    if isinstance(body, dict):
        return {key: put(each, path[1:], value) if key == path[0] else each for key, each in body.items()}
    assert isinstance(body, list)
    return [put(each, path[1:], value) if place == path[0] else each for place, each in enumerate(body)]


def raw_bodies(right: bytes, turn: int) -> Iterator[tuple[str, bytes]]:
    """Bytes that are no object of ours at all, each with its content type."""
    for raw in (
        b"", b" ", b"{", b"}", b"nope", b"[]", b"[{}]", b"null", b"0", b"-0", b"NaN", b'"x"', b"\xff\xfe", b"\x00",
        b"\xef\xbb\xbf{}", b'{"a": "\xed\xa0\x80"}', b'{"a": "\xff"}', b'{"a": 1, "a": 2}', right[:-1], right + right,
        right[:-1] + b', "unknown": 1}', right[:-1] + b', "__proto__": {}, "constructor": {}}', b"{'a': 1}",
        b'{"a": 1,}',
    ):  # fmt: skip
        yield JSON_TYPE, raw
    for place in range(proof_size(2, len(HEAVY))):
        yield JSON_TYPE, HEAVY[(turn * 2 + place) % len(HEAVY)]
    for kind in KINDS:
        yield kind, right
    yield JSON_TYPE, right.decode().encode("utf-16")
    yield "application/x-www-form-urlencoded", b"a=%00&b=%ff&" * 2_000


def send(world: World, step: Step, kind: str, body: bytes) -> None:
    """One call, judged; a refusal leaves every table as it was."""
    headers = [(name.encode(), value.encode()) for name, value in world.best_headers(step).items()]
    headers += [(b"content-type", kind.encode("latin-1"))] if kind else []
    answer = world.client.request(step.method, step.at(world.ids), content=body, headers=headers)
    asked = Asked(step, body)
    check_answer(asked, answer)
    changed = world.rows.changed()
    assert answer.status_code < 400 or not changed, f"{asked}: {answer.status_code}, yet {changed}"


@pytest.mark.parametrize("group", GROUPS)
def test_no_body_breaks_it(world: World, group: str) -> None:
    for turn, step in enumerate(GROUPS[group]):
        world.renew()
        assert step.body is not None
        right = world.sampler.sample(step.body)
        for kind, raw in raw_bodies(json.dumps(right).encode(), turn):
            send(world, step, kind, raw)
        for document in documents(right):
            send(world, step, JSON_TYPE, document)
    check_invariants()


def test_a_change_is_seen(environment: dict[str, str]) -> None:
    """The control: one that was at work at the last look already, and a look at nothing new."""
    with unit_of_work("test") as session:
        make_shop(session)
        session.flush()
        rows = Rows()
    assert rows.changed()["region"] == (0, 1)
    assert rows.changed() == {}


def test_the_walk_reaches_every_field() -> None:
    cart = {"items": [{"variant_id": "v", "metadata": {}}], "email": "e"}
    assert list(places(cart)) == [
        ("items",), ("items", 0), ("items", 0, "variant_id"), ("items", 0, "metadata"), ("email",),
    ]  # fmt: skip
    assert put(cart, ("items", 0, "variant_id"), 1) == {"items": [{"variant_id": 1, "metadata": {}}], "email": "e"}
    assert {"POST /store/carts", "POST /auth/user/emailpass"} <= {step.name for step in bodies()}
