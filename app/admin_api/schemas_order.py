"""What whoever works here sends about orders and their parcels."""

# ruff: noqa: RUF012 - pydantic copies the defaults of a model, and so these lists are never shared

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from app.admin_api.schemas import AdminPageQuery
from app.admin_api.shapes_price import GivenInstant
from app.carts.rules import MOST_LINES, MOST_PIECES
from app.catalogue.schemas import Instants
from app.core.bodies import MOST_IDS, AddressLines, Body, Email, Id, Ids, Line, Metadata
from app.orders.filter_orders import Instant, OrderSearch

MOST_LABELS = 20
LONGEST_LINK = 2_000
# What Medusa's own Admin sends where there is no link.
NO_LINK = ("", "#")


def keep_link(link: str) -> str:
    """Only https; nothing that a mail or a page would run."""
    if link not in NO_LINK and not link.startswith("https://"):
        raise ValueError("A link begins with https://")
    return "" if link in NO_LINK else link


Link = Annotated[str, StringConstraints(max_length=LONGEST_LINK, pattern=r"^\S*$"), AfterValidator(keep_link)]
TrackingNumber = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000)]
Status = Literal["pending", "completed", "canceled", "requires_action", "archived", "draft"]
PaymentStatus = Literal[
    "not_paid", "awaiting", "authorized", "partially_authorized", "captured", "partially_captured",
    "partially_refunded", "refunded", "canceled", "requires_action",
]  # fmt: skip
FulfilmentStatus = Literal[
    "not_fulfilled", "partially_fulfilled", "fulfilled", "partially_shipped", "shipped", "partially_delivered",
    "delivered", "canceled",
]  # fmt: skip
By = Literal[
    "id", "-id", "display_id", "-display_id", "created_at", "-created_at", "updated_at", "-updated_at"
]  # fmt: skip


class OrdersQuery(AdminPageQuery):
    """Which orders; newest first if nothing is said."""

    limit: Annotated[int, Field(ge=0, le=200)] = 15
    order: By = "-created_at"
    id: Ids = []
    status: Annotated[list[Status], Field(max_length=10)] = []
    customer_id: Ids = []
    region_id: Ids = []
    sales_channel_id: Ids = []
    email: Annotated[list[Line], Field(max_length=MOST_IDS)] = []
    payment_status: Annotated[list[PaymentStatus], Field(max_length=10)] = []
    fulfillment_status: Annotated[list[FulfilmentStatus], Field(max_length=10)] = []
    created_at_eq: Annotated[Instants, Field(alias="created_at[$eq]")] = []
    created_at_gt: Annotated[Instants, Field(alias="created_at[$gt]")] = []
    created_at_gte: Annotated[Instants, Field(alias="created_at[$gte]")] = []
    created_at_lt: Annotated[Instants, Field(alias="created_at[$lt]")] = []
    created_at_lte: Annotated[Instants, Field(alias="created_at[$lte]")] = []
    updated_at_eq: Annotated[Instants, Field(alias="updated_at[$eq]")] = []
    updated_at_gt: Annotated[Instants, Field(alias="updated_at[$gt]")] = []
    updated_at_gte: Annotated[Instants, Field(alias="updated_at[$gte]")] = []
    updated_at_lt: Annotated[Instants, Field(alias="updated_at[$lt]")] = []
    updated_at_lte: Annotated[Instants, Field(alias="updated_at[$lte]")] = []

    @property
    def search(self) -> OrderSearch:
        """The same for the domain."""
        return OrderSearch(
            text=self.q,
            ids=self.id,
            statuses=self.status,
            customer_ids=self.customer_id,
            region_ids=self.region_id,
            channel_ids=self.sales_channel_id,
            emails=self.email,
            payment_statuses=self.payment_status,
            fulfillment_statuses=self.fulfillment_status,
            instants=tuple(self._instants()),
        )

    def _instants(self) -> Iterator[Instant]:
        columns: tuple[Literal["created_at", "updated_at"], ...] = ("created_at", "updated_at")
        comparisons: tuple[Literal["eq", "gt", "gte", "lt", "lte"], ...] = ("eq", "gt", "gte", "lt", "lte")
        for column in columns:
            for comparison in comparisons:
                for at in getattr(self, f"{column}_{comparison}"):
                    yield Instant(column, comparison, at)


class AddressBody(AddressLines):
    """The parts of an address that change."""

    country_code: Annotated[str, StringConstraints(to_lower=True, pattern="^[A-Za-z]{2}$")] | None = None


class OrderBody(Body):
    """What of an order is corrected; what is absent stays."""

    email: Email | None = None
    shipping_address: AddressBody | None = None
    billing_address: AddressBody | None = None
    metadata: Metadata | None = None


class NoteBody(Body):
    """What is written down."""

    note: Note


class PiecesBody(Body):
    """So many pieces of one line of the order."""

    id: Id
    quantity: Annotated[int, Field(gt=0, le=MOST_PIECES)]


Pieces = Annotated[list[PiecesBody], Field(min_length=1, max_length=MOST_LINES)]


class FulfilmentBody(Body):
    """Medusa's keys. A parcel that is packed tells nobody; the customer hears when it leaves."""

    items: Pieces
    location_id: Id | None = None
    shipping_option_id: Id | None = None
    no_notification: bool | None = None
    metadata: Metadata | None = None


class LabelBody(Body):
    """Medusa's keys, and ours: who carries the parcel."""

    tracking_number: TrackingNumber
    tracking_url: Link = ""
    label_url: Link = ""
    carrier: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] | None = None


class ShipmentBody(Body):
    """Medusa's keys. A parcel leaves as it was packed: `items` may only repeat what is in it."""

    items: Pieces | None = None
    labels: Annotated[list[LabelBody], Field(max_length=MOST_LABELS)] = []
    no_notification: bool | None = None
    metadata: Metadata | None = None


class DeliveryBody(Body):
    """Ours: since when the customer has it; without it, now. The withdrawal counts from that day."""

    delivered_at: GivenInstant | None = None
