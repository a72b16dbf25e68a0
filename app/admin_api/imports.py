"""Files of products, prices and stock: sent, checked, confirmed, written; and written out again.

`/admin/products/import(s)` and `/admin/products/export` are Medusa's; the twins of prices and stock, and what tells how
a file fares, are ours. Source: store-api §11, decision 0029.
"""

import csv
import io
from collections.abc import Iterator
from itertools import count
from pathlib import PurePath
from typing import Annotated, Literal

from fastapi import Depends, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from app.admin_api.access import reading_router, writing_router
from app.admin_api.schemas import AdminPageQuery, PathId
from app.admin_api.shapes_import import (
    ConfirmedAnswer,
    ExportAnswer,
    ImportAnswer,
    ImportsAnswer,
    LinkAnswer,
    StartedAnswer,
    TransactionAnswer,
    run_out,
    started_out,
)
from app.admin_api.take_file import FORM, BodyDep, FileDep, pieces_of
from app.core.api_document import refusing
from app.core.bodies import Body, Id, Line
from app.core.clock import utc_now
from app.core.db import SessionDep, unit_of_work
from app.core.errors import BodyTooLarge, InvalidRequest, NotFound
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.core.query import describe_query, query_of
from app.core.settings import get_settings
from app.imports.compare_file import compare_file
from app.imports.errors import FileRefused, FileTooLarge, LinkEnded, RunNotFound, RunNotInThisState
from app.imports.models import CsvRun
from app.imports.queries import MOST_PROBLEMS, count_runs, find_chunk, get_run, list_problems, list_runs
from app.imports.rules import MOST_BYTES, Kind, Mode, neutralise
from app.imports.service import (
    add_file,
    cancel_run,
    confirm_run,
    create_run,
    receive_by_link,
    receive_sent,
    request_apply,
    request_check,
    request_export,
)

reading = reading_router()
writing = writing_router()
taking = writing_router(calls_vendor=True)
linked = make_router(ANYONE, prefix="/admin", calls_vendor=True)

# A file of a thousand lines is read while its sender waits, so that the answer has its numbers; longer ones by a job.
AT_ONCE_BYTES = 200_000
MOST_TOLD = 20
CSV_TYPE = "text/csv; charset=utf-8"


class OptionsBody(Body):
    """How a file that was sent to a link is to be taken."""

    mode: Mode = "all"
    confirm_prices: bool = False


class SentBody(OptionsBody):
    """What Medusa's SDK says of a file that it sent to the link; its key is the run."""

    file_key: Id
    originalname: Line | None = None
    extension: Line | None = None
    mime_type: Line | None = None
    size: Annotated[int, Field(ge=0)] | None = None


class LinkBody(Body):
    """Medusa's keys."""

    originalname: Line
    mime_type: Line | None = None
    size: Annotated[int, Field(ge=0, le=MOST_BYTES)]
    access: Literal["private", "public"] | None = None
    extension: Line | None = None


class EmptyBody(Body):
    """Nothing is asked."""


class OptionsQuery(AdminPageQuery):
    """How a file is to be taken: all or nothing or each line; `confirm_prices`: moves beyond half are meant."""

    mode: Mode = "all"
    confirm_prices: bool = False


Options = Annotated[OptionsQuery, Depends(query_of(OptionsQuery))]
TAKES = {**FORM, **describe_query(OptionsQuery)}


@taking.post(
    "/products/import", status_code=202, openapi_extra=TAKES, responses=refusing(BodyTooLarge, FileTooLarge, NotFound)
)
def import_products(file: FileDep, options: Options) -> StartedAnswer:
    """Take products; they are written once the import is confirmed."""
    return _take("products", file, options)


@taking.post(
    "/prices/import", status_code=202, openapi_extra=TAKES, responses=refusing(BodyTooLarge, FileTooLarge, NotFound)
)
def import_prices(file: FileDep, options: Options) -> StartedAnswer:
    """Take prices by SKU; they are written once the import is confirmed."""
    return _take("prices", file, options)


@taking.post(
    "/stock/import", status_code=202, openapi_extra=TAKES, responses=refusing(BodyTooLarge, FileTooLarge, NotFound)
)
def import_stock(file: FileDep, options: Options) -> StartedAnswer:
    """Take counts and deliveries by SKU; they are written once the import is confirmed."""
    return _take("stock", file, options)


def _take(kind: Kind, file: FileDep, options: OptionsQuery) -> StartedAnswer:
    with unit_of_work() as session:
        run = create_run(
            session, kind, mode=options.mode, is_move_confirmed=options.confirm_prices, file_name=file.filename
        )
        add_file(session, run, pieces_of(file.file))
    return _start(run)


def _start(run: CsvRun) -> StartedAnswer:
    """Read it now if it is short, else let the worker; a file that is refused is refused aloud."""
    if run.byte_count > AT_ONCE_BYTES:
        with unit_of_work() as session:
            request_check(session, run.id)
        return started_out(run)
    checked = compare_file(run.id)
    if checked.state == "refused":
        raise _refusal_of(checked)
    return started_out(checked)


def _refusal_of(run: CsvRun) -> FileRefused:
    with unit_of_work() as session:
        problems = list_problems(session, run.id, limit=MOST_TOLD)
    fields = {f"{each.line}, {each.column}".rstrip(", "): f"{each.message_fr} / {each.message_en}" for each in problems}
    message = f"{run.refusal_fr} / {run.refusal_en} (GET /admin/imports/{run.id}/errors)"
    return FileRefused(message, fields=fields)


@writing.post("/uploads/presigned-urls")
def create_link(session: SessionDep, body: LinkBody) -> LinkAnswer:
    """Where Medusa's SDK sends a file of products: an address that takes one file, within a quarter of an hour."""
    if not body.originalname.lower().endswith((".csv", ".txt")):
        raise InvalidRequest(
            "Invalid request: this address takes CSV files of products; pictures go to POST /admin/uploads"
        )
    run = create_run(session, "products", state="expected", file_name=body.originalname)
    return LinkAnswer(
        url=f"{get_settings().public_url.rstrip('/')}/admin/products/import/{run.id}",
        filename=run.id,
        originalname=body.originalname,
        extension=body.extension or PurePath(body.originalname).suffix.lstrip("."),
        mime_type=body.mime_type or "text/csv",
        size=body.size,
    )


@linked.put(
    "/products/import/{run_id}",
    status_code=204,
    responses=refusing(RunNotFound, LinkEnded, BodyTooLarge, FileTooLarge),
    openapi_extra={"requestBody": {"content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}},
)
def send_to_link(run_id: PathId, content: BodyDep) -> None:
    """Send the file that a link was made for; the id in it is what opens it."""
    with unit_of_work() as session:
        receive_by_link(session, run_id, pieces_of(content), utc_now())


@taking.post("/products/imports", status_code=202, responses=refusing(NotFound))
def import_sent(body: SentBody) -> StartedAnswer:
    """Check a file that was sent to its link; the products are written once the import is confirmed."""
    with unit_of_work() as session:
        run = receive_sent(session, body.file_key, body.mode, is_move_confirmed=body.confirm_prices)
    return _start(run)


@writing.post("/products/imports/{import_id}/confirm", status_code=202, responses=refusing(NotFound))
def confirm_products(session: SessionDep, import_id: PathId, body: EmptyBody) -> ConfirmedAnswer:
    """Write what was checked, in the background; asked again it changes nothing."""
    _confirm(session, import_id)
    return ConfirmedAnswer()


@writing.post("/imports/{import_id}/confirm", status_code=202, responses=refusing(NotFound))
def confirm_import(session: SessionDep, import_id: PathId, body: EmptyBody) -> ImportAnswer:
    """The same for every kind, answering where it stands."""
    return ImportAnswer(import_=run_out(_confirm(session, import_id)))


def _confirm(session: SessionDep, import_id: str) -> CsvRun:
    run = confirm_run(session, import_id)
    if run.state == "applying":
        request_apply(session, run.id)
    return run


@writing.post("/imports/{import_id}/cancel", responses=refusing(NotFound))
def cancel_import(session: SessionDep, import_id: PathId, body: EmptyBody) -> ImportAnswer:
    """Give an import up; line by line it stops where it is, and what is written stays."""
    return ImportAnswer(import_=run_out(cancel_run(session, import_id)))


@reading.get("/imports", openapi_extra=describe_query(AdminPageQuery))
def list_imports(
    session: SessionDep, query: Annotated[AdminPageQuery, Depends(query_of(AdminPageQuery))]
) -> ImportsAnswer:
    """Imports of the last week, newest first."""
    runs = list_runs(session, "import", limit=query.limit, offset=query.offset)
    return ImportsAnswer(
        imports=[run_out(run) for run in runs],
        count=count_runs(session, "import"),
        offset=query.offset,
        limit=query.limit,
    )


@reading.get("/imports/{import_id}", responses=refusing(NotFound))
def read_import(session: SessionDep, import_id: PathId) -> ImportAnswer:
    """How an import fares: its state, and how far it is."""
    return ImportAnswer(import_=run_out(_get(session, import_id, "import")))


@reading.get("/imports/{import_id}/errors", response_class=Response, responses=refusing(NotFound))
def read_errors(session: SessionDep, import_id: PathId) -> Response:
    """What is wrong in the file, as a CSV file: line, column, code, in French and in English; 10,000 at most."""
    _get(session, import_id, "import")
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(("line", "column", "code", "message", "message_en"))
    for each in list_problems(session, import_id, limit=MOST_PROBLEMS):
        texts = (each.column, each.code, each.message_fr, each.message_en)
        writer.writerow((each.line, *(neutralise(text) for text in texts)))
    return Response(f"\ufeff{out.getvalue()}", media_type=CSV_TYPE, headers=_attached(f"{import_id}-errors.csv"))


@writing.post("/products/export", status_code=202)
def export_products(session: SessionDep, body: EmptyBody) -> TransactionAnswer:
    """Write all products to a file, in the background."""
    return TransactionAnswer(transaction_id=request_export(session, "products").id)


@writing.post("/prices/export", status_code=202)
def export_prices(session: SessionDep, body: EmptyBody) -> TransactionAnswer:
    """Write all prices to a file, in the background."""
    return TransactionAnswer(transaction_id=request_export(session, "prices").id)


@writing.post("/stock/export", status_code=202)
def export_stock(session: SessionDep, body: EmptyBody) -> TransactionAnswer:
    """Write all levels to a file, in the background."""
    return TransactionAnswer(transaction_id=request_export(session, "stock").id)


@reading.get("/exports/{export_id}", responses=refusing(NotFound))
def read_export(session: SessionDep, export_id: PathId) -> ExportAnswer:
    """Whether the file is written."""
    return ExportAnswer(export=run_out(_get(session, export_id, "export")))


@reading.get(
    "/exports/{export_id}/file", response_class=StreamingResponse, responses=refusing(NotFound, RunNotInThisState)
)
def read_exported(session: SessionDep, export_id: PathId) -> StreamingResponse:
    """The file; import takes it back as it is."""
    run = _get(session, export_id, "export")
    if run.state != "done":
        raise RunNotInThisState("L'export n'est pas terminé. / The export is not finished.")
    headers = {**_attached(f"{run.kind}.csv"), "Content-Length": str(run.byte_count)}
    return StreamingResponse(_read_pieces(run.id), media_type=CSV_TYPE, headers=headers)


def _read_pieces(run_id: str) -> Iterator[bytes]:
    """Each in a transaction of its own: a slow reader holds no connection."""
    for number in count():
        with unit_of_work() as session:
            piece = find_chunk(session, run_id, number)
        if piece is None:
            return
        yield piece


def _get(session: SessionDep, run_id: str, direction: str) -> CsvRun:
    run = get_run(session, run_id)
    if run.direction != direction:
        raise RunNotFound
    return run


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
