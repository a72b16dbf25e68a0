"""How Stripe is called: bounded time, counted repetitions, and every failure sorted into two classes."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Thread
from typing import Protocol, TypeVar

import stripe

from app.gateways.errors import ACCOUNT_REFUSED, Retryable, Terminal
from app.gateways.stripe_objects import Json

# On by default, it writes under the home directory (a service user has none) and sends platform data.
stripe.enable_telemetry = False

# What the installed package speaks; STRIPE_API_VERSION overrides it.
PINNED_API_VERSION = stripe.api_version

PAGE = 100
UNREACHABLE = "unreachable"
_API_BASE = "https://api.stripe.com"
_CONNECT_SECONDS, _READ_SECONDS = 3.0, 8.0
# Of the attempt to send a refund that a person waits for: 5 s in all, and no second try (design §4.9).
_BRIEF_SECONDS = 5.0
_BRIEF_CONNECT_SECONDS, _BRIEF_READ_SECONDS = 1.5, 3.5
# A customer waits: with one retry the worst case is about 17 s (payments §1.2). A job can wait longer.
_RETRIES_FOR_CUSTOMERS, _RETRIES_FOR_JOBS = 1, 2

_Result = TypeVar("_Result")
_Listed = TypeVar("_Listed", bound="_Object", covariant=True)


class _Object(Protocol):
    def to_dict(self, recursive: bool = ..., for_json: bool = ...) -> Json: ...


class _Page(Protocol[_Listed]):
    def auto_paging_iter(self) -> Iterator[_Listed]: ...


class StripeClients:
    """One account reached in three ways: for a customer who waits, for jobs, and once only and briefly."""

    def __init__(
        self,
        secret_key: str,
        api_base: str | None = None,
        api_version: str = PINNED_API_VERSION,
        *,
        brief_seconds: float = _BRIEF_SECONDS,
    ) -> None:
        base = (api_base or _API_BASE).rstrip("/")

        def connect(retries: int, timeout: tuple[float, float]) -> stripe.StripeClient:
            return stripe.StripeClient(
                secret_key,
                stripe_version=api_version,
                base_addresses={"api": base},
                max_network_retries=retries,
                http_client=stripe.RequestsClient(timeout=timeout),
            )

        self._client = connect(_RETRIES_FOR_CUSTOMERS, (_CONNECT_SECONDS, _READ_SECONDS))
        self._patient = connect(_RETRIES_FOR_JOBS, (_CONNECT_SECONDS, _READ_SECONDS))
        self._brief = connect(0, (_BRIEF_CONNECT_SECONDS, _BRIEF_READ_SECONDS))
        self._brief_seconds = brief_seconds


def ask(request: Callable[[], _Result]) -> _Result:
    """What Stripe answered; raises `Retryable` or `Terminal`."""
    # `from None`: the package's texts quote bodies and addresses, and a traceback would print them.
    try:
        return request()
    except stripe.StripeError as failure:
        raise _sorted(failure) from None


def ask_within(seconds: float, request: Callable[[], _Result]) -> _Result:
    """As `ask`, but for so many seconds at most: a slow name server or an answer that drips knows no timeout.

    What comes later is heard by nobody; it ends with its connection.
    """
    answer: Future[_Result] = Future()
    Thread(target=_answer, args=(answer, request), daemon=True).start()
    try:
        return ask(lambda: answer.result(seconds))
    except TimeoutError:
        raise Retryable("stripe", UNREACHABLE) from None


def _answer(answer: Future[_Result], request: Callable[[], _Result]) -> None:
    try:
        answer.set_result(request())
    except Exception as failure:  # raised where it is waited for
        answer.set_exception(failure)


def ask_for_one(request: Callable[[], _Object]) -> Json:
    """The object as a plain dict; raises as `ask`."""
    return ask(request).to_dict(for_json=True)


def ask_for_all(request: Callable[[], _Page[_Object]]) -> list[Json]:
    """Every object of every page, in Stripe's order (newest first); raises as `ask`."""
    return [each.to_dict(for_json=True) for each in ask(lambda: list(request().auto_paging_iter()))]


def _sorted(failure: stripe.StripeError) -> Retryable | Terminal:
    status, request_id = failure.http_status, failure.request_id
    if isinstance(failure, stripe.APIConnectionError):
        return Retryable("stripe", UNREACHABLE)
    if isinstance(failure, stripe.RateLimitError):
        return Retryable("stripe", failure.code or "rate_limited", http_status=status, request_id=request_id)
    if status in ACCOUNT_REFUSED:
        return Retryable("stripe", failure.code or _kind(failure), http_status=status, request_id=request_id)
    # 409: another request holds the same key, or the object, at this moment.
    if isinstance(failure, stripe.APIError) or status == 409:
        return Retryable("stripe", failure.code or "vendor_error", http_status=status, request_id=request_id)
    return Terminal("stripe", failure.code or _kind(failure), http_status=status, request_id=request_id)


def _kind(failure: stripe.StripeError) -> str:
    return failure.error.type if failure.error is not None and failure.error.type else "refused"
