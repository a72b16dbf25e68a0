"""What a subscription and its invoice are, in the shapes of this version: periods on items, parents on invoices."""

from dataclasses import dataclass, field

from app.dev.fake_stripe.refused import Json
from app.dev.journal import Kept

_SUBSCRIPTION_NULLS = (
    "application",
    "application_fee_percent",
    "billing_cycle_anchor_config",
    "billing_thresholds",
    "customer_account",
    "days_until_due",
    "default_payment_method",
    "default_source",
    "description",
    "managed_payments",
    "next_pending_invoice_item_invoice",
    "on_behalf_of",
    "pause_collection",
    "payment_settings",
    "pending_invoice_item_interval",
    "pending_setup_intent",
    "pending_update",
    "schedule",
    "test_clock",
    "transfer_data",
    "trial_settings",
)
_INVOICE_NULLS = (
    "account_country",
    "account_name",
    "account_tax_ids",
    "application",
    "automatically_finalizes_at",
    "custom_fields",
    "customer_account",
    "customer_address",
    "customer_email",
    "customer_name",
    "customer_phone",
    "customer_shipping",
    "customer_tax_exempt",
    "default_payment_method",
    "default_source",
    "description",
    "due_date",
    "effective_at",
    "ending_balance",
    "footer",
    "from_invoice",
    "last_finalization_error",
    "latest_revision",
    "on_behalf_of",
    "receipt_number",
    "rendering",
    "shipping_cost",
    "shipping_details",
    "statement_descriptor",
    "subtotal_excluding_tax",
    "test_clock",
    "total_excluding_tax",
    "webhooks_delivered_at",
)
_INVOICE_CONSTANTS: Json = {
    "amount_overpaid": 0,
    "amount_shipping": 0,
    "attempt_count": 1,
    "attempted": True,
    "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None, "provider": None, "status": None},
    "billing_reason": "subscription_cycle",
    "collection_method": "charge_automatically",
    "customer_tax_ids": [],
    "default_tax_rates": [],
    "discounts": [],
    "issuer": {"type": "self"},
    "livemode": False,
    "metadata": {},
    "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
    "post_payment_credit_notes_amount": 0,
    "pre_payment_credit_notes_amount": 0,
    "starting_balance": 0,
    "total_discount_amounts": [],
    "total_pretax_credit_amounts": [],
    "total_taxes": [],
}


@dataclass(frozen=True, kw_only=True)
class Subscription(Kept):
    """One customer's plan, of one item."""

    item: str
    customer: str
    price: str
    amount: int
    currency: str
    created: int
    period_start: int
    period_end: int
    status: str
    trial_end: int | None = None
    cancel_at_period_end: bool = False
    ended_at: int | None = None
    latest_invoice: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Invoice(Kept):
    """What one period costs."""

    line: str
    subscription: str
    number: str
    amount: int
    currency: str
    created: int
    period_start: int
    period_end: int
    is_paid: bool
    payment_intent: str


def render_subscription(subscription: Subscription) -> Json:
    """The object; when its period ends is told by its items alone."""
    is_ending = subscription.cancel_at_period_end
    return dict.fromkeys(_SUBSCRIPTION_NULLS) | {
        "id": subscription.id,
        "object": "subscription",
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": subscription.created,
        "billing_mode": {"type": "flexible"},
        "billing_schedules": [],
        "cancel_at": subscription.period_end if is_ending else None,
        "cancel_at_period_end": is_ending,
        "canceled_at": subscription.ended_at,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": subscription.created,
        "currency": subscription.currency,
        "customer": subscription.customer,
        "default_tax_rates": [],
        "discounts": [],
        "ended_at": subscription.ended_at,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": {
            "object": "list",
            "data": [_item(subscription)],
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={subscription.id}",
        },
        "latest_invoice": subscription.latest_invoice,
        "livemode": False,
        "metadata": subscription.metadata,
        "start_date": subscription.created,
        "status": subscription.status,
        "trial_end": subscription.trial_end,
        "trial_start": subscription.created if subscription.trial_end else None,
    }


def _item(subscription: Subscription) -> Json:
    return {
        "id": subscription.item,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": subscription.created,
        "current_period_end": subscription.period_end,
        "current_period_start": subscription.period_start,
        "discounts": [],
        "metadata": {},
        "plan": _plan(subscription),
        "price": _price(subscription),
        "quantity": 1,
        "subscription": subscription.id,
        "tax_rates": [],
    }


def _price(subscription: Subscription) -> Json:
    nothing = dict.fromkeys(("custom_unit_amount", "lookup_key", "nickname", "tiers_mode", "transform_quantity"))
    return nothing | {
        "id": subscription.price,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": subscription.created,
        "currency": subscription.currency,
        "livemode": False,
        "metadata": {},
        "product": f"prod_{subscription.price}",
        "recurring": {
            "interval": "month",
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "inclusive",
        "type": "recurring",
        "unit_amount": subscription.amount,
        "unit_amount_decimal": str(subscription.amount),
    }


def _plan(subscription: Subscription) -> Json:
    nothing = dict.fromkeys(("meter", "nickname", "tiers_mode", "transform_usage", "trial_period_days"))
    return nothing | {
        "id": subscription.price,
        "object": "plan",
        "active": True,
        "amount": subscription.amount,
        "amount_decimal": str(subscription.amount),
        "billing_scheme": "per_unit",
        "created": subscription.created,
        "currency": subscription.currency,
        "interval": "month",
        "interval_count": 1,
        "livemode": False,
        "metadata": {},
        "product": f"prod_{subscription.price}",
        "usage_type": "licensed",
    }


def render_invoice(invoice: Invoice, subscription: Subscription) -> Json:
    """The object; it names its subscription in `parent` alone."""
    page = f"https://invoice.stripe.com/i/{invoice.id}"
    return (
        dict.fromkeys(_INVOICE_NULLS)
        | _INVOICE_CONSTANTS
        | _amounts(invoice)
        | {
            "id": invoice.id,
            "object": "invoice",
            "auto_advance": not invoice.is_paid,
            "created": invoice.created,
            "currency": invoice.currency,
            "customer": subscription.customer,
            "hosted_invoice_url": page,
            "invoice_pdf": f"{page}/pdf",
            "lines": {
                "object": "list",
                "data": [_line(invoice, subscription)],
                "has_more": False,
                "url": f"/v1/invoices/{invoice.id}/lines",
            },
            "next_payment_attempt": None if invoice.is_paid else invoice.created + 3 * 24 * 3600,
            "number": invoice.number,
            "parent": {
                "quote_details": None,
                "subscription_details": {"metadata": subscription.metadata, "subscription": subscription.id},
                "type": "subscription_details",
            },
            "period_end": invoice.period_start,
            "period_start": invoice.period_start,
            "status": "paid" if invoice.is_paid else "open",
            "status_transitions": {
                "finalized_at": invoice.created,
                "marked_uncollectible_at": None,
                "paid_at": invoice.created if invoice.is_paid else None,
                "voided_at": None,
            },
        }
    )


def _amounts(invoice: Invoice) -> Json:
    paid = invoice.amount if invoice.is_paid else 0
    return {
        "amount_due": invoice.amount,
        "amount_paid": paid,
        "amount_remaining": invoice.amount - paid,
        "subtotal": invoice.amount,
        "total": invoice.amount,
    }


def _line(invoice: Invoice, subscription: Subscription) -> Json:
    return {
        "id": invoice.line,
        "object": "line_item",
        "amount": invoice.amount,
        "currency": invoice.currency,
        "description": f"1 × {subscription.price}",
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice.id,
        "livemode": False,
        "metadata": subscription.metadata,
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": subscription.id,
                "subscription_item": subscription.item,
            },
            "type": "subscription_item_details",
        },
        "period": {"end": invoice.period_end, "start": invoice.period_start},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": subscription.price, "product": f"prod_{subscription.price}"},
            "type": "price_details",
            "unit_amount_decimal": str(invoice.amount),
        },
        "quantity": 1,
        "subtotal": invoice.amount,
        "taxes": [],
    }
