"""Who may call our own API: a storefront, by the publishable key of its sales channel, as below `/store`."""

from typing import Annotated

from fastapi import Header
from starlette.concurrency import run_in_threadpool

from app.core.http import Access
from app.shop.errors import PublishableKeyInvalid, PublishableKeyMissing
from app.shop.find_key import find_kept_key, get_key_alone


async def require_publishable_key(x_publishable_api_key: Annotated[str | None, Header()] = None) -> None:
    """The key that the storefront sends; raises `PublishableKeyMissing`, `PublishableKeyInvalid`."""
    if not x_publishable_api_key:
        raise PublishableKeyMissing
    if find_kept_key(x_publishable_api_key) is None:
        await run_in_threadpool(get_key_alone, x_publishable_api_key)


STOREFRONT = Access("storefront", require_publishable_key, refuses=(PublishableKeyMissing, PublishableKeyInvalid))
