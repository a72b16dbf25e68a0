"""Is this webhook really from Stripe? Ours, because the package raises on hostile input and takes one secret only."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

TOLERANCE_SECONDS = 300


def is_signature_valid(body: bytes, header: str | bytes, secrets: Sequence[str], now: datetime) -> bool:
    """Whether any `v1` signature of the `Stripe-Signature` header is that of `body` under any of the secrets.

    Never raises, whatever was sent. A timestamp further than 300 s from `now`, past or future, is refused.
    """
    stamp, signatures = _parse(header)
    if stamp is None or abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        return False
    expected = [_sign(body, stamp, secret) for secret in secrets if secret.strip()]
    # Every pair is compared, so that the time taken tells nothing of which secret was right.
    return True in [hmac.compare_digest(one, other) for one in expected for other in signatures]


def render_signature(body: bytes, secret: str, at: datetime) -> str:
    """The `Stripe-Signature` header that Stripe would send with this body at this instant."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={_sign(body, stamp.encode(), secret).decode()}"


def _sign(body: bytes, stamp: bytes, secret: str) -> bytes:
    return hmac.new(secret.strip().encode(), stamp + b"." + body, hashlib.sha256).hexdigest().encode()


def _parse(header: str | bytes) -> tuple[bytes | None, list[bytes]]:
    raw = header.encode("ascii", "replace") if isinstance(header, str) else header
    pairs = [item.partition(b"=") for item in raw.split(b",")]
    stamps = [value for name, _, value in pairs if name == b"t"]
    # bytes.isdigit knows ASCII only, and 12 digits reach the year 33658: no overflow, no unbounded number.
    is_single = len(stamps) == 1 and stamps[0].isdigit() and len(stamps[0]) <= 12
    return (stamps[0] if is_single else None), [value for name, _, value in pairs if name == b"v1"]
