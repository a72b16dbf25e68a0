"""What every route of the Admin API takes in its query, and what a deletion answers."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.core.bodies import LONGEST_ID, Line

BINARY: Mapping[str, object] = {"type": "string", "format": "binary"}
PathId = Annotated[str, Path(max_length=LONGEST_ID)]


class AdminQuery(BaseModel):
    """`fields` (app/core/fields.py)."""

    model_config = ConfigDict(extra="forbid")

    fields: Annotated[str, StringConstraints(max_length=2_000)] | None = None


class AdminPageQuery(AdminQuery):
    """A page of a list; a list says by a field `order` what it may be sorted by."""

    limit: Annotated[int, Field(ge=0, le=1_000)] = 50
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    q: Line | None = None


class DeletedOut(BaseModel):
    """What a deletion answers."""

    id: str
    object: str
    deleted: bool = True


def describe_form(field: str, part: Mapping[str, object], *, is_required: bool = False) -> dict[str, object]:
    """For `openapi_extra`: a form with this one field, whose reading the route does itself."""
    form: dict[str, object] = {"type": "object", "properties": {field: part}}
    if is_required:
        form["required"] = [field]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}
