"""`/retractation`: the two steps of a withdrawal as plain pages, without script, for any browser (french-rules §2.5).

A storefront links to it under "renoncer au contrat ici", or has pages of its own over `/store/withdrawals`.
"""

from collections.abc import Sequence
from html import escape
from typing import Annotated

from fastapi import Form, Path, Request, Response
from fastapi.responses import HTMLResponse

from app.checkout.declare_withdrawal import declare_withdrawal
from app.checkout.describe_withdrawal import WithdrawalShown, describe_withdrawal, show_withdrawal
from app.core.api_document import Document, refusing
from app.core.attempts import limited
from app.core.bodies import LONGEST_EMAIL, normalise_email
from app.core.client_address import find_visitor_address
from app.core.db import SessionDep, unit_of_work
from app.core.errors import InvalidRequest, Refusal, TooManyRequests
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.core.versions import ChangedMeanwhile
from app.gateways.errors import VendorFailure
from app.notifications.schemas import SentLine
from app.payments.errors import CheckoutUnavailable
from app.returns.ask_withdrawal import ask_withdrawal, list_ask_attempts
from app.returns.errors import NothingToWithdraw, WithdrawalLinkInvalid
from app.shop.rules import BUSINESS_TIME
from app.v1_api.home import HEADERS as CLOSED

router = make_router(ANYONE, prefix="/retractation")
declaring = make_router(ANYONE, prefix="/retractation", calls_vendor=True)

# The pages of `/`, but for the form that comes back here; a link that opens something is kept by nobody.
HEADERS = {
    **CLOSED,
    "Content-Security-Policy": CLOSED["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'"),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
PAGE = """<!doctype html>
<html lang="fr">
<head><meta charset="utf-8"><title>Rétractation</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"></head>
<body><main>
<h1>Rétractation <small lang="en">Withdrawal</small></h1>
{body}
</main></body>
</html>
"""
ASK = """<p>Pour renoncer à une commande, sans motif et sans frais, donnez son numéro et son adresse
e-mail.</p>
<p lang="en">To withdraw from an order, without a reason and free of charge, give its number and its e-mail address.</p>
<form method="post" action="/retractation">
<p><label>Numéro de commande <span lang="en">/ Order number</span><br>
<input name="order_number" required maxlength="50" inputmode="numeric"></label></p>
<p><label>Adresse e-mail <span lang="en">/ E-mail address</span><br>
<input name="email" type="email" required maxlength="254" autocomplete="email"></label></p>
<p><button>Renoncer au contrat ici <span lang="en">/ Withdraw from the contract here</span></button></p>
</form>"""
ASKED = """<p>Si cette commande existe, un message vient de partir à son adresse. Ouvrez son lien pour confirmer :
rien n'est fait avant.</p>
<p lang="en">If there is such an order, a mail has gone to its address. Open its link to confirm: nothing is done
before.</p>"""
CONFIRM = """<form method="post" action="/retractation/{token}">
<p><button>Confirmer la rétractation <span lang="en">/ Confirm withdrawal</span></button></p>
</form>"""
DONE = """<p><strong>Votre rétractation est enregistrée, le {instant} (heure de Paris).</strong> L'accusé de réception
part à l'adresse de la commande.</p>
<p lang="en">Your withdrawal is recorded. The acknowledgement leaves for the order's address.</p>"""

Token = Annotated[str, Path()]


def on_a_page(*refusals: type[Refusal]) -> dict[int | str, Document]:
    """The same as `refusing`, where people read the refusal; what is malformed is told to programs alone."""
    shown: Document = {"content": {"text/html": {"schema": {"type": "string"}}}}
    return dict.fromkeys(refusing(*refusals), shown)


@router.get("", response_class=HTMLResponse)
async def ask_page() -> HTMLResponse:
    """The first step: which order."""
    return _page(ASK)


@router.post("", response_class=HTMLResponse, responses=on_a_page(InvalidRequest, TooManyRequests))
def ask(
    session: SessionDep,
    request: Request,
    order_number: Annotated[str, Form(max_length=50)],
    email: Annotated[str, Form(max_length=LONGEST_EMAIL)],
) -> HTMLResponse:
    """The same page for every order, and for none."""
    attempts = list_ask_attempts(find_visitor_address(request), order_number)
    try:
        with limited(Response(), *attempts, session=session):
            ask_withdrawal(session, order_number, _clean(email))
    except Refusal as refusal:
        return _refused(refusal)
    return _page(ASKED)


@router.get("/{token}", response_class=HTMLResponse, responses=on_a_page(InvalidRequest, WithdrawalLinkInvalid))
def confirm_page(session: SessionDep, token: Token) -> HTMLResponse:
    """The second step: what it is about, and one button. Opening it does nothing: readers of mail open links, too."""
    try:
        shown = show_withdrawal(session, token)
    except Refusal as refusal:
        return _refused(refusal)
    return _page(_show(shown) if shown.is_declared else _show(shown) + CONFIRM.format(token=escape(token, quote=True)))


@declaring.post(
    "/{token}",
    response_class=HTMLResponse,
    responses=on_a_page(
        InvalidRequest, WithdrawalLinkInvalid, NothingToWithdraw, ChangedMeanwhile, CheckoutUnavailable
    ),
)
def confirm(token: Token) -> HTMLResponse:
    """Declared; repeating it shows the same."""
    try:
        declared = declare_withdrawal(token)
    except Refusal as refusal:
        return _refused(refusal)
    except VendorFailure:
        return _page("<p>Réessayez dans une minute. <span lang='en'>Please try again in a minute.</span></p>", 503)
    with unit_of_work() as session:
        return _page(_show(describe_withdrawal(session, declared)))


def _clean(email: str) -> str:
    try:
        return normalise_email(email.strip())
    except ValueError:
        return ""  # nobody's: answered like an order that nobody has


def _show(shown: WithdrawalShown) -> str:
    parts = [f"<p>Commande n° {shown.display_id} <span lang='en'>/ Order no. {shown.display_id}</span></p>"]
    if shown.declared_at is not None:
        there = shown.declared_at.astimezone(BUSINESS_TIME)
        parts.append(DONE.format(instant=f"{there:%d/%m/%Y à %H:%M}"))
    elif shown.end_on is not None:
        parts.append(f"<p>Délai : jusqu'au {shown.end_on:%d/%m/%Y}. <span lang='en'>Until {shown.end_on}.</span></p>")
    send_by = f" avant le {shown.send_by:%d/%m/%Y} inclus" if shown.send_by else ""
    parts.append(_list(f"À renvoyer{send_by}", "To send back", shown.lines))
    parts.append(_list("Ne sera pas envoyé", "Will not be sent", shown.unsent_lines))
    parts.append(_list("Exclu par la loi (L221-28)", "Excluded by law", shown.excluded_lines))
    return "\n".join(parts)


def _list(french: str, english: str, lines: Sequence[SentLine]) -> str:
    if not lines:
        return ""
    rows = "".join(
        f"<li>{line['quantity']} × {escape(' '.join(filter(None, (line['title'], line['variant']))))}</li>"
        for line in lines
    )
    return f"<h2>{french} <small lang='en'>{english}</small></h2><ul>{rows}</ul>"


def _refused(refusal: Refusal) -> HTMLResponse:
    return _page(f"<p>{escape(refusal.message)}</p>", refusal.status)


def _page(body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(PAGE.format(body=body), status_code=status, headers=HEADERS)
