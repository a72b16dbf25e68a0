"""What a Checkout Session is, how it is shown, and which fields of its creation need each other."""

from dataclasses import dataclass, field

from app.core.clock import utc_now
from app.dev.fake_stripe.arguments import branch, checked_amount, checked_url, offered_types
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.refused import Json, Refused
from app.dev.journal import Kept

_LEAST_SECONDS, _MOST_SECONDS = 30 * 60, 24 * 3600
# What Stripe shows and nothing here sets.
_ALWAYS_NULL = (
    "after_expiration",
    "allow_promotion_codes",
    "billing_address_collection",
    "branding_settings",
    "client_secret",
    "consent",
    "consent_collection",
    "currency_conversion",
    "customer",
    "customer_account",
    "discounts",
    "integration_identifier",
    "invoice",
    "invoice_creation",
    "name_collection",
    "origin_context",
    "payment_link",
    "payment_method_configuration_details",
    "permissions",
    "recovered_from",
    "saved_payment_method_options",
    "setup_intent",
    "shipping_address_collection",
    "shipping_cost",
    "submit_type",
    "subscription",
    "wallet_options",
)


@dataclass(frozen=True, kw_only=True)
class CheckoutSession(Kept):
    """One page to pay on. `for_intent` waits to be copied onto the PaymentIntent that the customer will make."""

    currency: str
    items: list[Json]
    url: str
    success_url: str
    expires_at: int
    created: int
    cancel_url: str | None = None
    client_reference_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    for_intent: Json = field(default_factory=dict)
    customer_email: str | None = None
    locale: str | None = None
    allowed_types: list[str] | None = None
    is_adaptive: bool = True
    payment_intent: str | None = None
    status: str = "open"
    payment_status: str = "unpaid"
    payer_email: str | None = None

    @property
    def amount(self) -> int:
        """What the customer pays in all."""
        return sum(int(str(item["amount_total"])) for item in self.items)


def checked_expiry(asked: object) -> int:
    """Between 30 minutes and 24 hours from now; 24 hours unless asked otherwise."""
    now = int(utc_now().timestamp())
    expires_at = asked if isinstance(asked, int) else now + _MOST_SECONDS
    if expires_at < now + _LEAST_SECONDS:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise Refused(400, message, param="expires_at")
    if expires_at > now + _MOST_SECONDS:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise Refused(400, message, param="expires_at")
    return expires_at


def checked_pages(arguments: Json) -> tuple[str, str | None]:
    """Where the customer goes on; the hosted page needs the first, and only the first two."""
    if arguments.get("ui_mode", "hosted_page") != "hosted_page":
        message = "Stripe knows other pages than the hosted one, this fake does not yet: teach it in fake_stripe."
        raise Refused(400, message, code="fake_does_not_know", param="ui_mode")
    if "success_url" not in arguments:
        raise Refused(400, "Missing required param: success_url.", code="parameter_missing", param="success_url")
    cancel = arguments.get("cancel_url")
    return checked_url(arguments["success_url"], "success_url"), checked_url(cancel, "cancel_url") if cancel else None


def checked_items(arguments: Json) -> list[Json]:
    """The lines, each with its total; one currency for all of them."""
    given = arguments.get("line_items")
    if not isinstance(given, list) or not given:
        message = "You must provide line_items in payment mode."
        raise Refused(400, message, code="parameter_missing", param="line_items")
    items = [_checked_item(each, f"line_items[{index}]") for index, each in enumerate(given)]
    if len({item["currency"] for item in items}) > 1:
        message = "All prices on a Checkout Session must have the same currency."
        raise Refused(400, message, param="line_items")
    total = sum(int(str(item["amount_total"])) for item in items)
    checked_amount(total, str(items[0]["currency"]))
    return items


def _checked_item(item: Json, param: str) -> Json:
    price, quantity = branch(item, "price_data"), item.get("quantity")
    unknown = set(item) - {"price_data", "quantity"} or set(price) - {"currency", "unit_amount", "product_data"}
    if unknown:
        message = f"Stripe knows {min(unknown)} in a line item, this fake does not yet: teach it in fake_stripe."
        raise Refused(400, message, code="fake_does_not_know", param=f"{param}[{min(unknown)}]")
    for name, value in (("price_data", price), ("quantity", quantity)):
        if not value:
            raise Refused(400, f"{name} is required.", code="parameter_missing", param=f"{param}[{name}]")
    unit, product = price.get("unit_amount"), branch(price, "product_data")
    for name, given in (("unit_amount", unit), ("product_data", product)):
        if given is None or given == {}:
            raise Refused(400, f"{name} is required.", code="parameter_missing", param=f"{param}[price_data][{name}]")
    if not isinstance(unit, int) or not isinstance(quantity, int) or unit < 0 or quantity < 0:
        raise Refused(400, "Invalid non-negative integer", code="parameter_invalid_integer", param=param)
    return _item(str(price["currency"]).lower(), unit, quantity, str(product["name"]))


def _item(currency: str, unit: int, quantity: int, name: str) -> Json:
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": unit * quantity,
        "amount_tax": 0,
        "amount_total": unit * quantity,
        "currency": currency,
        "description": name,
        "metadata": {},
        "quantity": quantity,
    }


def render_session(session: CheckoutSession) -> Json:
    """The object; the page has an address only while it can be paid on."""
    is_open = session.status == "open"
    return dict.fromkeys(_ALWAYS_NULL) | {
        "id": session.id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": session.is_adaptive},
        "allowed_payment_method_types": session.allowed_types,
        "amount_subtotal": session.amount,
        "amount_total": session.amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": session.cancel_url,
        "client_reference_id": session.client_reference_id,
        "collected_information": None,
        "created": session.created,
        "currency": session.currency,
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer_creation": "if_required",
        "customer_details": _payer(session),
        "customer_email": session.customer_email,
        "expires_at": session.expires_at,
        "livemode": False,
        "locale": session.locale,
        "metadata": session.metadata,
        "mode": "payment",
        "payment_intent": session.payment_intent,
        "payment_method_collection": "if_required",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": offered_types(session.allowed_types),
        "payment_status": session.payment_status,
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": session.status,
        "success_url": session.success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": session.url if is_open else None,
    }


def _payer(session: CheckoutSession) -> Json | None:
    email = session.payer_email or session.customer_email
    if email is None:
        return None
    nothing = dict.fromkeys(("address", "business_name", "individual_name", "name", "phone", "tax_ids"))
    return nothing | {"email": email, "tax_exempt": "none"}
