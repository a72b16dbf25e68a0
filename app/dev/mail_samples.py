"""One content of each template, as it may come: for the previews of `make up` and for the tests."""

from collections.abc import Mapping

from app.notifications import schemas

SHOP: schemas.MailContent = {"shop_name": "Maison Lenoir", "contact_email": "bonjour@maison-lenoir.example"}
LINK = "https://boutique.example/order/order_5d0k2c7m9q3r8t1v6w4x0y2z5a/transfer/Zk3vN8qTfW2mR7pL1xYc"

ORDER_CONFIRMATION: schemas.OrderConfirmation = {
    **SHOP,
    "display_id": 1042,
    "placed_on": "2026-11-21",
    "is_paid": True,
    "first_name": "Jeanne",
    "currency_code": "eur",
    "lines": [
        {"title": "Montre Aura", "variant": "Noir", "quantity": 2, "total_cents": 69800},
        {"title": "Bracelet en cuir tanné végétal", "variant": None, "quantity": 1, "total_cents": 4900},
    ],
    "delivery": {"name": "Livraison standard", "amount_cents": 490},
    "total_cents": 75190,
    "taxes": [{"rate": "20.00", "amount_cents": 12532}],
    "address": ["Jeanne Martin", "12 rue de la Paix", "75002 Paris", "FR"],
    "invoice_link": "https://api.example.com/v1/orders/order_1/invoice?expires=1&signature=0",
}
ORDER_TRANSFER: schemas.OrderTransfer = {
    **SHOP,
    "display_id": 1042,
    "description": "Bonjour, c'est Jeanne : j'ai ouvert un compte.",
    "days": 7,
    "link": LINK,
}
PASSWORD_RESET: schemas.PasswordReset = {
    **SHOP,
    "minutes": 15,
    "link": "https://boutique.example/reset-password?token=Zk3vN8qTfW2mR7pL1xYcB5dG9hJ4",
}
WELCOME: schemas.Welcome = {**SHOP, "first_name": "Jeanne"}
SHIPMENT_SENT: schemas.ShipmentSent = {
    **SHOP,
    "display_id": 1042,
    "first_name": "Jeanne",
    "is_partial": True,
    "lines": [{"title": "Montre Aura", "variant": "Noir", "quantity": 2}],
    "carrier": "Colissimo",
    "tracking_number": "6A01234567890",
    "tracking_link": "https://suivi.example/6A01234567890",
}
PAYMENT_FAILED: schemas.PaymentFailed = {
    **SHOP,
    "display_id": 1042,
    "amount_cents": 75190,
    "currency_code": "eur",
    "link": "https://boutique.example/order/order_5d0k2c7m9q3r8t1v6w4x0y2z5a/pay",
}
REFUND_SENT: schemas.RefundSent = {
    **SHOP,
    "display_id": 1042,
    "amount_cents": 34900,
    "currency_code": "eur",
    "is_partial": True,
}
RETURN_APPROVED: schemas.ReturnApproved = {
    **SHOP,
    "display_id": 1042,
    "return_number": 7,
    "lines": [{"title": "Aura", "variant": "Noir", "quantity": 1}],
    "send_by": "2026-12-04",
    "address": ["Atelier", "3 rue du Retour", "75002 Paris", "FR"],
}
RETURN_REJECTED: schemas.ReturnRejected = {
    **SHOP,
    "display_id": 1042,
    "return_number": 7,
    "lines": [{"title": "Aura", "variant": "Noir", "quantity": 1}],
    "reason": "La monture revient rayée.",
}
WITHDRAWAL_LINK: schemas.WithdrawalLink = {**SHOP, "display_id": 1042, "hours": 24, "link": LINK}
WITHDRAWAL_ACKNOWLEDGED: schemas.WithdrawalAcknowledged = {
    **SHOP,
    "display_id": 1042,
    "declared_at": "2026-11-20T19:05:00+00:00",
    "lines": [{"title": "Aura", "variant": "Noir", "quantity": 1}],
    "unsent_lines": [{"title": "Étui", "variant": None, "quantity": 2}],
    "excluded_lines": [{"title": "Verres à la vue", "variant": "Sur mesure", "quantity": 1}],
    "send_by": "2026-12-04",
    "address": ["Atelier", "3 rue du Retour", "75002 Paris", "FR"],
}
DISPUTE_OPENED: schemas.DisputeOpened = {
    **SHOP,
    "display_id": 1042,
    "amount_cents": 75190,
    "currency_code": "eur",
    "reason": "product_not_received",
    "evidence_due_on": "2026-12-04",
    "stripe_dispute_id": "du_1QZx8cK2eZvKYlo2C0aB3dE4",
}
DISPUTE_CLOSED: schemas.DisputeClosed = {
    **SHOP,
    "display_id": 1042,
    "amount_cents": 75190,
    "currency_code": "eur",
    "is_won": False,
    "stripe_dispute_id": "du_1QZx8cK2eZvKYlo2C0aB3dE4",
}
REFUND_FAILED: schemas.RefundFailed = {
    **SHOP,
    "display_id": 1042,
    "amount_cents": 34900,
    "currency_code": "eur",
    "error_code": "expired_or_canceled_card",
    "refund_id": "ref_7m2k9q3r8t1v6w4x0y2z5a5d0k",
}
PAYOUT_FAILED: schemas.PayoutFailed = {
    **SHOP,
    "amount_cents": 248760,
    "currency_code": "eur",
    "error_code": "account_closed",
    "arrives_on": "2026-11-23",
    "stripe_payout_id": "po_1QZx8cK2eZvKYlo2D5fG6hI7",
}
CHECKOUT_RECOVERED: schemas.CheckoutRecovered = {
    **SHOP,
    "closed_at": "2026-11-21T13:04:00+00:00",
    "opened_at": "2026-11-21T13:31:00+00:00",
    "code": "api_connection_error",
    "order_numbers": [1042, 1043],
    "order_count": 2,
}
MONEY_ALERT: schemas.MoneyAlert = {
    **SHOP,
    "code": "amount_differs",
    "reference": "n° 1042",
    "what": {
        "fr": "Stripe a encaissé 741,90 € pour une commande de 751,90 €.",
        "en": "Stripe took €741.90 for an order of €751.90.",
    },
    "next_step": {
        "fr": "comparez la commande et le paiement dans Stripe avant d'expédier.",
        "en": "compare the order and the payment at Stripe before shipping.",
    },
}
MAIL_TEST: schemas.MailTest = {**SHOP, "asked_at": "2026-11-21T13:04:00+00:00"}

SAMPLES: Mapping[str, Mapping[str, object]] = {
    "order_confirmation": ORDER_CONFIRMATION,
    "order_transfer": ORDER_TRANSFER,
    "password_reset": PASSWORD_RESET,
    "welcome": WELCOME,
    "shipment_sent": SHIPMENT_SENT,
    "payment_failed": PAYMENT_FAILED,
    "refund_sent": REFUND_SENT,
    "return_approved": RETURN_APPROVED,
    "return_rejected": RETURN_REJECTED,
    "withdrawal_link": WITHDRAWAL_LINK,
    "withdrawal_acknowledged": WITHDRAWAL_ACKNOWLEDGED,
    "dispute_opened": DISPUTE_OPENED,
    "dispute_closed": DISPUTE_CLOSED,
    "refund_failed": REFUND_FAILED,
    "payout_failed": PAYOUT_FAILED,
    "checkout_recovered": CHECKOUT_RECOVERED,
    "money_alert": MONEY_ALERT,
    "mail_test": MAIL_TEST,
}
