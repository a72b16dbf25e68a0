"""The application walked from its own routes and its own OpenAPI document, never from a list kept by hand."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.core.http import ACCESS_TAG
from app.core.settings import Settings
from app.main import create_app
from tests.architecture.test_routes import product

Schema = Mapping[str, object]
PARAMETER = re.compile(r"([\w-]+)/\{(\w+)(?::\w+)?\}")
# Pages for people: their refusals are pages too.
PAGES = ("/app/", "/static/", "/retractation")
# They say how we are, a 503 included, whatever is asked.
HEALTH = ("/health", "/api/health")
GROUPS = ("/store/carts", "/store/customers", "/store/orders", "/store/p", "/store", "/auth", "/admin", "/")


@dataclass(frozen=True)
class Step:
    """One method of one route, and what its document says of it."""

    method: str
    path: str
    access: str
    operation: Schema = field(repr=False, hash=False, compare=False)

    @property
    def name(self) -> str:
        """As a test calls it."""
        return f"{self.method} {self.path}"

    @property
    def is_page(self) -> bool:
        """Whether a person reads the answer, so that a refusal is HTML."""
        return self.path == "/" or self.path.startswith(PAGES)

    @property
    def is_health(self) -> bool:
        """Whether the answer is about us, not about what was asked."""
        return self.path.startswith(HEALTH)

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The parameters of the path, each with the word before it: `("carts", "cart_id")`."""
        return tuple(PARAMETER.findall(self.path))

    @property
    def query(self) -> tuple[str, ...]:
        """The names that the query may have."""
        given = self.operation.get("parameters", [])
        assert isinstance(given, list)
        return tuple(str(each["name"]) for each in given if each["in"] == "query")

    @property
    def body(self) -> Schema | None:
        """The schema of the JSON body, if there is one."""
        request = self.operation.get("requestBody")
        content = request.get("content", {}) if isinstance(request, dict) else {}
        json = content.get("application/json")
        return json["schema"] if json else None

    def at(self, ids: Mapping[str, str]) -> str:
        """The path with these ids; a word that has none gets one that nobody has."""
        path = self.path
        for word, name in self.parameters:
            path = re.sub(rf"\{{{name}(:\w+)?\}}", ids.get(word, "none"), path)
        return path


def nowhere() -> FastAPI:
    """The application without a database, to be read and not to be called."""
    return create_app(
        Settings(
            comptoir_env="development",
            database_url="postgresql+psycopg://nobody@127.0.0.1/none",
            redis_url="redis://127.0.0.1:1",
        )
    )


@cache
def document() -> Schema:
    """The OpenAPI document."""
    return nowhere().openapi()


def in_groups(chosen: Iterable[Step]) -> dict[str, list[Step]]:
    """A few groups of routes, so that one made-up shop serves many; what ends a thing comes last in its group."""
    groups: dict[str, list[Step]] = {}
    for step in sorted(chosen, key=lambda each: (each.method == "DELETE", each.path.endswith("/complete"))):
        group = next(prefix for prefix in GROUPS if step.path.startswith(prefix))
        groups.setdefault(group, []).append(step)
    return groups


@cache
def steps() -> tuple[Step, ...]:
    """Every method of every route, in the order they are tried."""
    return tuple(step for route in product() for step in steps_of(route))


def steps_of(route: APIRoute) -> Iterator[Step]:
    """The methods of one route."""
    access = next(str(tag).removeprefix(ACCESS_TAG) for tag in route.tags if str(tag).startswith(ACCESS_TAG))
    for method in sorted(route.methods or ()):
        yield Step(method, route.path, access, operation_of(method, route.path_format))


def operation_of(method: str, path: str) -> Schema:
    """What the document says; nothing of a route that it leaves out (an alias)."""
    paths = document()["paths"]
    assert isinstance(paths, dict)
    found: Schema = paths.get(path, {}).get(method.lower(), {})
    return found


@dataclass(frozen=True)
class Sampler:
    """Writes a body that its schema takes; fields whose names are known get values that exist."""

    known: Mapping[str, object]

    def sample(self, schema: Schema, name: str = "") -> object:
        """One value; optional fields are given too."""
        schema = resolve(schema)
        if name in self.known:
            return self.known[name]
        for word in ("anyOf", "oneOf", "allOf"):
            if isinstance(several := schema.get(word), list):
                return self.sample(next(each for each in several if each.get("type") != "null"), name)
        if isinstance(fixed := schema.get("enum", [schema["const"]] if "const" in schema else None), list):
            return fixed[0]
        return self._of_type(schema, name)

    def _of_type(self, schema: Schema, name: str) -> object:
        kind = schema.get("type")
        if kind == "object":
            properties = schema.get("properties", {})
            assert isinstance(properties, dict)
            return {key: self.sample(each, key) for key, each in properties.items()}
        if kind == "array":
            items = schema.get("items", {})
            assert isinstance(items, dict)
            return [self.sample(items, name)]
        plain = {"integer": 1, "number": 1, "boolean": True, "null": None}
        return plain.get(str(kind), "texte")


def resolve(schema: Schema) -> Schema:
    """The schema that a reference names."""
    while isinstance(reference := schema.get("$ref"), str):
        found: object = document()
        for part in reference.removeprefix("#/").split("/"):
            assert isinstance(found, dict)
            found = found[part]
        assert isinstance(found, dict)
        schema = found
    return schema
