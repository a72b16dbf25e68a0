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


class Retryable(VendorFailure):
    """May succeed later with the same arguments and the same idempotency key; it may also have been executed."""

    @property
    def is_outage(self) -> bool:
        """Whether the vendor is down or unreachable, which is what a breaker counts; a 429 is not."""
        return self.http_status is None or self.http_status >= 500


class Terminal(VendorFailure):
    """Will be refused again however often it is repeated: somebody has to change something."""
