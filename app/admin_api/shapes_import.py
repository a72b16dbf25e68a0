"""Imports and exports as the Admin reads them; Medusa's own answers where its clients read them."""

from pydantic import BaseModel, Field

from app.core.bodies import PageOut
from app.core.wire import WireInstant
from app.imports.models import CsvRun


class SummaryOut(BaseModel):
    """Medusa's two numbers."""

    to_create: int = Field(serialization_alias="toCreate")
    to_update: int = Field(serialization_alias="toUpdate")


class StartedAnswer(BaseModel):
    """Medusa's answer to a file. A large one is still being read: `state` says so, and the numbers are 0."""

    transaction_id: str
    summary: SummaryOut
    state: str


class TransactionAnswer(BaseModel):
    """Medusa's answer to what goes on in the background."""

    transaction_id: str


class ConfirmedAnswer(BaseModel):
    """Medusa's answer to a confirmation: nothing."""


class CountsOut(BaseModel):
    """Lines of the file; units of it (a product with its variants, or one line) by what becomes of them."""

    lines: int
    units: int
    to_create: int
    to_update: int
    unchanged: int
    refused: int
    done: int
    problems: int


class RefusalTextOut(BaseModel):
    """Why nothing of it was written, and what to do."""

    code: str
    message: str
    message_en: str


class RunOut(BaseModel):
    """One import or export."""

    id: str
    kind: str
    mode: str
    state: str
    confirms_prices: bool
    file_name: str | None
    encoding: str | None
    bytes: int
    counts: CountsOut
    refusal: RefusalTextOut | None
    created_by: str
    confirmed_by: str | None
    created_at: WireInstant
    checked_at: WireInstant | None
    confirmed_at: WireInstant | None
    ended_at: WireInstant | None


class ImportAnswer(BaseModel):
    """One import."""

    import_: RunOut = Field(serialization_alias="import")


class ImportsAnswer(PageOut):
    """A page of them."""

    imports: list[RunOut]


class ExportAnswer(BaseModel):
    """One export; its file is below `/admin/exports/:id/file` once it is `done`."""

    export: RunOut


class LinkAnswer(BaseModel):
    """Where Medusa's SDK sends a file, and what it then says of it."""

    url: str
    filename: str
    originalname: str
    extension: str
    mime_type: str
    size: int


def started_out(run: CsvRun) -> StartedAnswer:
    """What was taken in."""
    summary = SummaryOut(to_create=run.create_count, to_update=run.update_count)
    return StartedAnswer(transaction_id=run.id, summary=summary, state=run.state)


def run_out(run: CsvRun) -> RunOut:
    """A run as the wire has it."""
    refusal = None
    if run.refusal_code is not None:
        refusal = RefusalTextOut(code=run.refusal_code, message=run.refusal_fr or "", message_en=run.refusal_en or "")
    return RunOut(
        id=run.id,
        kind=run.kind,
        mode=run.mode,
        state=run.state,
        confirms_prices=run.is_move_confirmed,
        file_name=run.file_name,
        encoding=run.encoding,
        bytes=run.byte_count,
        counts=CountsOut(
            lines=run.line_count,
            units=run.unit_count,
            to_create=run.create_count,
            to_update=run.update_count,
            unchanged=run.same_count,
            refused=run.refused_count,
            done=run.done_count,
            problems=run.problem_count,
        ),
        refusal=refusal,
        created_by=run.created_by,
        confirmed_by=run.confirmed_by,
        created_at=run.created_at,
        checked_at=run.checked_at,
        confirmed_at=run.confirmed_at,
        ended_at=run.ended_at,
    )
