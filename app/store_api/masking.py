"""What an id alone opens does not say where somebody lives (design §4.18): orders, and carts that became one."""

from app.core.masking import mask
from app.customers.models import AddressColumns
from app.customers.schemas import AddressOut, address_out

MASKED_FIELDS = (
    "first_name",
    "last_name",
    "phone",
    "company",
    "address_1",
    "address_2",
    "city",
    "province",
    "postal_code",
)


def masked_address(address_id: str | None, address: AddressColumns | None) -> AddressOut | None:
    """The country stays, for the storefront's own address depends on it; the rest is its first letter, or gone."""
    shown = address_out(address_id, address)
    if shown is None:
        return None
    masked = {name: mask(getattr(shown, name)) for name in MASKED_FIELDS}
    return shown.model_copy(update={**masked, "metadata": None})
