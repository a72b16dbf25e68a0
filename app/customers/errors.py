"""What customers, their logins and their address books refuse; messages are Medusa's, where clients compare them."""

from app.core.errors import NotFound, Refusal, Unauthorized


class CredentialsMissing(Unauthorized):
    """A login or a registration without address or password."""

    code = "credentials_missing"

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} should be a string")


class IdentityExists(Unauthorized):
    """The address opens an account already; storefronts compare these words (store-api §9)."""

    code = "identity_exists"
    default_message = "Identity with email already exists"


class CustomerLoginRefused(Unauthorized):
    """The same words for an unknown address and a wrong password."""

    code = "login_refused"
    default_message = "Invalid email or password"


class ResetTokenInvalid(Unauthorized):
    """The link was used, is over, or was never ours."""

    code = "reset_token_invalid"
    default_message = "Invalid token"


class CustomerPasswordTooWeak(Refusal):
    """The password could be guessed."""

    code = "password_too_weak"


class EmailRequired(Refusal):
    """An account without address."""

    code = "email_required"
    default_message = "Email is required to create a customer"


class EmailDiffers(Refusal):
    """The account would have another address than the one that opens it."""

    code = "email_differs"
    default_message = "The email is not the one that was registered"


class AlreadyCustomer(Refusal):
    """The token's sign-up is finished."""

    code = "already_customer"
    default_message = "Request already authenticated as a customer."


class CustomerExists(Refusal):
    """Another account has this address."""

    status = 422
    type = "duplicate_error"
    code = "invalid_request_error"
    default_message = "Customer with this email already has an account"


class AddressNotFound(NotFound):
    """No such address in this customer's book."""

    code = "address_not_found"

    def __init__(self, address_id: str) -> None:
        super().__init__(f"CustomerAddress with id: {address_id} was not found")


class TooManyAddresses(Refusal):
    """The address book is full."""

    code = "too_many_addresses"
