"""`/admin/product-families`: what the metadata of a family of products must be, and which tags follow from it.

Ours, not Medusa's: decision 0027, rows S0-072 and S0-074.
"""

from typing import Annotated

from fastapi import Path, Response
from pydantic import BaseModel

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.schemas import DeletedOut
from app.catalogue.check_metadata import FamilyDefinition
from app.catalogue.queries import list_families as read_all
from app.catalogue.set_family import get_family, get_family_row, list_misfits, remove_family, set_family
from app.core.api_document import refusing
from app.core.db import SessionDep
from app.core.versions import ChangedMeanwhile, etag_of

reading = reading_router()
writing = writing_router()

NAME = r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$"
PathName = Annotated[str, Path(max_length=100, pattern=NAME)]


class FamilyOut(BaseModel):
    """A family and its definition, in JSON Schema's words."""

    name: str
    definition: dict[str, object]


class FamilyAnswer(BaseModel):
    """One family."""

    product_family: FamilyOut


class FamiliesAnswer(BaseModel):
    """All of them."""

    product_families: list[FamilyOut]
    count: int


class MisfitOut(BaseModel):
    """A product whose metadata does not fit its family."""

    product_id: str
    handle: str
    problem: str


class MisfitsAnswer(BaseModel):
    """Those that a change of a family left behind."""

    misfits: list[MisfitOut]
    count: int


@reading.get("/product-families")
def list_families(session: SessionDep) -> FamiliesAnswer:
    """All families."""
    shown = [_out(name, definition) for name, definition in read_all(session).items()]
    return FamiliesAnswer(product_families=shown, count=len(shown))


@reading.get("/product-families/misfits")
def show_misfits(session: SessionDep) -> MisfitsAnswer:
    """The products that do not fit their family: each is refused at its next change until it does."""
    shown = [
        MisfitOut(product_id=each.product_id, handle=each.handle, problem=each.problem)
        for each in list_misfits(session)
    ]
    return MisfitsAnswer(misfits=shown, count=len(shown))


@reading.get("/product-families/{name}")
def show_family(session: SessionDep, name: PathName, response: Response) -> FamilyAnswer:
    """One family."""
    shown = FamilyAnswer(product_family=_out(name, get_family(session, name)))
    response.headers["ETag"] = etag_of(get_family_row(session, name).updated_at)
    return shown


@writing.post("/product-families/{name}", responses=refusing(ChangedMeanwhile))
def write_family(session: SessionDep, name: PathName, body: FamilyDefinition, if_match: IfMatchDep) -> FamilyAnswer:
    """Describe a family, or describe it anew."""
    set_family(session, name, body, if_match)
    return FamilyAnswer(product_family=_out(name, get_family(session, name)))


@writing.delete("/product-families/{name}")
def delete_family(session: SessionDep, name: PathName) -> DeletedOut:
    """Forget a family; its products keep their metadata."""
    remove_family(session, name)
    return DeletedOut(id=name, object="product_family")


def _out(name: str, definition: FamilyDefinition) -> FamilyOut:
    return FamilyOut(name=name, definition=definition.model_dump(mode="json", by_alias=True, exclude_defaults=True))
