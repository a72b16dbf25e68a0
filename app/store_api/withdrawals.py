"""`/store/withdrawals`: a customer withdraws, without an account, in two steps (french-rules §2.5, decision 0033)."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Path, Request, Response
from pydantic import BaseModel, StringConstraints

from app.checkout.declare_withdrawal import declare_withdrawal
from app.checkout.describe_withdrawal import WithdrawalShown, describe_withdrawal, show_withdrawal
from app.core.api_document import refusing
from app.core.attempts import limited
from app.core.bodies import Body, Email
from app.core.client_address import find_visitor_address
from app.core.db import SessionDep, unit_of_work
from app.core.errors import TooManyRequests
from app.core.versions import ChangedMeanwhile
from app.core.wire import WireInstant
from app.payments.errors import CheckoutUnavailable
from app.returns.ask_withdrawal import ask_withdrawal, list_ask_attempts
from app.returns.errors import NothingToWithdraw, WithdrawalExcluded, WithdrawalLinkInvalid, WithdrawalPeriodOver
from app.store_api.access import store_router

router = store_router()
declaring = store_router(calls_vendor=True)

OrderNumber = Annotated[str, StringConstraints(min_length=1, max_length=50)]
Token = Annotated[str, Path(max_length=200)]


class AskBody(Body):
    """The number that the customer's mails show, and the address they went to."""

    order_number: OrderNumber
    email: Email


class AskedOut(BaseModel):
    """The same for every order, and for none: if there is such an order, a link has gone to its address."""

    status: Literal["link_sent"] = "link_sent"


class AskedAnswer(BaseModel):
    """The envelope."""

    withdrawal: AskedOut


class WithdrawnLineOut(BaseModel):
    """Pieces by their names on the day of the purchase."""

    title: str
    variant: str | None
    quantity: int


class WithdrawalOut(BaseModel):
    """What comes back, what will not be sent, what is excluded by law; days are Paris's."""

    status: Literal["asked", "declared"]
    display_id: int
    asked_at: WireInstant
    declared_at: WireInstant | None
    expires_at: WireInstant | None
    withdrawal_end: date | None
    send_back_by: date | None
    return_id: str | None
    items: list[WithdrawnLineOut]
    unsent_items: list[WithdrawnLineOut]
    excluded_items: list[WithdrawnLineOut]


class WithdrawalAnswer(BaseModel):
    """The envelope."""

    withdrawal: WithdrawalOut


@router.post("/withdrawals", responses=refusing(TooManyRequests))
def ask(session: SessionDep, request: Request, response: Response, body: AskBody) -> AskedAnswer:
    """First step: the order's address gets a link. The answer is the same whether or not there is such an order."""
    attempts = list_ask_attempts(find_visitor_address(request), body.order_number)
    with limited(response, *attempts, session=session):
        ask_withdrawal(session, body.order_number, body.email)
    return AskedAnswer(withdrawal=AskedOut())


@router.get("/withdrawals/{token}", responses=refusing(WithdrawalLinkInvalid))
def show(session: SessionDep, token: Token) -> WithdrawalAnswer:
    """What the link is about, to be shown beside the button "confirmer la rétractation"."""
    return WithdrawalAnswer(withdrawal=_out(show_withdrawal(session, token)))


@declaring.post(
    "/withdrawals/{token}/confirm",
    responses=refusing(
        WithdrawalLinkInvalid,
        WithdrawalPeriodOver,
        WithdrawalExcluded,
        NothingToWithdraw,
        ChangedMeanwhile,
        CheckoutUnavailable,
    ),
)
def confirm(token: Token) -> WithdrawalAnswer:
    """Second step: declared, and acknowledged by mail with its instant. Repeating it answers the same."""
    declared = declare_withdrawal(token)
    with unit_of_work() as session:
        return WithdrawalAnswer(withdrawal=_out(describe_withdrawal(session, declared)))


def _out(shown: WithdrawalShown) -> WithdrawalOut:
    return WithdrawalOut(
        status="declared" if shown.is_declared else "asked",
        display_id=shown.display_id,
        asked_at=shown.asked_at,
        declared_at=shown.declared_at,
        expires_at=shown.expires_at,
        withdrawal_end=shown.end_on,
        send_back_by=shown.send_by,
        return_id=shown.return_id,
        items=[WithdrawnLineOut.model_validate(each) for each in shown.lines],
        unsent_items=[WithdrawnLineOut.model_validate(each) for each in shown.unsent_lines],
        excluded_items=[WithdrawnLineOut.model_validate(each) for each in shown.excluded_lines],
    )
