"""Talks to a fake vendor without its package, as anything else on the network could.

Every answer of the fake Stripe that passes here is held against the contract, whatever the test is about.
"""

import re
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import httpx2

from app.dev.contract.judge import find_answer_fault, find_resource_fault, stripe_operations
from tests.processes import NO_AUTHORITIES

Json = dict[str, object]


class Vendor:
    """A fake and its controls."""

    def __init__(self, url: str) -> None:
        self.url = url
        headers = {"Authorization": "Bearer sk_test_of_the_tests"}
        self._client = httpx2.Client(base_url=url, headers=headers, timeout=10, verify=NO_AUTHORITIES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def call(self, method: str, path: str, form: str | Json = "", **headers: str) -> httpx2.Response:
        """One API call in Stripe's form; `idempotency_key="k"` becomes the header of that name."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        encoded = form if isinstance(form, str) else urlencode(form)
        if method == "GET":
            answer = self._client.get(f"{path}?{encoded}", headers=named)
        else:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = self._client.request(method, path, content=encoded, headers=kind | named)
        if path.startswith("/v1/") and answer.status_code == 200:
            check_answer(_operation_of(method, path), answer.json())
        return answer

    def send_json(self, method: str, path: str, body: object, **headers: str) -> httpx2.Response:
        """One API call in JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.request(method, path, json=body, headers=named)

    def control(self, path: str, body: Json | None = None) -> Json:
        """A `/_test` control that must work."""
        answer = self._client.post(f"/_test/{path}", json=body or {})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        return found if isinstance(found, dict) else {"list": found}

    def read(self, path: str) -> list[Json]:
        """A list that `/_test` keeps."""
        found: list[Json] = self._client.get(f"/_test/{path}").json()
        return found

    def clear_faults(self) -> None:
        """From here on everything goes right."""
        self._client.delete("/_test/faults")

    def create_intent(self, **over: object) -> Json:
        """A PaymentIntent of 12.34 euros."""
        answer = self.call("POST", "/v1/payment_intents", {"amount": 1234, "currency": "eur"} | over)
        assert answer.status_code == 200, answer.text
        intent: Json = answer.json()
        return intent

    def create_paid_intent(self, **over: object) -> Json:
        """One whose customer has paid."""
        return self.control(f"payment_intents/{self.create_intent(**over)['id']}/confirm")


def _operation_of(method: str, path: str) -> str:
    """The operation that a call is, by its path; a fixed path wins over one with an id."""
    fitting = [
        name
        for name, operation in stripe_operations().items()
        if operation.method == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", operation.path), path)
    ]
    assert fitting, f"{method} {path} is no operation of the contract"
    return fitting[0]


def check_answer(operation: str, answer: object) -> None:
    """The package describes every field, value and type of this answer."""
    fault = find_answer_fault(stripe_operations()[operation], answer)
    assert fault is None, f"{operation}: {fault}"


def check_event(event: Json) -> Json:
    """The same for an event and the object that it carries, which is given back."""
    check_resource("event", event)
    data = event["data"]
    assert isinstance(data, dict)
    carried: Json = data["object"]
    check_resource(str(carried["object"]), carried)
    return carried


def check_resource(resource: str, value: object) -> None:
    """The same for an object inside an event."""
    fault = find_resource_fault(resource, value)
    assert fault is None, f"{resource}: {fault}"
