"""What every route of the Admin API takes in its query, and what a deletion answers."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.core.bodies import LONGEST_ID, Line

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
