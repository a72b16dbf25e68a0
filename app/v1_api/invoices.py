"""An order's invoice for whoever has the link that its mail carries."""

from fastapi.responses import RedirectResponse

from app.core.api_document import refusing
from app.core.db import SessionDep
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.files.rules import parse_expiry
from app.invoices.errors import InvoiceLinkOver, InvoiceNotReady
from app.invoices.service import open_invoice_link

router = make_router(ANYONE, prefix="/v1")


@router.get(
    "/orders/{order_id}/invoice",
    status_code=303,
    response_class=RedirectResponse,
    responses=refusing(InvoiceLinkOver, InvoiceNotReady),
)
def open_invoice(
    session: SessionDep,
    order_id: str,
    expires: str = "",
    signature: str = "",
) -> RedirectResponse:
    """Lead to the PDF; 503 with `Retry-After` while it is being made."""
    return RedirectResponse(
        open_invoice_link(session, order_id, parse_expiry(expires), signature),
        status_code=303,
        headers={"Cache-Control": "private, no-store"},
    )
