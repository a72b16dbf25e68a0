"""Pure decisions about files: names, links, what may be taken."""

import hmac
import re
import unicodedata
from datetime import datetime, timedelta
from hashlib import sha256

# Design §4.18: what opens without a login ends after 30 days.
LONGEST_LINK = timedelta(days=30)
LINK_PURPOSE = "file link 1"
LONGEST_NAME = 120

# What follows a picture's name in the address of each of its sizes, the one that is shown by default first.
SUFFIXES = tuple(f"{size}.{extension}" for size in ("", "-800", "-400") for extension in ("webp", "avif", "jpg"))
SHOWN_SUFFIX = SUFFIXES[0]
PUBLIC_PATH = "/static/"
MEDIA_TYPES = {"webp": "image/webp", "avif": "image/avif", "jpg": "image/jpeg", "png": "image/png"}
SERVED_NAME = re.compile(r"[0-9a-f]{32,64}(?:-[0-9]{3,4})?\.(?:webp|avif|jpg|png)")
ADDRESS = re.compile(r"/static/([0-9a-f]{64})(?:-[0-9]{3,4})?\.[a-z]+$")


def parse_expiry(written: str) -> int:
    """The instant in a link, in seconds since 1970; what is none is long over, and the signature is not looked at."""
    return int(written) if re.fullmatch(r"[0-9]{1,11}", written) else 0


def compute_signature(secret: str, file_id: str, expires: int) -> str:
    """What shows that we gave out this link: for this file, until this second, and for nothing else (S0-037)."""
    message = f"{LINK_PURPOSE}\n{file_id}\n{expires}"
    return hmac.new(secret.encode(), message.encode(), sha256).hexdigest()


def decide_link(secrets: tuple[str, ...], file_id: str, expires: int, signature: str, now: datetime) -> str:
    """`open`, `expired`, or `unknown` for a link that we never gave out (S0-037, C-18).

    Both secrets count during a rotation (design §4.14).
    """
    known = [
        hmac.compare_digest(compute_signature(each, file_id, expires).encode(), signature.encode()) for each in secrets
    ]
    if not any(known):
        return "unknown"
    return "open" if now.timestamp() < expires else "expired"


def compute_shown_name(name: str) -> str:
    """What a file is called for people: the last part of its path, without what no screen or header can show (S0-084).

    It comes from outside and goes into answers and `Content-Disposition`: no separator, quote or control sign in it.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    printable = "".join(sign for sign in last if sign.isprintable() and sign not in '"<>|:*?;%')
    stem, dot, extension = printable.strip(" .").rpartition(".")
    kept = f"{stem[: LONGEST_NAME - 12]}{dot}{extension[:10]}" if dot else extension[:LONGEST_NAME]
    return kept or "file"


def content_type_of(name: str) -> str:
    """The media type of a served picture, by its name's end."""
    return MEDIA_TYPES[name.rpartition(".")[2]]


def find_public_name(url: str) -> str | None:
    """The name of the picture that this address shows; None for one that lies elsewhere."""
    found = ADDRESS.search(url)
    return found.group(1) if found else None
