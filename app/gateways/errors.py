"""How a vendor said no, sorted into the two that callers act on: later, or never."""


class VendorFailure(Exception):
    """A call to a vendor that did not give its result. Codes only: vendors put addresses and bodies in texts."""

    def __init__(
        self,
        vendor: str,
        code: str,
        *,
        http_status: int | None = None,
        request_id: str | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(f"{vendor}: {code}")
        self.vendor = vendor
        self.code = code
        self.http_status = http_status
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds


# Our key or account is refused, not the object: nothing was looked at, and it passes once a person has put that right.
ACCOUNT_REFUSED = frozenset({401, 403})


class Retryable(VendorFailure):
    """May succeed later with the same arguments and the same idempotency key; it may also have been executed.

    A refusal of our account is one: what gave up on it would leave behind what it was to end.
    """

    @property
    def is_outage(self) -> bool:
        """Whether the vendor is down or unreachable, which is what a breaker counts; a 429 is not."""
        return self.http_status is None or self.http_status >= 500


class Terminal(VendorFailure):
    """This object or these arguments are refused, and will be however often it is repeated."""
