"""`/auth/:actor/:provider` for actors and providers that are not there: a clear 400, as at Medusa's. Tried last."""

from pydantic import BaseModel

from app.core.errors import Refusal
from app.core.http import ANYONE
from app.core.http import router as make_router

router = make_router(ANYONE, prefix="/auth")


class ProviderNotAllowed(Refusal):
    """Nobody logs in this way: customers and users do by address and password."""

    type = "not_allowed"
    code = "auth_provider_not_allowed"
    default_message = "The actor type is not allowed to use the auth provider"


class NoAnswer(BaseModel):
    """There is never one."""


@router.post("/{actor}/{provider}")
@router.post("/{actor}/{provider}/{step}")
@router.get("/{actor}/{provider}/callback")
async def refuse(actor: str, provider: str, step: str = "") -> NoAnswer:
    """Whatever is asked of such a login."""
    raise ProviderNotAllowed
