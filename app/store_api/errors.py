"""What the Store API itself refuses."""

from app.core.errors import Refusal


class PublishableKeyMissing(Refusal):
    """A call to `/store` without its header."""

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
