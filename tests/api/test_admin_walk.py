"""Every route of the Admin that changes something: an act in the audit, and no change of what changed meanwhile."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from tests.api.judge import WRITERS
from tests.api.test_access_walk import call
from tests.api.walk import Schema, Step, resolve, steps
from tests.api.world import World

ACTS = text("SELECT count(*) FROM audit_log")
STALE = {"if-match": '"1"'}
# A look at what is there already, a place for what is about to come, and a note, which is its own record of who and
# when; of this world's order nothing waits to be accepted, its list has nothing to remove, its return is over by then.
SILENT = frozenset(
    {
        "DELETE /admin/returns/{return_id}/request",
        "POST /admin/orders/{order_id}/accept",
        "POST /admin/orders/{order_id}/notes",
        "POST /admin/price-lists/{list_id}/products",
        "POST /admin/prices/export",
        "POST /admin/products/export",
        "POST /admin/stock/export",
        "POST /admin/uploads/presigned-urls",
    }
)
FEWEST_DONE = 45
# What the schema of a body does not say in full.
NEEDED = {"/admin/product-families/{name}": {"properties": {"brand": {"type": "string"}}}}


def changing() -> Iterator[Step]:
    """What ends a thing comes last."""
    found = [step for step in steps() if step.access in ("staff_writing", "owner") and step.method != "GET"]
    yield from sorted(found, key=lambda step: (step.method == "DELETE", step.path))


def look() -> tuple[str, int]:
    """Changes with every transaction that writes; and how many acts were noted."""
    with unit_of_work("test") as session:
        return str(session.scalar(WRITERS)), int(session.scalar(ACTS) or 0)


def test_whatever_the_admin_changes_leaves_an_act(world: World) -> None:
    done, silent = set(), []
    for step in changing():
        before, acts_before = look()
        answer = call(world, step, world.headers("staff"))
        after, acts = look()
        if answer.status_code < 300:
            done.add(step.name)
            silent += [step.name] if after != before and acts == acts_before and step.name not in SILENT else []
    assert " ".join(sorted(silent)) == ""
    assert len(done) >= FEWEST_DONE, sorted({step.name for step in changing()} - done)


def changeable_alone() -> list[str]:
    """Paths of one thing that can be read and changed."""
    readable = {step.path for step in steps() if step.access in ("staff", "owner") and step.method == "GET"}
    changeable = {step.path for step in changing() if step.method == "POST"}
    return sorted(path for path in changeable & readable if path.endswith("}"))


@pytest.mark.parametrize("path", changeable_alone())
def test_what_changed_meanwhile_is_not_changed(world: World, path: str) -> None:
    reading, writing = (next(s for s in steps() if (s.method, s.path) == (how, path)) for how in ("GET", "POST"))
    shown = call(world, reading, world.headers("staff"))
    assert (shown.status_code, bool(shown.headers.get("etag"))) == (200, True), shown.text
    body = NEEDED.get(path) or world.sampler.sample(least_of(writing.body or {}))
    headers = {**world.headers("staff"), **STALE}
    refused = world.client.post(writing.at(world.ids), json=body, headers=headers)
    assert (refused.status_code, refused.json().get("code")) == (412, "changed_meanwhile"), refused.text
    assert call(world, reading, world.headers("staff")).json() == shown.json()


def least_of(schema: Schema) -> Schema:
    """The same with what it demands only."""
    whole = resolve(schema)
    named, demanded = whole.get("properties", {}), whole.get("required", [])
    assert isinstance(named, dict)
    assert isinstance(demanded, list)
    return {**whole, "properties": {name: named[name] for name in demanded}}
