"""schemathesis over the whole OpenAPI document: what it makes of our own schemas never breaks the application.

And every answer is one that the document announces: its status, its kind, the shape of its body, no key beside it.

Two sources: its coverage cases (every boundary of every schema, deterministic), and hypothesis, right and wrong data by
turns. The document that it reads names things that exist, so that calls come far.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from itertools import islice
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.judge import Asked, check_answer, check_invariants
from tests.api.walk import Step, document, in_groups, operation_of, steps
from tests.api.world import STAFF, Headers, World
from tests.proofs import proof_size
from tests.shop_front import read_rows

# An answer that the document does not announce: its status, its kind, a body of another shape.
CONFORMANCE = [status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
DOCUMENTED = [step for step in steps() if operation_of(step.method, step.path) and not step.is_health]
GROUPS = in_groups(DOCUMENTED)
Operation = APIOperation[Any, Any, Any, Any]
ALSO_KNOWN = {"email": (STAFF,), "provider_id": ("pp_stripe_stripe",)}
# Per operation; PROVE=1 takes the larger.
COVERAGE_CASES = (16, 2_000)
EXAMPLES = (4, 400)


Parameter = dict[str, object]


def with_ids(world: World) -> dict[str, object]:
    """The document with what exists among the values of each parameter and each field whose name says what it is."""
    made: dict[str, object] = deepcopy(dict(document()))
    for step in DOCUMENTED:
        words = {name: word for word, name in step.parameters}
        for parameter in parameters_in(made, step):
            name = str(parameter["name"])
            if parameter["in"] == "query" and name in world.bodies:
                parameter["schema"] = {"anyOf": [{"enum": [world.bodies[name]]}, parameter["schema"]]}
            if parameter["in"] == "path" and words.get(name) in world.ids:
                parameter["schema"] = {"type": "string", "enum": [world.ids[words[name]], "none"]}
    components = made["components"]
    assert isinstance(components, dict)
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)  # what an answer holds, the document names
        for name, field in schema.get("properties", {}).items():
            if name in world.bodies:
                known_values = [world.bodies[name], *ALSO_KNOWN.get(name, ())]
                schema["properties"][name] = {"anyOf": [{"enum": known_values}, field]}
    return made


def parameters_in(made: dict[str, object], step: Step) -> list[Parameter]:
    """What the document says of the parameters of one operation."""
    paths = made["paths"]
    assert isinstance(paths, dict)
    found: list[Parameter] = paths[step.path][step.method.lower()].get("parameters", [])
    return found


class Fuzzer:
    """Sends cases of some operations, judges the answers."""

    def __init__(self, world: World, promised: dict[str, object], chosen: list[Step]) -> None:
        self.world = world
        paths = promised["paths"]
        assert isinstance(paths, dict)
        theirs = {step.path: paths[step.path] for step in chosen}  # each operation that it reads costs it
        self.schema = schemathesis.openapi.from_dict({**promised, "paths": theirs})
        found = [result.ok() for result in self.schema.get_all_operations() if isinstance(result, Ok)]
        self.operations = {operation.label: operation for operation in found}
        self.sent = 0
        self.reached: set[str] = set()

    def run(self, step: Step) -> None:
        """Coverage cases, then examples, of one operation."""
        operation = self.operations[step.name]
        cases = self.schema.iter_coverage_cases(
            operation, generation_modes=MODES, generation_config=self.schema.config.generation
        )
        for case in islice(cases, proof_size(*COVERAGE_CASES)):
            self.send(step, case)
        for mode in MODES:
            self.explore(step, operation, mode)

    def explore(self, step: Step, operation: Operation, mode: GenerationMode) -> None:
        """Examples by hypothesis; some operations have no wrong data to make."""

        @settings(
            max_examples=proof_size(*EXAMPLES),
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Case[Operation]) -> None:
            self.send(step, case)

        try:
            send()
        except Unsatisfiable:
            return

    def somebody(self, step: Step) -> Headers:
        """Mostly who comes furthest, by turns everybody else."""
        roles: list[Headers] = [self.world.best_headers(step)] * 3
        roles += [self.world.key, {}, *(self.world.headers(role) for role in self.world.tokens)]
        return roles[self.sent % len(roles)]

    def send(self, step: Step, case: Case[Operation]) -> None:
        """One call."""
        headers: dict[str, object] = {**dict(case.headers or {}), **self.somebody(step)}
        content = b""
        if case.body is not NOT_SET and not isinstance(case.body, bytes):
            content = json.dumps(case.body, default=str).encode()
            headers.setdefault("content-type", case.media_type or "application/json")
        answer = self.world.client.request(
            case.method,
            case.formatted_path,
            params=flat(case.query),
            content=content,
            headers=[
                (str(name).encode("latin-1", "replace"), str(value).encode("latin-1", "replace"))
                for name, value in headers.items()
            ],
        )
        check_answer(Asked(step, (case.method, case.formatted_path, case.query, case.body)), answer)
        case.validate_response(answer, checks=CONFORMANCE)
        self.sent += 1
        if answer.status_code < 300:
            self.reached.add(step.name)


def flat(query: Mapping[str, object] | None) -> httpx2.QueryParams:
    """Lists as repeated names, as a browser's form sends them."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in (query or {}).items()}
    return httpx2.QueryParams(
        [(name, "" if each is None else str(each)) for name, value in lists.items() for each in value]
    )


@pytest.mark.parametrize("group", GROUPS)
def test_nothing_of_the_document_breaks_it(world: World, group: str) -> None:
    fuzzer = Fuzzer(world, with_ids(world), GROUPS[group])
    for step in GROUPS[group]:
        fuzzer.run(step)
    check_invariants()
    check_every_cart_is_readable(world)
    open_to_all = {
        step.name
        for step in GROUPS[group]
        if step.method == "GET" and step.access == "storefront" and world.knows(step)
    }
    assert open_to_all <= fuzzer.reached, "The cases never come further than a refusal."


def test_an_answer_that_nobody_announced_is_seen(world: World) -> None:
    """The control: documents that promise something else than what is answered."""
    written = json.dumps(with_ids(world))
    step = next(step for step in DOCUMENTED if step.name == "GET /store/regions")
    for promised, kept, seen in (
        ('"400": ', '"418": ', "Undocumented status code"),
        ('"application/json": ', '"text/html": ', "Undocumented Content-Type"),
        ('"display_name": {"type": "string"', '"display_name": {"type": "integer"', "is not of type"),
        ('"countries": {', '"lands": {', "Additional properties are not allowed"),
    ):
        assert promised in written
        with pytest.raises(FailureGroup, match=seen):
            Fuzzer(world, json.loads(written.replace(promised, kept)), [step]).run(step)


def check_every_cart_is_readable(world: World) -> None:
    """Whatever was made of a cart, its totals can be computed and add up."""
    for (cart_id,) in read_rows("SELECT id FROM cart ORDER BY id LIMIT 300"):
        answer = world.client.get(f"/store/carts/{cart_id}", headers=world.key)
        assert answer.status_code == 200, answer.text
        cart = answer.json()["cart"]
        assert cart["total"] == pytest.approx(cart["item_total"] + cart["shipping_total"], abs=0.001)
