"""`/admin/returns`: Medusa's steps of a request and a reception, and ours (store-api §11, decision 0033)."""

from typing import Annotated, Literal

from fastapi import Depends, Query, Response
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from app.admin_api.access import MEDUSA_PREFIX, WRITING, IfMatchDep, reading_router, writing_router
from app.admin_api.schemas import AdminQuery, PathId
from app.admin_api.shapes_return import (
    DeadlinesAnswer,
    ReturnAnswer,
    ReturnOrderAnswer,
    ReturnPreviewAnswer,
    ReturnsAnswer,
    compose_returns,
    deadline_out,
    read_order_out,
)
from app.admin_api.shapes_stock import LOCATION_ID
from app.carts.rules import MOST_LINES, MOST_PIECES
from app.core.api_document import refusing
from app.core.bodies import Body, Id, Ids, Line, Metadata
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.fields import answer, answer_page, parse_fields
from app.core.http import router as make_router
from app.core.money import GivenAmount
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, etag_of
from app.refunds.list_deadlines import list_refund_deadlines
from app.returns import draft_return as drafts
from app.returns import receive_return as receptions
from app.returns.answer_return import approve_return, cancel_return, reject_return
from app.returns.models import OrderReturn
from app.returns.queries import ReturnFilter, get_return, list_returns
from app.returns.rules import AskedLine, CameIn, Status
from app.stock.errors import StockLocationNotFound

reading = reading_router()
beginning = writing_router()
writing = make_router(WRITING, prefix=MEDUSA_PREFIX, refuses=(ChangedMeanwhile,))

Note = Annotated[str, StringConstraints(max_length=1_000)]
Count = Annotated[int, Field(ge=0, le=MOST_PIECES)]
Order = Literal[
    "id", "display_id", "created_at", "updated_at", "-id", "-display_id", "-created_at", "-updated_at"
]  # fmt: skip
Fields = Annotated[AdminQuery, Query()]
# What Medusa's words mean in ours: a client that knows hers finds ours.
STATUSES = {"requested": ("requested", "approved", "in_transit"), "received": ("received", "inspected")}


class ReturnsQuery(AdminQuery):
    """Which returns; `status` in Medusa's words or, with `parcel_status`, in ours."""

    limit: Annotated[int, Field(ge=0, le=1_000)] = 50
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    id: Ids = Field(default=[])
    order_id: Ids = Field(default=[])
    status: Annotated[list[Literal["open", "requested", "received", "canceled"]], Field(default=[], max_length=4)]
    parcel_status: Annotated[list[Status], Field(default=[], max_length=8)]
    order: Order = "-display_id"


class NewReturnBody(Body):
    """Medusa's keys; `internal_note` says why the shop takes back what the law does not oblige it to."""

    order_id: Id
    location_id: Id | None = None
    description: Note | None = None
    internal_note: Note | None = None
    no_notification: bool | None = None
    metadata: Metadata | None = None


class AskedBody(Body):
    """Pieces of one line of the order; 0 takes the line out."""

    id: Id
    quantity: Count
    reason_id: Id | None = None
    description: Note | None = None
    internal_note: Note | None = None
    metadata: Metadata | None = None


class AskedItemsBody(Body):
    """What is to come back."""

    items: Annotated[list[AskedBody], Field(min_length=1, max_length=MOST_LINES)]


class WayBackBody(Body):
    """The way back; its price is its own, one that is named must be it."""

    shipping_option_id: Id
    custom_amount: GivenAmount | None = None
    description: Note | None = None
    internal_note: Note | None = None
    metadata: Metadata | None = None


class QuietBody(Body):
    """Whether the customer is told."""

    no_notification: bool | None = None


class BeginBody(Body):
    """Medusa's keys, which a reception needs none of."""

    internal_note: Note | None = None
    description: Note | None = None
    metadata: Metadata | None = None


class CountedBody(Body):
    """So many pieces of one line of the order, or of the return."""

    id: Id
    quantity: Count
    description: Note | None = None
    internal_note: Note | None = None


class CountedItemsBody(Body):
    """What was counted."""

    items: Annotated[list[CountedBody], Field(min_length=1, max_length=MOST_LINES)]


class ArrivedBody(Body):
    """What came in, by line of the return; without items, all of it."""

    items: Annotated[list[CountedBody], Field(min_length=1, max_length=MOST_LINES)] | None = None


class InspectedBody(Body):
    """Of which lines of the return pieces cannot be sold again; without items, of none more than were noted."""

    unsaleable: Annotated[list[CountedBody], Field(max_length=MOST_LINES)] = Field(default=[])


class RejectBody(Body):
    """The customer reads these words."""

    reason: Note


class DispatchBody(Body):
    """A tracking number, or what the receipt says."""

    proof_of_dispatch: Line


@reading.get("/returns", response_model=ReturnsAnswer, openapi_extra=describe_query(ReturnsQuery))
def list_all(session: SessionDep, query: Annotated[ReturnsQuery, Depends(query_of(ReturnsQuery))]) -> Response:
    """Returns, newest first."""
    statuses = {ours for word in query.status for ours in STATUSES.get(word, (word,))}
    statuses |= {"rejected"} if "canceled" in query.status else set()
    wanted = ReturnFilter(query.id, query.order_id, statuses | set(query.parcel_status))
    found, count = list_returns(session, wanted, limit=query.limit, offset=query.offset, order=query.order)
    shown = compose_returns(session, found)
    tree = parse_fields(query.fields)
    return answer_page("returns", shown, tree, count=count, offset=query.offset, limit=query.limit)


@reading.get("/refund-deadlines")
def list_deadlines(session: SessionDep) -> DeadlinesAnswer:
    """Withdrawals whose money has not wholly gone back, the most urgent first."""
    return DeadlinesAnswer(deadlines=[deadline_out(each) for each in list_refund_deadlines(session)])


@reading.get("/returns/{return_id}", response_model=ReturnAnswer)
def show(session: SessionDep, return_id: PathId, query: Fields) -> Response:
    """One return; `ETag` is its version."""
    found = get_return(session, return_id)
    (shown,) = compose_returns(session, [found])
    answered = answer("return", shown, parse_fields(query.fields))
    answered.headers["ETag"] = etag_of(found.updated_at)
    return answered


@beginning.post("/returns", responses=refusing(NotFound))
def begin(session: SessionDep, body: NewReturnBody) -> ReturnOrderAnswer:
    """A draft: it counts once it is requested."""
    if body.location_id not in (None, LOCATION_ID):
        raise StockLocationNotFound(str(body.location_id))
    made = drafts.open_draft(session, body.order_id, body.internal_note or body.description, body.metadata)
    return _with_order(session, made)


@writing.post("/returns/{return_id}/request-items")
def ask_pieces(
    session: SessionDep, return_id: PathId, body: AskedItemsBody, if_match: IfMatchDep
) -> ReturnPreviewAnswer:
    """Which pieces come back; a line that is named again takes the place of what was said of it."""
    asked = [AskedLine(each.id, each.quantity, each.reason_id, each.internal_note) for each in body.items]
    return _preview(session, drafts.ask_pieces(session, return_id, asked, if_match))


@writing.post("/returns/{return_id}/shipping-method")
def choose_way_back(
    session: SessionDep, return_id: PathId, body: WayBackBody, if_match: IfMatchDep
) -> ReturnPreviewAnswer:
    """How the parcel comes."""
    done = drafts.choose_way_back(session, return_id, body.shipping_option_id, body.custom_amount, if_match)
    return _preview(session, done)


@writing.post("/returns/{return_id}/request")
def request(
    session: SessionDep, return_id: PathId, if_match: IfMatchDep, body: QuietBody | None = None
) -> ReturnPreviewAnswer:
    """It counts from now on, and is approved; the customer is told where to send it."""
    is_quiet = body is not None and body.no_notification is True
    return _preview(session, drafts.request_return(session, return_id, tells_customer=not is_quiet, if_match=if_match))


@writing.delete("/returns/{return_id}/request")
def drop_draft(session: SessionDep, return_id: PathId, if_match: IfMatchDep) -> ReturnAnswer:
    """The request is given up."""
    return _answer(session, cancel_return(session, return_id, if_match))


@writing.post("/returns/{return_id}/approve")
def approve(session: SessionDep, return_id: PathId, if_match: IfMatchDep) -> ReturnAnswer:
    """Yes to what a customer asked for."""
    return _answer(session, approve_return(session, return_id, if_match))


@writing.post("/returns/{return_id}/reject")
def reject(session: SessionDep, return_id: PathId, body: RejectBody, if_match: IfMatchDep) -> ReturnAnswer:
    """No, and why."""
    return _answer(session, reject_return(session, return_id, body.reason, if_match))


@writing.post("/returns/{return_id}/cancel")
def cancel(session: SessionDep, return_id: PathId, if_match: IfMatchDep, body: QuietBody | None = None) -> ReturnAnswer:
    """It will not come."""
    del body  # Medusa's key: nobody is told of it either way
    return _answer(session, cancel_return(session, return_id, if_match))


@writing.post("/returns/{return_id}/dispatch")
def dispatch(session: SessionDep, return_id: PathId, body: DispatchBody, if_match: IfMatchDep) -> ReturnAnswer:
    """The customer has proven that the parcel left; a withdrawal may be refunded from now on."""
    return _answer(session, receptions.mark_dispatched(session, return_id, body.proof_of_dispatch, if_match))


@writing.post("/returns/{return_id}/arrive")
def arrive(
    session: SessionDep, return_id: PathId, if_match: IfMatchDep, body: ArrivedBody | None = None
) -> ReturnAnswer:
    """The parcel is here; nobody has looked at it yet."""
    items = body.items if body is not None else None
    came = [CameIn(each.id, each.quantity) for each in items] if items is not None else None
    return _answer(session, receptions.receive_return(session, return_id, came, if_match))


@writing.post("/returns/{return_id}/inspect")
def inspect(
    session: SessionDep, return_id: PathId, if_match: IfMatchDep, body: InspectedBody | None = None
) -> ReturnAnswer:
    """Somebody looked at it: saleable pieces go on the shelf, once."""
    spoilt = {each.id: each.quantity for each in body.unsaleable} if body is not None else {}
    return _answer(session, receptions.inspect_return(session, return_id, spoilt, if_match))


@writing.post("/returns/{return_id}/receive")
def begin_reception(
    session: SessionDep, return_id: PathId, if_match: IfMatchDep, body: BeginBody | None = None
) -> ReturnOrderAnswer:
    """Medusa's reception, in several calls."""
    del body  # her keys; what is to be noted of a reception is its pieces
    return _with_order(session, receptions.begin_reception(session, return_id, if_match))


@writing.delete("/returns/{return_id}/receive")
def drop_reception(session: SessionDep, return_id: PathId, if_match: IfMatchDep) -> ReturnAnswer:
    """Forget what was counted."""
    return _answer(session, receptions.cancel_reception(session, return_id, if_match))


@writing.post("/returns/{return_id}/receive-items")
def count_saleable(
    session: SessionDep, return_id: PathId, body: CountedItemsBody, if_match: IfMatchDep
) -> ReturnPreviewAnswer:
    """So many pieces are here and may be sold again."""
    return _preview(session, _count(session, return_id, body, if_match, is_saleable=True))


@writing.post("/returns/{return_id}/dismiss-items")
def count_spoilt(
    session: SessionDep, return_id: PathId, body: CountedItemsBody, if_match: IfMatchDep
) -> ReturnPreviewAnswer:
    """So many pieces are here and may not."""
    return _preview(session, _count(session, return_id, body, if_match, is_saleable=False))


@writing.post("/returns/{return_id}/receive/confirm")
def confirm_reception(
    session: SessionDep, return_id: PathId, if_match: IfMatchDep, body: QuietBody | None = None
) -> ReturnPreviewAnswer:
    """Received and inspected in one: what was counted saleable is on the shelf."""
    del body  # the customer hears of the refund
    return _preview(session, receptions.confirm_reception(session, return_id, if_match))


def _count(
    session: Session, return_id: str, body: CountedItemsBody, if_match: str | None, *, is_saleable: bool
) -> OrderReturn:
    pieces = {each.id: each.quantity for each in body.items}
    return receptions.count_pieces(session, return_id, pieces, is_saleable=is_saleable, if_match=if_match)


def _answer(session: Session, found: OrderReturn) -> ReturnAnswer:
    session.flush()  # the answer shows what the database accepted
    (shown,) = compose_returns(session, [found])
    return ReturnAnswer.model_validate({"return": shown})


def _with_order(session: Session, found: OrderReturn) -> ReturnOrderAnswer:
    shown = _answer(session, found).found
    return ReturnOrderAnswer.model_validate({"return": shown, "order": read_order_out(session, found.order_id)})


def _preview(session: Session, found: OrderReturn) -> ReturnPreviewAnswer:
    shown = _answer(session, found).found
    order = read_order_out(session, found.order_id)
    return ReturnPreviewAnswer.model_validate({"return": shown, "order_preview": order})
