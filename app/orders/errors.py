"""What orders refuse."""

from app.core.errors import NotFound


class OrderNotFound(NotFound):
    """No order has this id, or the id no longer opens it."""

    code = "order_not_found"

    def __init__(self, order_id: str) -> None:
        super().__init__(f"Order id not found: {order_id}")
