"""The SDK's arrays in query strings become repeated keys."""

import pytest

from app.core.query_strings import MOST_FIELDS, flatten_query


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"id=a&id=b", b"id=a&id=b"),
        (b"id[0]=a&id[1]=b", b"id=a&id=b"),
        (b"id%5B0%5D=a&id%5b1%5d=b", b"id=a&id=b"),
        (b"id[]=a&id[]=b,c", b"id=a&id=b&id=c"),
        (b"id[0]=a,b", b"id=a%2Cb"),
        (b"limit=2&handle[0]=x%20y", b"limit=2&handle=x+y"),
        (b"created_at[$gt]=x", b"created_at%5B%24gt%5D=x"),
        (b"a[b][0]=x", b"a%5Bb%5D=x"),
        (b"id[0]=%C3%A9", b"id=%C3%A9"),
        (b"id[0]=", b"id="),
        (b"", b""),
        (b"q=[", b"q=%5B"),
        (b"$and[0][id][1]=x", b"%24and%5B0%5D%5Bid%5D=x"),
        (
            b"$or[1][created_at][$in][]=x,y",
            b"&".join(b"%24or%5B1%5D%5Bcreated_at%5D%5B%24in%5D=" + x for x in (b"x", b"y")),
        ),
        (b"$or[1][title]=x", b"%24or%5B1%5D%5Btitle%5D=x"),
        (b"$or[1]=x", b"%24or=x"),
    ],
)
def test_arrays_are_flattened(sent: bytes, read: bytes) -> None:
    assert flatten_query(sent) == read


def test_a_flood_of_entries_is_cut() -> None:
    flood = b"&".join(b"id[]=" + b",".join([b"a"] * 100) for _ in range(100))
    assert flatten_query(flood).count(b"id=") == MOST_FIELDS
