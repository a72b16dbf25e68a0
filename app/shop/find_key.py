"""The publishable key that a storefront sends; a process knows it nearly always, and forgets it once it is revoked."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.core.tagged_cache import get_tagged_cache
from app.shop.errors import PublishableKeyInvalid
from app.shop.queries import find_active_key

LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class StorefrontKey:
    """What a publishable key stands for."""

    id: str
    sales_channel_id: str


def find_kept_key(token: str) -> StorefrontKey | None:
    """The key, if this process knows it already."""
    return get_tagged_cache().get((StorefrontKey, token), StorefrontKey)


def get_storefront_key(session: Session, token: str) -> StorefrontKey:
    """The key, looked up and kept; raises `PublishableKeyInvalid`."""
    cache = get_tagged_cache()
    since = cache.mark()
    found = find_active_key(session, token) if len(token) <= LONGEST_KEY else None
    if found is None:
        raise PublishableKeyInvalid
    key = StorefrontKey(found.id, found.sales_channel_id)
    cache.keep((StorefrontKey, token), key, size=len(token), since=since)
    return key


def get_key_alone(token: str) -> StorefrontKey:
    """The same in a transaction of its own: a request's session would stay open while a vendor answers."""
    with unit_of_work() as session:
        return get_storefront_key(session, token)
