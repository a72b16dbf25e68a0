"""Stripe's news at a steady rate, from outside the host: signed beforehand, sent by the clock, not by the answers."""

import http.client
import ssl
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.dev.fake_stripe.delivery import sign
from tests.stripe_news import PATH

SENDERS = 64
LONGEST_SECONDS = 30.0


@dataclass(frozen=True)
class Endpoint:
    """Where the news go: a host, whom to trust, the secret that signs them."""

    address: str
    context: ssl.SSLContext
    secret: str


@dataclass
class Delivered:
    """What came of them; a time counts from the moment at which the news were due, not from when a sender was free."""

    seconds: float = 0
    answers: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: str, took: float) -> None:
        """One more was answered, or not."""
        with self.lock:
            self.answers[answer] += 1
            self.times.append(took)

    def percentile(self, part: float) -> float:
        """Within so many milliseconds that part of them was answered."""
        ordered = sorted(self.times)
        return round(1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))], 1)


def send_steadily(endpoint: Endpoint, bodies: Sequence[bytes], per_second: float) -> Delivered:
    """Each of these at its time."""
    signed = [(body, sign(body, [endpoint.secret])) for body in bodies]
    delivered, turn = Delivered(), iter(range(len(signed)))
    taking = threading.Lock()
    started = time.monotonic()

    def work() -> None:
        connection = http.client.HTTPSConnection(endpoint.address, timeout=LONGEST_SECONDS, context=endpoint.context)
        while True:
            with taking:
                number = next(turn, None)
            if number is None:
                connection.close()
                return
            due = started + number / per_second
            threading.Event().wait(max(0.0, due - time.monotonic()))
            answer = _post(connection, *signed[number])
            delivered.note(answer, time.monotonic() - due)

    senders = [threading.Thread(target=work) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    delivered.seconds = time.monotonic() - started
    return delivered


def _post(connection: http.client.HTTPSConnection, body: bytes, signature: str) -> str:
    headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
    try:
        connection.request("POST", PATH, body, headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as failure:
        connection.close()  # the next request opens it again
        return type(failure).__name__
    return str(answer.status)
