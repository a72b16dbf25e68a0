"""`/admin/api-keys`: what programs and storefronts call with. The owner's alone; a secret one is shown once.

Source: store-api §11, decision 0026.
"""

from typing import Annotated, Literal

from fastapi import Depends, Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.admin_api.access import IfMatchDep, owner_router
from app.admin_api.schemas import AdminPageQuery, DeletedOut, PathId
from app.admin_api.shapes_key import ApiKeyAnswer, ApiKeyOut, ApiKeysAnswer, publishable_out, secret_out
from app.core.api_document import refusing
from app.core.audit_log import record_change
from app.core.bodies import Body, Id, Line
from app.core.clock import utc_now
from app.core.db import SessionDep
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, check_unchanged, etag_of
from app.shop.errors import KeyNeedsOneChannel, KeyStillValid, NameTaken, PublishableKeyUnknown, SalesChannelNotFound
from app.shop.models import PublishableKey
from app.shop.queries import find_publishable_key, get_first_channel_id, list_publishable_keys
from app.shop.service import create_publishable_key, mark_key_revoked, set_key_channel
from app.staff.create_key import KeyRole, create_secret_key, mark_secret_key_revoked
from app.staff.models import SecretKey
from app.staff.queries import find_secret_key, list_secret_keys

router = owner_router()

Key = SecretKey | PublishableKey
Kind = Literal["publishable", "secret"]
Channels = Annotated[list[Id], Field(max_length=100)]


class NewKeyBody(Body):
    """Medusa's keys, and ours: what a program with a secret key may do."""

    title: Line
    type: Kind
    role: KeyRole = "staff"


class KeyBody(Body):
    """What of a key may change."""

    title: Line


class RevokeBody(Body):
    """Medusa's key, in seconds: ours end at once."""

    revoke_in: Literal[0] | None = None


class ChannelsBody(Body):
    """Medusa's keys. A key speaks for one channel: the one that is added takes the place of the former."""

    add: Channels = Field(default=[])
    remove: Channels = Field(default=[])


class KeysQuery(AdminPageQuery):
    """Which keys."""

    type: Kind | None = None


@router.get("/api-keys", response_model=ApiKeysAnswer, openapi_extra=describe_query(KeysQuery))
def list_keys(session: SessionDep, query: Annotated[KeysQuery, Depends(query_of(KeysQuery))]) -> ApiKeysAnswer:
    """The newest first, revoked ones too."""
    shown = [_out(key) for key in _list(session, query.type) if (query.q or "").lower() in key.title.lower()]
    page = shown[query.offset : query.offset + query.limit]
    return ApiKeysAnswer(api_keys=page, count=len(shown), offset=query.offset, limit=query.limit)


@router.post("/api-keys", responses=refusing(NameTaken, SalesChannelNotFound))
def create_key(session: SessionDep, body: NewKeyBody) -> ApiKeyAnswer:
    """Make one. The token of a secret key is in this answer and never again."""
    if body.type == "secret":
        made = create_secret_key(session, body.title, body.role)
        return ApiKeyAnswer(api_key=secret_out(made.key, made.token))
    return ApiKeyAnswer(
        api_key=publishable_out(create_publishable_key(session, body.title, get_first_channel_id(session)))
    )


@router.get("/api-keys/{key_id}")
def show_key(session: SessionDep, key_id: PathId, response: Response) -> ApiKeyAnswer:
    """One key."""
    key = _get(session, key_id)
    response.headers["ETag"] = etag_of(key.updated_at)
    return ApiKeyAnswer(api_key=_out(key))


@router.post("/api-keys/{key_id}", responses=refusing(NameTaken, ChangedMeanwhile))
def rename_key(session: SessionDep, key_id: PathId, body: KeyBody, if_match: IfMatchDep) -> ApiKeyAnswer:
    """Give it another title."""
    key = _get(session, key_id)
    check_unchanged(if_match, key.updated_at)
    before, key.title, key.updated_at = key.title, body.title, utc_now()
    record_change(session, "api_key.update", key.id, {"title": before}, {"title": key.title})
    session.flush()  # a title that is taken is refused here
    return ApiKeyAnswer(api_key=_out(key))


@router.post("/api-keys/{key_id}/revoke")
def revoke_key(session: SessionDep, key_id: PathId, body: RevokeBody | None = None) -> ApiKeyAnswer:
    """Refuse it from now on; a revoked one stays so."""
    key = _get(session, key_id)
    if isinstance(key, SecretKey):
        mark_secret_key_revoked(session, key)
    else:
        mark_key_revoked(session, key)
    return ApiKeyAnswer(api_key=_out(key))


@router.post("/api-keys/{key_id}/sales-channels")
def change_channel(session: SessionDep, key_id: PathId, body: ChannelsBody) -> ApiKeyAnswer:
    """Let a storefront's key speak for another channel."""
    key = _get(session, key_id)
    added = [channel_id for channel_id in body.add if channel_id not in body.remove]
    if not isinstance(key, PublishableKey) or len(added) > 1 or (key.sales_channel_id in body.remove and not added):
        raise KeyNeedsOneChannel
    if added:
        set_key_channel(session, key, added[0])
    return ApiKeyAnswer(api_key=_out(key))


@router.delete("/api-keys/{key_id}", responses=refusing(KeyStillValid))
def delete_key(session: SessionDep, key_id: PathId) -> DeletedOut:
    """Forget a key that was revoked; the audit remembers it."""
    key = _get(session, key_id)
    if key.revoked_at is None:
        raise KeyStillValid
    record_change(session, "api_key.delete", key.id, {"title": key.title}, {})
    session.delete(key)
    return DeletedOut(id=key_id, object="api_key")


def _get(session: Session, key_id: str) -> Key:
    key = find_secret_key(session, key_id) or find_publishable_key(session, key_id)
    if key is None:
        raise PublishableKeyUnknown(f"API key with id: {key_id} was not found")
    return key


def _list(session: Session, kind: Kind | None) -> list[Key]:
    """A shop has a handful."""
    secret = list_secret_keys(session) if kind != "publishable" else []
    publishable = list_publishable_keys(session) if kind != "secret" else []
    return sorted([*secret, *publishable], key=lambda key: (key.created_at, key.id), reverse=True)


def _out(key: Key) -> ApiKeyOut:
    return secret_out(key) if isinstance(key, SecretKey) else publishable_out(key)
