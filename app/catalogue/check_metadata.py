"""What the metadata of a product must be in its family, and which tags follow from it (S0-072, S0-074). Pure."""

# ruff: noqa: RUF012 - pydantic copies the defaults of a model, and so these lists are never shared

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from app.catalogue.errors import InvalidMetadata
from app.core.bodies import Body, Line

FAMILY = "family"  # the property by which metadata names its family
MOST_PROPERTIES = 100

Value = str | bool | int | float
Tags = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=100)]], Field(max_length=20)]


class PropertyRule(Body):
    """What one property of the metadata must be, in JSON Schema's words; `tags`: which tags follow from which value."""

    type: Literal["string", "integer", "number", "boolean"]
    title: Line | None = None
    enum: Annotated[list[Value], Field(min_length=1, max_length=200)] | None = None
    min_length: Annotated[int, Field(alias="minLength", ge=0)] = 0
    max_length: Annotated[int, Field(alias="maxLength", ge=0, le=10_000)] = 10_000
    minimum: float | None = None
    maximum: float | None = None
    tags: Annotated[dict[Line, Tags], Field(max_length=200)] = {}


class FamilyDefinition(Body):
    """What the metadata of a family of products must be."""

    title: Line | None = None
    required: Annotated[list[Line], Field(max_length=MOST_PROPERTIES)] = []
    properties: Annotated[dict[Line, PropertyRule], Field(min_length=1, max_length=MOST_PROPERTIES)]
    additional_properties: Annotated[bool, Field(alias="additionalProperties")] = True

    @model_validator(mode="after")
    def demand_what_is_described(self) -> Self:
        """A required property without a rule is mostly a slip of the pen."""
        strange = [name for name in self.required if name not in self.properties]
        if strange:
            raise ValueError(f"required names what properties do not describe: {', '.join(strange)}")
        return self


@dataclass(frozen=True)
class FamilyTags:
    """The tags that metadata gives, and all that the families decide on: a product has no other one of these."""

    given: frozenset[str]
    decided: frozenset[str]


def check_metadata(family: str, definition: FamilyDefinition, metadata: Mapping[str, object]) -> None:
    """The properties that its family demands are there, and each is what the family says. Source: S0-072.

    Raises `InvalidMetadata`, with what is wrong of each property.
    """
    wrong = {name: "is required" for name in definition.required if metadata.get(name) is None}
    for name, value in metadata.items():
        rule = definition.properties.get(name)
        if rule is not None and value is not None:
            problem = _find_problem(rule, value)
            if problem:
                wrong[name] = problem
        elif rule is None and name != FAMILY and not definition.additional_properties:
            wrong[name] = "is not a property of this family"
    if wrong:
        told = "; ".join(f"{name} {problem}" for name, problem in sorted(wrong.items()))
        named = {f"metadata, {name}": problem for name, problem in sorted(wrong.items())}
        raise InvalidMetadata(f"Metadata does not fit the family '{family}': {told}", fields=named)


def compute_tags(families: Mapping[str, FamilyDefinition], metadata: Mapping[str, object]) -> FamilyTags:
    """The tags of a product from its metadata; of no known family, nobody decides on any. Source: S0-074."""
    definition = families.get(str(metadata.get(FAMILY)))
    if definition is None:
        return FamilyTags(frozenset(), frozenset())
    given = {
        tag
        for name, rule in definition.properties.items()
        if metadata.get(name) is not None
        for tag in rule.tags.get(_as_word(metadata[name]), [])
    }
    decided = {
        tag
        for each in families.values()
        for rule in each.properties.values()
        for tags in rule.tags.values()
        for tag in tags
    }
    return FamilyTags(frozenset(given), frozenset(decided))


def _as_word(value: object) -> str:
    """How a definition names a value: a text as it is, anything else as JSON writes it (`true`, `2`)."""
    return value if isinstance(value, str) else json.dumps(value)


def _find_problem(rule: PropertyRule, value: object) -> str | None:
    if not _is_of(rule.type, value):
        return f"is not of type {rule.type}"
    if rule.enum is not None and value not in rule.enum:
        return f"is not one of {', '.join(map(_as_word, rule.enum))}"
    if isinstance(value, str) and not rule.min_length <= len(value) <= rule.max_length:
        return f"has not between {rule.min_length} and {rule.max_length} characters"
    if isinstance(value, int | float) and rule.minimum is not None and value < rule.minimum:
        return f"is less than {rule.minimum:g}"
    if isinstance(value, int | float) and rule.maximum is not None and value > rule.maximum:
        return f"is more than {rule.maximum:g}"
    return None


def _is_of(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, int):
        return kind in ("integer", "number")
    return (isinstance(value, str) and kind == "string") or (isinstance(value, float) and kind == "number")
