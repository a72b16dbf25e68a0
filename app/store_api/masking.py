"""What an id alone opens does not say where somebody lives (design §4.18): orders, and carts that became one."""

from app.customers.models import AddressColumns
from app.store_api.shapes import AddressOut, address_out

MASK = "***"
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


def mask(text: str | None) -> str | None:
    """`12 rue de la Paix` is `1***`."""
    return f"{text[0]}{MASK}" if text else text


def masked_email(email: str | None) -> str | None:
    """`jeanne@example.test` is `j***@example.test`: enough to see where the confirmation went."""
    if email is None:
        return None
    name, _, domain = email.partition("@")
    return f"{mask(name)}@{domain}"
