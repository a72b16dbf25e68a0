"""Query strings as the SDK writes them (`qs`): `id[0]=a&id[1]=b`, `id[]=a,b` and `id=a&id=b` mean the same."""

import re
from urllib.parse import parse_qsl, urlencode

from fastapi import Request

# 1,000 ids are more than any page of a list holds.
MOST_FIELDS = 1_000
# `id[0]`, `id[]`, and below an operator or a relation: `created_at[$in][0]`, `variants[options][option_id][0]`; in a
# condition too: `$and[0][id][0]`.
ARRAY_KEY = re.compile(
    r"(?P<name>(?:\$(?:and|or)\[\d{1,2}\](?=\[)|[^\[\]]+)(?:\[[^\[\]\d][^\[\]]*\])*)\[(?P<index>\d{0,4})\]"
)


def flatten_arrays(request: Request) -> Request:
    """The request with its arrays as repeated plain keys; itself when there are none."""
    written: bytes = request.scope["query_string"]
    flat = flatten_query(written)
    return request if flat is written else Request({**request.scope, "query_string": flat}, request.receive)


def flatten_query(query_string: bytes) -> bytes:
    """Rewrite the array keys of a raw query string as repeated plain keys; anything else stays as it is."""
    if b"[" not in query_string and b"%5B" not in query_string and b"%5b" not in query_string:
        return query_string
    pairs: list[tuple[str, str]] = []
    for key, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
        array = ARRAY_KEY.fullmatch(key)
        if array is None:
            pairs.append((key, value))
        else:
            parts = [value] if array["index"] else value.split(",")
            pairs += [(array["name"], part) for part in parts]
    return urlencode(pairs[:MOST_FIELDS]).encode("ascii")
