"""Where files lie: a folder of this machine, or an S3-compatible store. One interface, the same promises of both.

A key is `public/NAME`, which everybody may read, or `private/NAME`. What was put is there after a power cut, and whole
or not at all; a put replaces what had the key, a second removal of the same key does nothing.
"""

import importlib
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Protocol

from app.core.settings import get_settings
from app.core.settings_files import FileSettings
from app.gateways.errors import Retryable

STORE = "file store"
PUBLIC = "public/"
PRIVATE = "private/"
KEY = re.compile(r"(?:public|private)/[0-9a-z][0-9a-zA-Z_.-]{0,99}")
CHUNK_BYTES = 64 * 1024
# What a public name holds never changes.
IMMUTABLE = "public, max-age=31536000, immutable"


class NoSuchObject(Exception):
    """Nothing has this key."""


@dataclass(frozen=True)
class KeptObject:
    """What a list says of one object."""

    key: str
    size_bytes: int
    changed_at: datetime


class ObjectStore(Protocol):
    """What both stores do. All but `list_objects` demand a key as above (`ValueError`); an outage is `Retryable`."""

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Keep it under this key, durably."""

    def read(self, key: str) -> Iterator[bytes]:
        """The content in pieces; raises `NoSuchObject` at once, not at the first piece."""

    def remove(self, keys: Sequence[str]) -> None:
        """Have nothing under these keys any more."""

    def list_objects(self, prefix: str) -> Iterator[KeptObject]:
        """All objects of `PUBLIC` or `PRIVATE`, in no order."""


def safe_key(key: str) -> str:
    """The key; raises `ValueError` for one that could lead out of its folder."""
    if not KEY.fullmatch(key) or ".." in key:
        raise ValueError("not a key of the file store")
    return key


class FolderStore:
    """Two folders of this machine: what is public, which nginx serves by itself, and what nobody else may open."""

    def __init__(self, public: Path, private: Path) -> None:
        self.folders = {PUBLIC: public, PRIVATE: private}

    def put(self, key: str, content: bytes, content_type: str) -> None:
        path = self._path_of(key)
        is_public = key.startswith(PUBLIC)
        unfinished = path.parent / f".{secrets.token_hex(8)}.new"
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o755 if is_public else 0o700)
            write_durably(unfinished, content, 0o644 if is_public else 0o600)
            unfinished.replace(path)
            keep_names(path.parent)
        except OSError as failure:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise _described(failure) from failure

    def read(self, key: str) -> Iterator[bytes]:
        try:
            descriptor = os.open(self._path_of(key), os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError as missing:
            raise NoSuchObject from missing
        except OSError as failure:
            raise _described(failure) from failure
        return _pieces_of(descriptor)

    def remove(self, keys: Sequence[str]) -> None:
        try:
            for key in keys:
                self._path_of(key).unlink(missing_ok=True)
        except OSError as failure:
            raise _described(failure) from failure

    def list_objects(self, prefix: str) -> Iterator[KeptObject]:
        folder = self.folders[prefix]
        for entry in os.scandir(folder) if folder.is_dir() else ():
            if entry.is_file(follow_symlinks=False):
                known = entry.stat(follow_symlinks=False)
                yield KeptObject(f"{prefix}{entry.name}", known.st_size, datetime.fromtimestamp(known.st_mtime, tz=UTC))

    def _path_of(self, key: str) -> Path:
        area, _, name = safe_key(key).partition("/")
        return self.folders[f"{area}/"] / name


def write_durably(path: Path, content: bytes, mode: int) -> None:
    """A new file with this content, on the disk itself when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the process's mask
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def keep_names(folder: Path) -> None:
    """Have the folder's list of names on the disk: a renamed file is found after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _pieces_of(descriptor: int) -> Iterator[bytes]:
    with os.fdopen(descriptor, "rb") as file:
        while piece := file.read(CHUNK_BYTES):
            yield piece


def _described(failure: OSError) -> Retryable:
    return Retryable(STORE, f"disk_{failure.errno}")


def get_store() -> ObjectStore:
    """The store that the settings name."""
    return _store_of(get_settings())


@cache
def _store_of(settings: FileSettings) -> ObjectStore:
    """The package that speaks S3 is loaded only where S3 is used."""
    if settings.file_store_url is None:
        return FolderStore(settings.uploads_dir, settings.private_files_dir)
    store: ObjectStore = importlib.import_module("app.gateways.s3_store").create_s3_store(settings)
    return store
