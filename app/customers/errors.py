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


class CustomerNotFound(NotFound):
    """No customer has this id."""

    code = "customer_not_found"

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"Customer with id: {customer_id} was not found")


class CustomerKnown(Refusal):
    """There is a customer without account of this address."""

    status = 422
    type = "duplicate_error"
    code = "invalid_request_error"
    default_message = "A customer with this email already exists"


class EmailOpensAccount(Refusal):
    """The address is what the account is opened with."""

    status = 409
    type = "not_allowed"
    code = "email_opens_account"
    default_message = (
        "Cette adresse ouvre le compte du client, qui seul peut en changer. / "
        "This address opens the customer's account: only the customer changes it."
    )


class CustomerHasOrders(Refusal):
    """What somebody bought is kept."""

    status = 409
    type = "not_allowed"
    code = "customer_has_orders"
    default_message = (
        "Ce client a des commandes, que la loi fait garder : corrigez sa fiche, ou effacez ses données personnelles "
        "à sa demande (docs/backshop.md). / This customer has orders, which the law has us keep: correct the record, "
        "or erase the personal data when the customer asks (docs/backshop.md)."
    )
