"""What both of Medusa's APIs take: strict bodies, bounded texts and lists; and the envelope of a page."""

import json
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

MOST_METADATA_CHARACTERS = 10_000
MOST_IDS = 200
LONGEST_ID = 100
LONGEST_EMAIL = 254


def normalise_email(text: str) -> str:
    """An address of the usual form, in lower case; reserved domains are fine, nobody is written to here."""
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as exc:
        raise ValueError("Invalid email") from exc
    return found.normalized.lower()


def keep_as_json(values: dict[str, object]) -> dict[str, object]:
    """What PostgreSQL keeps as JSON: no infinite number (`1e999` parses as one), and not a novel."""
    if len(json.dumps(values, allow_nan=False)) > MOST_METADATA_CHARACTERS:
        raise ValueError(f"metadata has more than {MOST_METADATA_CHARACTERS} characters")
    return values


Id = Annotated[str, StringConstraints(max_length=LONGEST_ID)]
Line = Annotated[str, StringConstraints(max_length=255)]
Email = Annotated[str, StringConstraints(max_length=LONGEST_EMAIL), AfterValidator(normalise_email)]
Metadata = Annotated[dict[str, object], AfterValidator(keep_as_json)]
Ids = Annotated[list[Id], Field(max_length=MOST_IDS)]


class Body(BaseModel):
    """Parent of every body: no key that we do not know, no type taken for another."""

    model_config = ConfigDict(extra="forbid", strict=True)


class AddressLines(Body):
    """A postal address without its country, which is written otherwise here and there."""

    first_name: Line | None = None
    last_name: Line | None = None
    phone: Line | None = None
    company: Line | None = None
    address_1: Line | None = None
    address_2: Line | None = None
    city: Line | None = None
    province: Line | None = None
    postal_code: Line | None = None
    metadata: Metadata | None = None


class PageOut(BaseModel):
    """The envelope of a list: `count` is of all that match."""

    count: int
    offset: int
    limit: int
