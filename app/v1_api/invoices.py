"""An order's invoice for whoever has the link that its mail carries."""

from typing import Annotated

from fastapi import Path, Query
from fastapi.responses import RedirectResponse

from app.core.api_document import refusing
from app.core.db import SessionDep
from app.core.http import ANYONE
from app.core.http import router as make_router
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
    order_id: Annotated[str, Path(max_length=100)],
    expires: Annotated[int, Query(ge=0, le=99_999_999_999)] = 0,
    signature: Annotated[str, Query(max_length=64)] = "",
) -> RedirectResponse:
    """Lead to the PDF; 503 with `Retry-After` while it is being made."""
    return RedirectResponse(
        open_invoice_link(session, order_id, expires, signature),
        status_code=303,
        headers={"Cache-Control": "private, no-store"},
    )
