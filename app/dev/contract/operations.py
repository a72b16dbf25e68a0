"""What of the two vendors is in use. Growing means a line here; paths, parameters and answers follow by themselves."""

# Name of the operation -> where the package types it. The last part of the name is the method of the service.
STRIPE_OPERATIONS = {
    "payment_intents.create": "stripe._payment_intent_service",
    "payment_intents.update": "stripe._payment_intent_service",
    "payment_intents.retrieve": "stripe._payment_intent_service",
    "payment_intents.confirm": "stripe._payment_intent_service",
    "payment_intents.cancel": "stripe._payment_intent_service",
    "payment_intents.list": "stripe._payment_intent_service",
    "charges.retrieve": "stripe._charge_service",
    "charges.list": "stripe._charge_service",
    "checkout.sessions.create": "stripe.checkout._session_service",
    "checkout.sessions.retrieve": "stripe.checkout._session_service",
    "checkout.sessions.expire": "stripe.checkout._session_service",
    "checkout.sessions.list": "stripe.checkout._session_service",
    "checkout.sessions.line_items.list": "stripe.checkout._session_line_item_service",
    "refunds.create": "stripe._refund_service",
    "refunds.retrieve": "stripe._refund_service",
    "refunds.list": "stripe._refund_service",
    "disputes.retrieve": "stripe._dispute_service",
    "disputes.list": "stripe._dispute_service",
    "balance.retrieve": "stripe._balance_service",
    "balance_transactions.retrieve": "stripe._balance_transaction_service",
    "balance_transactions.list": "stripe._balance_transaction_service",
    "payouts.retrieve": "stripe._payout_service",
    "payouts.list": "stripe._payout_service",
    "events.list": "stripe._event_service",
    "events.retrieve": "stripe._event_service",
    "webhook_endpoints.create": "stripe._webhook_endpoint_service",
    "webhook_endpoints.list": "stripe._webhook_endpoint_service",
    "webhook_endpoints.update": "stripe._webhook_endpoint_service",
}

# Objects that answers and events contain. `error` is what every refusal is made of.
STRIPE_RESOURCES = {
    "payment_intent": "stripe._payment_intent",
    "charge": "stripe._charge",
    "checkout.session": "stripe.checkout._session",
    "item": "stripe._line_item",
    "refund": "stripe._refund",
    "dispute": "stripe._dispute",
    "balance": "stripe._balance",
    "balance_transaction": "stripe._balance_transaction",
    "payout": "stripe._payout",
    "subscription": "stripe._subscription",
    "subscription_item": "stripe._subscription_item",
    "price": "stripe._price",
    "plan": "stripe._plan",
    "invoice": "stripe._invoice",
    "line_item": "stripe._invoice_line_item",
    "invoice_payment": "stripe._invoice_payment",
    "event": "stripe._event",
    "webhook_endpoint": "stripe._webhook_endpoint",
    "error": "stripe._error_object",
}

BREVO_OPERATIONS = {
    "send_transac_email": "sib_api_v3_sdk.api.transactional_emails_api",
    "get_email_event_report": "sib_api_v3_sdk.api.transactional_emails_api",
    "get_transac_emails_list": "sib_api_v3_sdk.api.transactional_emails_api",
    "get_aggregated_smtp_report": "sib_api_v3_sdk.api.transactional_emails_api",
    "create_webhook": "sib_api_v3_sdk.api.webhooks_api",
    "get_webhooks": "sib_api_v3_sdk.api.webhooks_api",
    "get_webhook": "sib_api_v3_sdk.api.webhooks_api",
    "update_webhook": "sib_api_v3_sdk.api.webhooks_api",
    "create_sender": "sib_api_v3_sdk.api.senders_api",
    "get_senders": "sib_api_v3_sdk.api.senders_api",
}

# What Brevo's documentation names and the last release of this line of its package does not: how a webhook shows
# that it is Brevo's (reference of payments, 7.3).
_AUTH: dict[str, object] = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": ["bearer"]},
        "token": {"type": "string", "minLength": 1},
    },
    "required": ["token", "type"],
    "additionalProperties": False,
}
BREVO_YOUNGER_FIELDS = {"create_webhook": {"auth": _AUTH}, "update_webhook": {"auth": _AUTH}}
