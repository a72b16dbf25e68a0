"""What a self-test says of the answers it got."""

import pytest

from app.cli.selftest_words import WEBHOOK_ADVICE
from app.gateways.own_address import Posted
from app.ops.prove_webhook import decide_fault
from app.ops.rules import compute_sender_standing

ANSWERS: list[tuple[Posted, Posted, str]] = [
    (Posted(0, "untrusted"), Posted(200), "certificate"),
    (Posted(0, "unreachable"), Posted(400), "front_away"),
    (Posted(0, "no_answer"), Posted(0, "unreachable"), "web_away"),
    (Posted(502), Posted(0, "unreachable"), "web_away"),
    (Posted(504), Posted(0, "no_answer"), "web_away"),
    (Posted(400), Posted(200), "body_altered"),
    (Posted(400), Posted(400), "secret_differs"),
    (Posted(429), Posted(429), "rate_limited"),
    (Posted(500), Posted(500), "server_error"),
    (Posted(301), Posted(200), "another_server"),
    (Posted(404), Posted(200), "another_server"),
]


@pytest.mark.parametrize(("public", "behind", "fault"), ANSWERS)
def test_where_a_failure_lies_is_told_from_both_answers(public: Posted, behind: Posted, fault: str) -> None:
    assert decide_fault(public, behind) == fault
    assert fault in WEBHOOK_ADVICE


def test_a_sender_is_known_in_any_case_and_verified_once_brevo_lets_it_write() -> None:
    listed = {"Boutique@Comptoir.example": True, "autre@comptoir.example": False}
    standings = [compute_sender_standing(listed, f"{name}@comptoir.example") for name in ("boutique", "Autre", "qui")]
    assert standings == ["verified", "unverified", "unknown"]
