"""An S3-compatible store of files (Amazon, Scaleway, OVH, MinIO...), by obstore. Loaded only where it is set."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from app.core.settings_files import FileSettings
from app.gateways.errors import Retryable
from app.gateways.object_store import CHUNK_BYTES, IMMUTABLE, PUBLIC, STORE, KeptObject, NoSuchObject, safe_key

# Each call ends within this time, attempts included: jobs try again by themselves.
CALL = timedelta(seconds=20)
RETRIES = 2


class S3ObjectStore:
    """A bucket; `public/` may be opened to everybody there, for a CDN, `private/` never."""

    def __init__(self, store: S3Store) -> None:
        self.store = store

    def put(self, key: str, content: bytes, content_type: str) -> None:
        attributes = {"Content-Type": content_type}
        if safe_key(key).startswith(PUBLIC):
            attributes["Cache-Control"] = IMMUTABLE
        with told_as_ours():
            obstore.put(self.store, key, content, attributes=attributes, use_multipart=False)

    def read(self, key: str) -> Iterator[bytes]:
        with told_as_ours():
            found = obstore.get(self.store, safe_key(key))
        return _pieces_of(found)

    def remove(self, keys: Sequence[str]) -> None:
        with told_as_ours():
            for key in keys:
                obstore.delete(self.store, safe_key(key))

    def list_objects(self, prefix: str) -> Iterator[KeptObject]:
        with told_as_ours():
            for page in obstore.list(self.store, prefix):
                for each in page:
                    yield KeptObject(str(each["path"]), int(each["size"]), each["last_modified"])


def _pieces_of(found: "obstore.GetResult") -> Iterator[bytes]:
    with told_as_ours():
        for piece in found.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(piece)


@contextmanager
def told_as_ours() -> Iterator[None]:
    """Its failures as ours: codes only, for its texts hold addresses and answers of the store."""
    try:
        yield
    except FileNotFoundError as missing:
        raise NoSuchObject from missing
    except (PermissionDeniedError, UnauthenticatedError) as refused:
        raise Retryable(STORE, "refused", http_status=403) from refused
    except (BaseError, OSError) as failure:
        raise Retryable(STORE, "unreachable") from failure


def create_s3_store(settings: FileSettings) -> S3ObjectStore:
    """The store that the settings name; nothing is asked of it yet."""
    url = urlsplit(settings.file_store_url or "")
    given = parse_qs(url.query)
    endpoint = next(iter(given.get("endpoint", ())), None)
    return S3ObjectStore(
        S3Store(
            url.netloc,
            prefix=url.path.strip("/") or None,
            endpoint=endpoint,
            region=next(iter(given.get("region", ())), "us-east-1"),
            access_key_id=settings.file_store_key_id,
            secret_access_key=settings.file_store_secret.get_secret_value() if settings.file_store_secret else None,
            virtual_hosted_style_request=endpoint is None,
            client_options={
                "allow_http": bool(endpoint and endpoint.startswith("http://")),
                "connect_timeout": timedelta(seconds=5),
                "timeout": CALL,
            },
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": CALL,
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=1),
                    "base": 2,
                },
            },
        )
    )
