"""What the shop's set-up refuses."""

from app.core.errors import NotFound, Refusal


class RegionNotFound(NotFound):
    """No region has this id, or the shop has none at all."""

    code = "region_not_found"
    default_message = "No regions found"


class SalesChannelNotFound(NotFound):
    """No sales channel has this id."""

    code = "sales_channel_not_found"
    default_message = "Sales channel was not found"


class CurrencyNotFound(NotFound):
    """The shop sells nowhere in this currency."""

    code = "currency_not_found"


class UnknownCountry(Refusal):
    """A country that is not in our table, or belongs to another region already."""

    code = "unknown_country"


class UnknownCurrency(Refusal):
    """Not a currency of ISO 4217."""

    code = "unknown_currency"


class CurrencyCountedOtherwise(Refusal):
    """Our smallest unit of it is another one than Stripe's: every amount would be wrong a hundredfold."""

    code = "currency_counted_otherwise"

    def __init__(self, code: str) -> None:
        super().__init__(
            f"La devise {code} n'est pas encore vendable : Stripe en compte les décimales autrement. / "
            f"Nothing can be sold in {code} yet: Stripe counts its decimals otherwise."
        )


class NameTaken(Refusal):
    """Another region, channel or key bears this name."""

    status = 422
    type = "duplicate_error"
    code = "invalid_request_error"


class PublishableKeyMissing(Refusal):
    """A storefront's call without its header (the words are Medusa's)."""

    type = "not_allowed"
    code = "publishable_key_missing"
    default_message = (
        "Publishable API key required in the request header: x-publishable-api-key. "
        "You can manage your keys in settings in the dashboard."
    )


class PublishableKeyInvalid(Refusal):
    """A key that nobody has, or that is revoked."""

    type = "not_allowed"
    code = "publishable_key_invalid"
    default_message = "A valid publishable key is required to proceed with the request"


class PublishableKeyUnknown(Refusal):
    """No key has this id."""

    status = 404
    type = "not_found"
    code = "api_key_not_found"


class KeyStillValid(Refusal):
    """What a program may be using is not forgotten."""

    status = 409
    type = "not_allowed"
    code = "key_still_valid"
    default_message = "This key is still valid: revoke it first, then delete it."


class KeyNeedsOneChannel(Refusal):
    """A storefront's key that spoke for no channel, or for two, would show nothing or anything."""

    type = "not_allowed"
    code = "key_needs_one_channel"
    default_message = "A publishable key speaks for exactly one sales channel: add the one that takes its place."


class SellerNotFound(NotFound):
    """Nobody has said yet who sells."""

    code = "seller_not_found"
    default_message = "The seller's identity is not set: comptoir setup with a [seller] part, or POST /admin/seller"


class SellerRefused(Refusal):
    """A number of the seller's that cannot be one: its check digits do not fit."""

    code = "seller_refused"


class DistanceSalesClosed(Refusal):
    """Sales to other Member States have reached what French VAT may be charged on (CGI art. 259 D)."""

    status = 409
    type = "not_allowed"
    code = "distance_sales_closed"
    default_message = "This shop cannot deliver to this country at the moment. Please contact the shop."


class StoreNotFound(NotFound):
    """A database holds one shop."""

    code = "store_not_found"

    def __init__(self, store_id: str) -> None:
        super().__init__(f"Store with id: {store_id} was not found")
