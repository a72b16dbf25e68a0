"""Bodies as JSON means them: no NaN, no text PostgreSQL cannot store, no endless nesting; an empty body is `{}`."""

import json
from collections.abc import Iterator

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope

DEEPEST = 64  # validators and serialisers recurse; no shape of ours comes near


class JsonRequest(Request):
    """A request whose body is already read and parses strictly."""

    def __init__(self, scope: Scope, receive: Receive, raw: bytes) -> None:
        super().__init__(scope, receive)
        self.raw = raw

    async def body(self) -> bytes:
        return self.raw

    async def json(self) -> object:
        try:
            return parse_json(self.raw)
        except (ValueError, RecursionError) as exc:
            raise HTTPException(400) from exc


async def as_json_request(request: Request) -> JsonRequest:
    """Read the body; an empty one counts as `{}` whatever its content type, as Medusa's SDK sends it (§2)."""
    raw = await request.body()
    if raw.strip():
        return JsonRequest(request.scope, request.receive, raw)
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
    scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}
    return JsonRequest(scope, request.receive, b"{}")


def parse_json(raw: bytes) -> object:
    """Parse UTF-8 JSON; raises ValueError or RecursionError."""
    value: object = json.loads(raw.decode("utf-8"), parse_constant=refuse_constant)
    for text in texts_in(value):
        if "\x00" in text:
            raise ValueError("NUL in a text")
        text.encode("utf-8")  # a lone surrogate raises UnicodeEncodeError, a ValueError
    return value


def keep_storable(value: object) -> object:
    """The same JSON without what PostgreSQL refuses in JSONB and TEXT: NUL and lone surrogates, in keys and texts."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    if isinstance(value, dict):
        return {str(keep_storable(key)): keep_storable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [keep_storable(each) for each in value]
    return value


def refuse_constant(name: str) -> object:
    """NaN and Infinity are Python's, not JSON's."""
    raise ValueError(name)


def texts_in(value: object) -> Iterator[str]:
    """Every text in it, keys included; raises ValueError when it is nested too deep."""
    pending = [(value, 0)]
    while pending:
        item, depth = pending.pop()
        if depth > DEEPEST:
            raise ValueError("nested too deep")
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from item
            pending += [(child, depth + 1) for child in item.values()]
        elif isinstance(item, list):
            pending += [(child, depth + 1) for child in item]
