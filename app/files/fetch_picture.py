"""Fetches pictures of other shops, one at a time, from the public network only (S0-069)."""

import json
import re
from urllib.parse import unquote, urljoin, urlsplit

from app.core.settings import get_settings
from app.files.create_picture import create_picture
from app.files.decide_kind import MOST_UPLOAD_BYTES
from app.files.errors import PictureNotFetched
from app.files.models import StoredFile
from app.gateways.fetch import Fetched, FetchRefused, Limits, fetch

PICTURE = Limits(("image/", "application/octet-stream", "binary/octet-stream"), MOST_UPLOAD_BYTES, seconds=30)
PAGE = Limits(("application/json", "text/javascript"), 2_000_000, seconds=20)
SHOPIFY_PATH = re.compile(r"(?P<product>/(?:[^/]+/)*products/[^/]+?)(?:\.json|\.js)?/?$")


def fetch_picture(url: str) -> StoredFile:
    """Fetch one picture and take it like an upload; call it with no transaction open.

    Its type is what it is: shops send WebP under names that end in .jpg. Raises `PictureNotFetched` and what
    `create_picture` raises.
    """
    found = _fetch(url, PICTURE)
    stem = unquote(urlsplit(url).path).rpartition("/")[2].partition(".")[0]
    return create_picture(found.content, stem)


def list_shopify_pictures(url: str) -> list[str]:
    """The addresses of a product's pictures in its order, by its page at a Shopify shop; raises `PictureNotFetched`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise PictureNotFetched.because("bad_address") from None
    path = SHOPIFY_PATH.search(parts.path)
    if path is None:
        raise PictureNotFetched.because("not_shopify")
    found = _fetch(f"{parts.scheme}://{parts.netloc}{path['product']}.json", PAGE)
    try:
        images = json.loads(found.content)["product"]["images"]
        return [urljoin(url, str(image["src"])) for image in images]
    except (ValueError, LookupError, TypeError):
        raise PictureNotFetched.because("not_shopify") from None


def _fetch(url: str, limits: Limits) -> Fetched:
    try:
        return fetch(url, limits, allows_loopback=get_settings().fetch_private_addresses)
    except FetchRefused as refused:
        raise PictureNotFetched.because(refused.code) from None
