"""What orders refuse."""

from app.core.errors import NotFound, Refusal


class OrderNotFound(NotFound):
    """No order has this id, or the id no longer opens it."""

    code = "order_not_found"

    def __init__(self, order_id: str) -> None:
        super().__init__(f"Order id not found: {order_id}")


class OrderAlreadyOwned(Refusal):
    """The customer asks for an order that is in that account already."""

    code = "order_already_owned"

    def __init__(self, order_id: str, customer_id: str) -> None:
        super().__init__(f"Order: {order_id} already belongs to customer: {customer_id}")


class OrderWithoutEmail(Refusal):
    """There is nobody to ask whether the order may be transferred."""

    code = "order_without_email"
    default_message = "The order has no email that could be asked"


class TransferTokenInvalid(Refusal):
    """The link was used, is over, or was never ours."""

    type = "not_allowed"
    code = "transfer_token_invalid"
    default_message = "Invalid token."


class TransferNotFound(NotFound):
    """This customer does not wait for this order."""

    code = "transfer_not_found"
    default_message = "Order does not have an active transfer request"
