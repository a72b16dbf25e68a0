"""Keys as Medusa's Admin reads them."""

from datetime import date, datetime

from pydantic import BaseModel

from app.core.bodies import PageOut
from app.shop.models import PublishableKey
from app.staff.models import SecretKey

SHOWN_OF_PUBLISHABLE = 6


class ChannelIdOut(BaseModel):
    """The channel a key speaks for."""

    id: str


class ApiKeyOut(BaseModel):
    """`token` of a secret key is empty but in the answer that made it; a publishable one is public."""

    id: str
    type: str
    title: str
    token: str
    redacted: str
    role: str | None = None
    created_by: str | None = None
    created_at: datetime
    updated_at: datetime
    last_used_at: date | None = None
    revoked_at: datetime | None
    revoked_by: str | None = None
    sales_channels: list[ChannelIdOut] = []


class ApiKeyAnswer(BaseModel):
    """Medusa's envelope."""

    api_key: ApiKeyOut


class ApiKeysAnswer(PageOut):
    """A page of keys."""

    api_keys: list[ApiKeyOut]


def secret_out(key: SecretKey, token: str = "") -> ApiKeyOut:
    """A program's key."""
    return ApiKeyOut(
        id=key.id,
        type="secret",
        title=key.title,
        token=token,
        redacted=key.redacted,
        role=key.role,
        created_by=key.created_by,
        created_at=key.created_at,
        updated_at=key.updated_at,
        last_used_at=key.last_used_on,
        revoked_at=key.revoked_at,
        revoked_by=key.revoked_by,
    )


def publishable_out(key: PublishableKey) -> ApiKeyOut:
    """A storefront's key."""
    return ApiKeyOut(
        id=key.id,
        type="publishable",
        title=key.title,
        token=key.token,
        redacted=f"{key.token[:SHOWN_OF_PUBLISHABLE]}***{key.token[-3:]}",
        created_at=key.created_at,
        updated_at=key.updated_at,
        revoked_at=key.revoked_at,
        sales_channels=[ChannelIdOut(id=key.sales_channel_id)],
    )
