"""Catalogue answers as ready bytes: pieces of products, lists of ids, whole answers, each kept until it is old.

A whole answer leaves before FastAPI resolves anything: no thread, no database turn, no statement. It is found by key,
address and query as they were sent, so that its being there says that the key is good: revoking a key empties the
cache. Whoever sends a token or a cookie is answered afresh. Whoever has these very bytes already is told so: 304.
"""

import gzip
import math
import time
from collections.abc import Callable, Collection, Coroutine, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import TypeVar

from fastapi import Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from app.catalogue.queries import Page
from app.core.clock import utc_now
from app.core.tagged_cache import TaggedCache, get_tagged_cache
from app.pricing.queries import find_next_price_change_at
from app.shop.rules import compute_business_day, compute_day_start

T = TypeVar("T")
R = TypeVar("R")
Handler = Callable[[Request], Coroutine[object, object, Response]]

# What changes tell (migration 0012).
LISTS = "products"
ANY_PRODUCT = "product:"

PREFIX = "/store/"
PERSONAL = (b"authorization", b"cookie")
KEY = b"x-publishable-api-key"
SMALLEST_COMPRESSED = 1_024
ITEM_BYTES = 80
ETAG_LENGTH = 32
VARY = b"Accept-Encoding, X-Publishable-Api-Key"


def tag_of(product_id: str) -> str:
    """The name under which a product's changes are told."""
    return f"{ANY_PRODUCT}{product_id}"


class CatalogueAnswer(Response):
    """An answer that may be kept and sent again: what it shows, and when it ends by the clock."""

    media_type = "application/json"

    def __init__(self, body: bytes, tags: Collection[str], ends_at: float) -> None:
        super().__init__(body)
        self.tags = tags
        self.ends_at = ends_at


@dataclass(frozen=True, slots=True)
class Keeping:
    """Begun before anything is read, so that whatever is read afterwards may be kept."""

    cache: TaggedCache
    since: int
    ends_at: float

    def remember(self, key: Hashable, kind: type[T], read: Callable[[], R], *tags: str) -> T | R:
        """What is kept under the key, else what `read` gives, kept from now on unless it is None."""
        kept = self.cache.get(key, kind)
        if kept is not None:
            return kept
        value = read()
        self.cache.keep(key, value, size=ITEM_BYTES, since=self.since, tags=tags, ends_at=self.ends_at)
        return value

    def list_ids(
        self, wanted: object, page: Page, read: Callable[[int | None], tuple[Sequence[str], int]]
    ) -> tuple[Sequence[str], int]:
        """A page of a list and how many match in all; `read` is told that number if any page has found it already.

        It is what grows with the catalogue: every other page of the list is read without counting again.
        """
        name = repr(wanted)
        count = self.cache.get((LISTS, name), int)
        kept = self.cache.get((LISTS, name, page), tuple)
        if kept is not None and count is not None:
            return kept, count
        ids, count = read(count)
        pages = {(LISTS, name): (count, 0), (LISTS, name, page): (tuple(ids), len(ids) * ITEM_BYTES)}
        for key, (value, size) in pages.items():
            size += len(name)
            self.cache.keep(key, value, size=size, since=self.since, tags=(LISTS,), ends_at=self.ends_at)
        return ids, count

    def get_pieces(
        self, name: Hashable, product_ids: Collection[str], render: Callable[[list[str]], dict[str, bytes]]
    ) -> dict[str, bytes]:
        """The pieces of these products, those that are kept under `name` and those that are rendered now."""
        kept = {product_id: self.cache.get((name, product_id), bytes) for product_id in product_ids}
        pieces = {product_id: piece for product_id, piece in kept.items() if piece is not None}
        missing = [product_id for product_id, piece in kept.items() if piece is None]
        rendered = render(missing) if missing else {}
        for product_id, piece in rendered.items():
            tags = (tag_of(product_id),)
            self.cache.keep(
                (name, product_id), piece, size=len(piece), since=self.since, tags=tags, ends_at=self.ends_at
            )
        return pieces | rendered


def keepable(response: Response, *tags: str, ends_at: float = math.inf) -> CatalogueAnswer:
    """The same answer, kept until one of the tags or anything shared changes; with prices in it, until they end."""
    return CatalogueAnswer(bytes(response.body), tags, ends_at)


def begin_keeping(session: Session) -> Keeping:
    """The first thing a catalogue read does: prices begin and end by the clock, VAT rates at midnight in Paris."""
    cache = get_tagged_cache()
    since = cache.mark()
    ends_at = cache.get("end", float)
    if ends_at is None:
        now = utc_now()
        midnight = compute_day_start(compute_business_day(now) + timedelta(days=1))
        change = find_next_price_change_at(session, now)
        ends_at = min(midnight, change or midnight).timestamp()
        cache.keep("end", ends_at, size=ITEM_BYTES, since=since, ends_at=ends_at)
    return Keeping(cache, since, ends_at)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A whole answer, its name, and the route that gave it; compressed once somebody asks for it a second time."""

    body: bytes
    etag: bytes
    tags: tuple[str, ...]
    ends_at: float
    route: object
    compressed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may be answered from the cache."""

    key: tuple[bytes, str, bytes]
    takes_gzip: bool
    has: bytes

    def has_already(self, kept: KeptAnswer) -> bool:
        """Whether the caller names this very answer as one that it has; weakly, for it may be coded otherwise there."""
        return kept.etag in self.has or self.has == b"*"


def find_asked(scope: Scope) -> Asked | None:
    """Nothing for those who send a token or a cookie, or no key."""
    token, takes_gzip, has = b"", False, b""
    for name, value in scope["headers"]:
        if name in PERSONAL:
            return None
        if name == KEY and not token:
            token = value
        elif name == b"accept-encoding":
            takes_gzip = b"gzip" in value and b"q=0" not in value
        elif name == b"if-none-match":
            has = value
    return Asked((token, scope["path"], scope["query_string"]), takes_gzip, has) if token else None


class KeptAnswersFirst:
    """Innermost of what surrounds the application: a kept answer needs no route, no thread, no database."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(PREFIX):
            asked = find_asked(scope)
            answer = await _find_answer(asked, scope) if asked else None
            if answer is not None:
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


async def _find_answer(asked: Asked, scope: Scope) -> Response | None:
    cache = get_tagged_cache()
    since, known_at = cache.mark(), cache.current_since
    kept = cache.get(asked.key, KeptAnswer)
    if kept is None:
        return None
    scope["route"] = kept.route  # for the access log
    if asked.has_already(kept):
        return _say_same(kept)
    if asked.takes_gzip and kept.compressed is None and len(kept.body) >= SMALLEST_COMPRESSED:
        kept = replace(kept, compressed=await run_in_threadpool(gzip.compress, kept.body, 5))
        _keep(cache, asked, kept, since)
    return _write(kept, known_at, compressed=asked.takes_gzip)


def keeping_answers(read: Handler) -> Handler:
    """Keep what a route gives, if it says that it may be kept."""

    async def answer(request: Request) -> Response:
        cache = get_tagged_cache()
        since, known_at = cache.mark(), cache.current_since or time.time()
        response = await read(request)
        asked = find_asked(request.scope)
        if asked is None or not isinstance(response, CatalogueAnswer):
            return response
        body = bytes(response.body)
        etag = b'"%b"' % sha256(body).hexdigest()[:ETAG_LENGTH].encode("ascii")
        kept = KeptAnswer(body, etag, tuple(response.tags), response.ends_at, request.scope["route"])
        _keep(cache, asked, kept, since)
        return _say_same(kept) if asked.has_already(kept) else _write(kept, known_at, compressed=False)

    return answer


def _keep(cache: TaggedCache, asked: Asked, kept: KeptAnswer, since: int) -> None:
    size = len(kept.body) + len(kept.compressed or b"") + len(asked.key[2])
    cache.keep(asked.key, kept, size=size, since=since, tags=kept.tags, ends_at=kept.ends_at)


def _name(kept: KeptAnswer) -> tuple[tuple[bytes, bytes], ...]:
    """What a browser needs to keep it and to ask each time whether it still is this one."""
    return (b"etag", b"W/" + kept.etag), (b"cache-control", b"private, no-cache"), (b"vary", VARY)


def _say_same(kept: KeptAnswer) -> Response:
    """Nothing but the name. No leave for nginx, which asks for whole answers and compares by itself."""
    response = Response(status_code=304)
    response.raw_headers = [*_name(kept)]
    return response


def _write(kept: KeptAnswer, known_at: float, *, compressed: bool) -> Response:
    """With leave for nginx to keep it until the clock's second ends, if it was true within that second."""
    coded = kept.compressed if compressed else None
    response = Response()
    response.body = kept.body if coded is None else coded
    response.raw_headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(response.body)),
        *_name(kept),
    ]
    if coded is not None:
        response.raw_headers.append((b"content-encoding", b"gzip"))
    second = int(time.time())
    if int(known_at) == second:
        response.raw_headers.append((b"x-accel-expires", b"@%d" % second))
    return response
