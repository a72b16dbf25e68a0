"""What the application's log says of some requests and ids: JSON lines, read once and never kept."""

import gzip
import heapq
import json
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

LOG_FOLDER = Path("/var/log/comptoir")
SIGNATURE_LINE = "Stripe webhook signature verification failed"
RATE_LIMIT_LINE = "Webhook rate limit exceeded (429)"
# Shown at most; what is older or more stays in the files.
MOST_LINES = 300
# A line of ours is far shorter; a file without line ends is read in such pieces.
LONGEST_LINE = 64 * 1024


@dataclass(frozen=True)
class LogLine:
    """One line; only fields of the log's own closed list are in it."""

    at: datetime
    message: str
    fields: dict[str, str]


def read_log(folder: Path, since: datetime, ids: Collection[str]) -> list[LogLine]:
    """The lines since then that name one of these ids, or that the webhook was refused; oldest first.

    A folder that is not there or not readable has none.
    """
    wanted = [each.encode() for each in ids if each] + [SIGNATURE_LINE.encode(), RATE_LIMIT_LINE.encode()]
    found = (line for path in _list_files(folder, since) for line in _read_file(path, since, wanted))
    newest = heapq.nlargest(MOST_LINES, found, key=lambda line: line.at)
    return sorted(newest, key=lambda line: line.at)


def _list_files(folder: Path, since: datetime) -> list[Path]:
    """Web and worker, rotated files too, that were written to since then."""
    with suppress(OSError):
        return [
            path
            for path in sorted(folder.iterdir())
            if ".log" in path.name and "nginx" not in path.name and path.stat().st_mtime >= since.timestamp()
        ]
    return []


def _read_file(path: Path, since: datetime, wanted: list[bytes]) -> Iterator[LogLine]:
    with suppress(OSError, EOFError, zlib.error), _open(path) as lines:
        while raw := lines.readline(LONGEST_LINE):
            if any(each in raw for each in wanted):
                line = _find_line(raw)
                if line is not None and line.at >= since:
                    yield line


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _find_line(raw: bytes) -> LogLine | None:
    """The line, if it is one of ours."""
    try:
        given = json.loads(raw)
        at = datetime.fromisoformat(given["time"])
        shown = {name: str(value) for name, value in given.items() if name not in ("time", "message", "release")}
        int(shown.get("httpStatus", "0"))
        return LogLine(at, str(given["message"]), shown) if at.tzinfo else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
