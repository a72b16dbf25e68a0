"""What a person sees of the fakes, and does with them by hand."""

from uuid import uuid4

from app.gateways.brevo import BrevoGateway, OutgoingMail
from tests.contract.receiver import Receiver
from tests.contract.vendor import Vendor


def test_a_person_pays_and_refunds_by_hand(stripe: Vendor, receiver: Receiver) -> None:
    intent = stripe.create_intent(**{"metadata[cart_id]": "cart_<b>1</b>"})
    page = f"/pay/{intent['id']}"
    assert str(intent["id"]) in stripe.call("GET", "/").text
    shown = stripe.call("GET", page).text
    assert "12,34 €" in shown
    assert "à payer" in shown
    assert "cart_&lt;b&gt;1&lt;/b&gt;" in shown
    assert stripe.call("POST", f"{page}/confirm").headers["location"] == page
    assert stripe.call("POST", f"{page}/refund", "amount=34").status_code == 303
    assert "0,34 €" in stripe.call("GET", page).text
    assert receiver.take_types(5) == [
        "charge.refunded",
        "charge.succeeded",
        "payment_intent.created",
        "payment_intent.succeeded",
        "refund.created",
    ]


def test_a_person_declines_then_cancels_and_is_told_what_is_over(stripe: Vendor) -> None:
    page = f"/pay/{stripe.create_intent()['id']}"
    assert stripe.call("POST", f"{page}/fail").status_code == 303
    assert "à payer" in stripe.call("GET", page).text
    assert stripe.call("POST", f"{page}/cancel").status_code == 303
    over = stripe.call("POST", f"{page}/confirm")
    assert over.status_code == 400
    assert "could not be confirmed because it has a status of canceled" in over.text
    assert "<button" not in over.text


def test_pages_run_no_script_and_reach_no_network(stripe: Vendor, brevo: Vendor) -> None:
    for vendor in (stripe, brevo):
        page = vendor.call("GET", "/").text
        assert "<script" not in page
        assert "http" not in page.replace("http-equiv", "")


def test_a_mail_is_shown_in_a_frame_where_nothing_runs(brevo: Vendor) -> None:
    gateway = BrevoGateway("k", brevo.url, "boutique@example.com", "La boutique")
    gateway.send(
        OutgoingMail(
            idempotency_key=uuid4(),
            to_email="a@example.com",
            subject="Merci <Zoé>",
            html="<p>Bonjour</p><script>alert(1)</script>",
            text="Bonjour & merci",
        )
    )
    assert "Merci &lt;Zoé&gt;" in brevo.call("GET", "/").text
    shown = brevo.call("GET", "/messages/1").text
    assert '<iframe sandbox title="Version mise en page · HTML part" src="/messages/1/html"></iframe>' in shown
    assert "Bonjour &amp; merci" in shown
    assert "alert(1)" not in shown
    frame = brevo.call("GET", "/messages/1/html")
    assert frame.text == "<p>Bonjour</p><script>alert(1)</script>"
    assert frame.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert brevo.call("GET", "/messages/2").headers["location"] == "/"
