"""What an id alone opens does not say who somebody is (design §4.18): first letters stay, the rest is gone."""

MASK = "***"


def mask(text: str | None) -> str | None:
    """`12 rue de la Paix` is `1***`."""
    return f"{text[0]}{MASK}" if text else text


def masked_email(email: str | None) -> str | None:
    """`jeanne@example.test` is `j***@example.test`: enough to see where the confirmation went."""
    if email is None:
        return None
    name, _, domain = email.partition("@")
    return f"{mask(name)}@{domain}"
