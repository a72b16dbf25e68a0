"""`/admin/orders`: what was bought, as whoever works here reads, corrects, accepts, cancels and closes it.

Source: store-api §11, decision 0032.
"""

from typing import Annotated

from fastapi import Depends, Query, Response
from sqlalchemy.orm import Session

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.read_orders import compose_orders
from app.admin_api.schemas import AdminQuery, PathId
from app.admin_api.schemas_order import AddressBody, NoteBody, OrderBody, OrdersQuery
from app.admin_api.shapes_order import OrderAnswer, OrderNoteAnswer, OrdersAnswer, note_out
from app.checkout.accept_order import accept_order
from app.checkout.cancel_by_hand import cancel_by_hand
from app.checkout.send_confirmation import queue_confirmation_anew
from app.core.api_document import refusing
from app.core.db import SessionDep, unit_of_work
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, etag_of
from app.orders.filter_orders import list_found_orders
from app.orders.queries import get_order
from app.orders.service import add_note, archive_order, complete_order
from app.orders.update_order import OrderChanges, update_order

reading = reading_router()
writing = writing_router()
canceling = writing_router(calls_vendor=True)

LIST_FIELDS = (
    "id",
    "display_id",
    "custom_display_id",
    "status",
    "payment_status",
    "payment_standing",
    "fulfillment_status",
    "review_reason",
    "email",
    "customer_id",
    "region_id",
    "sales_channel_id",
    "currency_code",
    "total",
    "summary",
    "metadata",
    "version",
    "created_at",
    "updated_at",
    "canceled_at",
    "paid_at",
    "*items",
)
Fields = Annotated[AdminQuery, Query()]


@reading.get("/orders", response_model=OrdersAnswer, openapi_extra=describe_query(OrdersQuery))
def list_orders(session: SessionDep, query: Annotated[OrdersQuery, Depends(query_of(OrdersQuery))]) -> Response:
    """The orders that are looked for; `q` is a number, part of an e-mail, or the beginning of a name."""
    orders, count = list_found_orders(session, query.search, limit=query.limit, offset=query.offset, order=query.order)
    tree = parse_fields(query.fields, LIST_FIELDS)
    shown = compose_orders(session, orders)
    return answer_page("orders", shown, tree, count=count, offset=query.offset, limit=query.limit)


@reading.get("/orders/{order_id}", response_model=OrderAnswer)
def show_order(session: SessionDep, order_id: PathId, query: Fields) -> Response:
    """One order with its payments and refunds, parcels, returns and notes."""
    return answer_order(session, order_id, query)


@writing.post("/orders/{order_id}", response_model=OrderAnswer, responses=refusing(ChangedMeanwhile))
def correct_order(
    session: SessionDep, order_id: PathId, query: Fields, body: OrderBody, if_match: IfMatchDep
) -> Response:
    """Correct whom to write to, where it goes, what programs note. A new e-mail gets the confirmation."""
    if update_order(session, order_id, _changes(body), if_match):
        queue_confirmation_anew(session, get_order(session, order_id))
    return answer_order(session, order_id, query)


@writing.post("/orders/{order_id}/notes")
def note_order(session: SessionDep, order_id: PathId, body: NoteBody) -> OrderNoteAnswer:
    """Write something down, for those who work here."""
    return OrderNoteAnswer(note=note_out(add_note(session, order_id, body.note)))


@writing.post("/orders/{order_id}/accept", response_model=OrderAnswer, responses=refusing(ChangedMeanwhile))
def accept(session: SessionDep, order_id: PathId, query: Fields, if_match: IfMatchDep) -> Response:
    """A person looked at an order that did not fit: it is worked on. Repeating it changes nothing."""
    accept_order(session, order_id, if_match)
    return answer_order(session, order_id, query)


@canceling.post("/orders/{order_id}/cancel", response_model=OrderAnswer, responses=refusing(ChangedMeanwhile))
def cancel(order_id: PathId, query: Fields, if_match: IfMatchDep) -> Response:
    """Give it up: its pieces are others', its money waits in `refunds` for a person's approval."""
    cancel_by_hand(order_id, if_match)
    with unit_of_work() as session:
        return answer_order(session, order_id, query)


@writing.post("/orders/{order_id}/complete", response_model=OrderAnswer, responses=refusing(ChangedMeanwhile))
def complete(session: SessionDep, order_id: PathId, query: Fields, if_match: IfMatchDep) -> Response:
    """Everything is done for it. Repeating it changes nothing."""
    complete_order(session, order_id, if_match)
    return answer_order(session, order_id, query)


@writing.post("/orders/{order_id}/archive", response_model=OrderAnswer, responses=refusing(ChangedMeanwhile))
def archive(session: SessionDep, order_id: PathId, query: Fields, if_match: IfMatchDep) -> Response:
    """Out of sight. Repeating it changes nothing."""
    archive_order(session, order_id, if_match)
    return answer_order(session, order_id, query)


def answer_order(session: Session, order_id: str, query: AdminQuery) -> Response:
    """The order as it is now, with its version; raises `OrderNotFound`."""
    session.flush()  # what this request changed is shown as the database has it
    session.expire_all()
    order = get_order(session, order_id)
    (shown,) = compose_orders(session, [order])
    found = answer("order", shown, parse_fields(query.fields))
    found.headers["ETag"] = etag_of(order.updated_at)
    return found


def _changes(body: OrderBody) -> OrderChanges:
    changes: OrderChanges = {}
    if body.email is not None:
        changes["email"] = body.email
    if body.shipping_address is not None:
        changes["shipping_address"] = _parts(body.shipping_address)
    if body.billing_address is not None:
        changes["billing_address"] = _parts(body.billing_address)
    if "metadata" in body.model_fields_set:
        changes["details"] = body.metadata
    return changes


def _parts(body: AddressBody) -> dict[str, object]:
    given = body.model_dump(exclude_unset=True)
    if "metadata" in given:
        given["details"] = given.pop("metadata")
    return given
