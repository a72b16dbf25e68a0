"""What fulfilment refuses; each says what to do next, in French, then in English."""

from app.core.errors import NotFound


class FulfilmentNotFound(NotFound):
    """The order has no such parcel."""

    code = "fulfilment_not_found"

    def __init__(self, fulfilment_id: str) -> None:
        super().__init__(f"Fulfillment with id: {fulfilment_id} was not found")
